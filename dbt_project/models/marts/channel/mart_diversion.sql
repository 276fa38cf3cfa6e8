{%- set months = affected_months('mart_diversion') %}
with evidence as (
    select * from {{ candidate('fct_diversion_evidence', months_with(months, back=2)) }} as e
),

month as (
    select
        m.slice,
        m.month_end,
        version.policy_version
    from {{ month_rows(months) }} as m
    inner join {{ ref('int_policy__in_force') }} as version
        on {{ policy_holds('version', 'diversion', 'm.month_end') }}
),

-- How often a dealer shows a signal in a region, in this month and the two before.
seen as (
    select
        month.slice,
        month.policy_version,
        evidence.dealer_id,
        coalesce(evidence.region, '') as region,
        evidence.signal,
        count(*) as lines
    from month
    inner join evidence
        on
            month.slice >= evidence.slice
            and evidence.slice >= {{ dbt.dateadd('month', -2, 'month.slice') }}
    group by
        month.slice,
        month.policy_version,
        evidence.dealer_id,
        coalesce(evidence.region, ''),
        evidence.signal
),

weighed as (
    select
        seen.slice,
        seen.policy_version,
        seen.dealer_id,
        seen.region,
        seen.signal,
        weight.weight * least(seen.lines / coalesce(full_at.value, 1), 1) as suspicion
    from seen
    inner join {{ ref('stg_policy__weight') }} as weight
        on
            seen.policy_version = weight.policy_version
            and seen.signal = weight.part
            and weight.policy = 'diversion'
    left join {{ ref('stg_policy__parameter') }} as full_at
        on
            seen.policy_version = full_at.policy_version
            and seen.signal || '_lines' = full_at.parameter
            and full_at.policy = 'diversion'
),

cell as (
    select
        evidence.slice,
        weighed.policy_version,
        evidence.dealer_id,
        evidence.product_id,
        evidence.region,
        evidence.signal,
        weighed.suspicion,
        count(*) as lines,
        sum(evidence.qty) as qty,
        sum(evidence.amount_vendor) as amount_vendor,
        min(evidence.other_dealer_id) as other_dealer_id
    from evidence
    inner join weighed
        on
            evidence.slice = weighed.slice
            and evidence.dealer_id = weighed.dealer_id
            and coalesce(evidence.region, '') = weighed.region
            and evidence.signal = weighed.signal
    group by
        evidence.slice,
        weighed.policy_version,
        evidence.dealer_id,
        evidence.product_id,
        evidence.region,
        evidence.signal,
        weighed.suspicion
),

-- signals support each other: 1 − Π(1 − suspicion)
scored as (
    select
        slice,
        policy_version,
        dealer_id,
        product_id,
        region,
        cast(1 - exp(sum(ln(1 - least(suspicion, 0.999999)))) as numeric(8, 6)) as score,
        {{ dbt.listagg('signal', "', '", 'order by signal') }} as signals,
        sum(lines) as evidence_lines,
        sum(qty) as evidence_qty,
        sum(amount_vendor) as evidence_amount_vendor,
        min(other_dealer_id) as other_dealer_id
    from cell
    group by
        slice,
        policy_version,
        dealer_id,
        product_id,
        region
),

levelled as (
    select
        scored.*,
        level.level,
        row_number() over (
            partition by scored.slice, scored.dealer_id, scored.product_id, scored.region
            order by level.rank
        ) as place
    from scored
    inner join {{ ref('stg_policy__level') }} as level
        on
            scored.policy_version = level.policy_version
            and level.policy = 'diversion'
            and scored.score >= level.from_score
),

-- complaints about the dealer there, from the month before to the month after
complaint as (
    select
        month.slice,
        c.against_dealer_id as dealer_id,
        c.region,
        count(*) as complaints,
        sum(case when c.closed_on is null or c.closed_on > month.month_end then 1 else 0 end) as open_complaints,
        sum(case when c.outcome = 'upheld' then 1 else 0 end) as upheld_complaints
    from month
    inner join {{ candidate('fct_complaint', months_with(months, back=1, ahead=1)) }} as c
        on
            c.slice >= {{ dbt.dateadd('month', -1, 'month.slice') }}
            and c.slice <= {{ dbt.dateadd('month', 1, 'month.slice') }}
    where c.complaint_kind = 'diversion'
    group by
        month.slice,
        c.against_dealer_id,
        c.region
)

select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    levelled.slice,
    levelled.dealer_id,
    levelled.product_id,
    coalesce(levelled.region, '*') as region,
    levelled.policy_version,
    levelled.score,
    levelled.level,
    levelled.signals,
    cast(levelled.evidence_lines as integer) as evidence_lines,
    cast(levelled.evidence_qty as numeric(18, 3)) as evidence_qty,
    cast(levelled.evidence_amount_vendor as numeric(24, 6)) as evidence_amount_vendor,
    levelled.other_dealer_id,
    cast(coalesce(complaint.complaints, 0) as integer) as complaints,
    cast(coalesce(complaint.open_complaints, 0) as integer) as open_complaints,
    cast(coalesce(complaint.upheld_complaints, 0) as integer) as upheld_complaints
from levelled
left join complaint
    on
        levelled.slice = complaint.slice
        and levelled.dealer_id = complaint.dealer_id
        and levelled.region = complaint.region
where levelled.place = 1
