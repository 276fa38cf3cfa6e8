{%- set months = affected_months('mart_tier') %}
{#- one month more, to tell what changed -#}
{%- set seen = months_with(months, back=1) %}
with policy as (
    select
        month.slice,
        month.month_end,
        version.policy_version
    from {{ month_rows(seen) }} as month
    inner join {{ ref('int_policy__in_force') }} as version
        on {{ policy_holds('version', 'tier', 'month.month_end') }}
),

weight as (
    select
        policy_version,
        max(case when part = 'technical' then weight end) as technical,
        max(case when part = 'capital' then weight end) as capital,
        max(case when part = 'focus' then weight end) as focus
    from {{ ref('stg_policy__weight') }}
    where policy = 'tier'
    group by policy_version
),

grace as (
    select
        policy_version,
        cast(value as integer) as days
    from {{ ref('stg_policy__parameter') }}
    where policy = 'tier' and parameter = 'grace_days'
),

level as (
    select
        policy_version,
        level,
        rank,
        from_score,
        benefits_en,
        benefits_zh
    from {{ ref('stg_policy__level') }}
    where policy = 'tier'
),

dealer as (
    select
        policy.*,
        dealer.dealer_id
    from policy
    inner join {{ candidate('dim_dealer') }} as dealer on {{ dealer_active('dealer', 'policy.month_end') }}
),

assessed as (
    select
        dealer.slice,
        dealer.month_end,
        dealer.policy_version,
        dealer.dealer_id,
        a.assessed_at,
        a.valid_to,
        a.technical,
        a.capital,
        a.focus,
        a.override_tier,
        a.override_reason,
        a.override_approved_by,
        row_number() over (
            partition by dealer.slice, dealer.dealer_id
            order by a.assessed_at desc, a.submission_id desc, a.row_no desc
        ) as recency
    from dealer
    left join {{ candidate('fct_certification', months_between(add_months(seen[0], -18), seen[-1]) if seen else []) }} as a
        on dealer.dealer_id = a.dealer_id and dealer.month_end >= a.assessed_at
),

scored as (
    select
        assessed.*,
        cast(
            weight.technical * assessed.technical + weight.capital * assessed.capital + weight.focus * assessed.focus
            as numeric(6, 2)
        ) as score,
        case
            when assessed.assessed_at is null then 'not_assessed'
            when assessed.month_end <= assessed.valid_to then 'assessed'
            when assessed.month_end <= {{ dbt.dateadd('day', 'grace.days', 'assessed.valid_to') }} then 'in_grace'
            else 'expired'
        end as tier_status
    from assessed
    inner join weight on assessed.policy_version = weight.policy_version
    inner join grace on assessed.policy_version = grace.policy_version
    where assessed.recency = 1
),

ranked as (
    select
        scored.*,
        level.level,
        level.rank,
        row_number() over (
            partition by scored.slice, scored.dealer_id
            order by level.rank
        ) as place
    from scored
    inner join level
        on
            scored.policy_version = level.policy_version
            and coalesce(scored.score, 0) >= level.from_score
            -- who is not assessed, or no longer, is at the lowest level
            and (scored.tier_status in ('assessed', 'in_grace') or level.from_score = 0)
),

decided as (
    select
        ranked.*,
        case
            when ranked.tier_status in ('assessed', 'in_grace') then coalesce(ranked.override_tier, ranked.level)
            else ranked.level
        end as tier
    from ranked
    where ranked.place = 1
),

compared as (
    select
        decided.*,
        lag(decided.tier) over (partition by decided.dealer_id order by decided.slice) as tier_before
    from decided
)

select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    compared.slice,
    compared.dealer_id,
    compared.policy_version,
    compared.assessed_at,
    compared.valid_to as assessed_until,
    compared.tier_status,
    compared.technical,
    compared.capital,
    compared.focus,
    compared.score,
    compared.level as rule_tier,
    compared.override_tier,
    compared.override_reason,
    compared.override_approved_by,
    compared.tier,
    compared.tier_before,
    above.level as next_tier,
    cast(above.from_score - compared.score as numeric(6, 2)) as gap_to_next,
    held.benefits_en,
    held.benefits_zh
from compared
left join level as held
    on compared.policy_version = held.policy_version and compared.tier = held.level
left join level as above
    on compared.policy_version = above.policy_version and compared.rank - 1 = above.rank
where {{ in_slices('compared.slice', months) }}
