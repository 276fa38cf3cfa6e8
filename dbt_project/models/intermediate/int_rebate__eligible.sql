-- Why a dealer is not paid for a period; null where it is.
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
    inner join {{ candidate('mart_report_quality', rebate_months()) }} as score
        on score.slice between rule.slice and rule.last_month
    where rule.min_report_quality is not null
    group by
        rule.slice,
        rule.programme,
        score.dealer_id
),

-- no mart tells a dealer's tier yet: who asks for one pays nobody
asks_for_tier as (
    select distinct
        programme,
        version as rule_version
    from {{ source('rebate', 'scope') }}
    where simulation = {{ var('simulation') | int }} and kind = 'tier'
)

select
    dealer.slice,
    dealer.programme,
    dealer.dealer_id,
    quality.score as report_quality,
    case
        when asks_for_tier.programme is not null then 'tier_unknown'
        when rule.min_report_quality is not null and quality.score is null then 'report_quality_unknown'
        when quality.score < rule.min_report_quality then 'report_quality'
    end as ineligible_reason
from {{ ref('int_rebate__dealer') }} as dealer
inner join rule on dealer.slice = rule.slice and dealer.programme = rule.programme
left join asks_for_tier
    on dealer.programme = asks_for_tier.programme and dealer.rule_version = asks_for_tier.rule_version
left join quality
    on
        dealer.slice = quality.slice
        and dealer.programme = quality.programme
        and dealer.dealer_id = quality.dealer_id
