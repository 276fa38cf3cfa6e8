-- Why a dealer is not paid for a period; null where it is.
{%- set months = rebate_months() %}
with rule as (
    select * from {{ rebate_rule() }}
),

quality as (
    select
        rule.slice,
        rule.programme,
        score.dealer_id,
        avg(score.score) as score
    from rule
    inner join {{ candidate('mart_report_quality', months) }} as score
        on score.slice between rule.slice and rule.last_month
    where rule.min_report_quality is not null
    group by
        rule.slice,
        rule.programme,
        score.dealer_id
),

named_tier as (
    select
        programme,
        version as rule_version,
        value as tier
    from {{ source('rebate', 'scope') }}
    where simulation = {{ var('simulation') | int }} and kind = 'tier'
),

asks_for_tier as (
    select distinct
        programme,
        rule_version
    from named_tier
),

-- the tier of the period's last month, or of the last one known
tier as (
    select
        rule.slice,
        rule.programme,
        held.dealer_id,
        held.tier,
        row_number() over (
            partition by rule.slice, rule.programme, held.dealer_id
            order by held.slice desc
        ) as recency
    from rule
    inner join {{ candidate('mart_tier', months) }} as held
        on held.slice between rule.slice and rule.last_month
),

-- A complaint that is open on the period's last day, or was upheld within it. A suspicion alone
-- takes no money from anybody.
diversion as (
    select distinct
        rule.slice,
        rule.programme,
        complaint.against_dealer_id as dealer_id
    from rule
    inner join {{ candidate('fct_complaint', months_between(add_months(months[0], -24), months[-1]) if months else []) }}
        as complaint on rule.period_end >= complaint.opened_on
    where
        rule.blocked_by_diversion
        and complaint.complaint_kind = 'diversion'
        and (
            complaint.closed_on is null
            or complaint.closed_on > rule.period_end
            or (complaint.outcome = 'upheld' and complaint.closed_on >= rule.slice)
        )
)

select
    dealer.slice,
    dealer.programme,
    dealer.dealer_id,
    quality.score as report_quality,
    case
        when asks_for_tier.programme is not null and tier.tier is null then 'tier_unknown'
        when asks_for_tier.programme is not null and named_tier.tier is null then 'tier'
        when diversion.dealer_id is not null then 'diversion_case'
        when rule.min_report_quality is not null and quality.score is null then 'report_quality_unknown'
        when quality.score < rule.min_report_quality then 'report_quality'
    end as ineligible_reason
from {{ ref('int_rebate__dealer') }} as dealer
inner join rule on dealer.slice = rule.slice and dealer.programme = rule.programme
left join asks_for_tier
    on dealer.programme = asks_for_tier.programme and dealer.rule_version = asks_for_tier.rule_version
left join tier
    on
        dealer.slice = tier.slice
        and dealer.programme = tier.programme
        and dealer.dealer_id = tier.dealer_id
        and tier.recency = 1
left join named_tier
    on
        dealer.programme = named_tier.programme
        and dealer.rule_version = named_tier.rule_version
        and tier.tier = named_tier.tier
left join diversion
    on
        dealer.slice = diversion.slice
        and dealer.programme = diversion.programme
        and dealer.dealer_id = diversion.dealer_id
left join quality
    on
        dealer.slice = quality.slice
        and dealer.programme = quality.programme
        and dealer.dealer_id = quality.dealer_id
