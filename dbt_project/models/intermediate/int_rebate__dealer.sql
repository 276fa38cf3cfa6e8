-- A dealer is what its master data say on the last day of the period.
with rule as (
    select * from {{ ref('int_rebate__period') }}
),

scope as (
    select * from {{ source('rebate', 'scope') }} as s
    where kind in ('dealer', 'role', 'region')
),

dealer as (
    select
        rule.slice,
        rule.programme,
        rule.rule_version,
        rule.simulation,
        d.dealer_id,
        d.role,
        d.regions,
        row_number() over (
            partition by rule.slice, rule.programme, d.dealer_id
            order by d.valid_from desc
        ) as place
    from rule
    inner join {{ candidate('dim_dealer') }} as d on rule.period_end >= d.valid_from
),

region as (
    select
        d.slice,
        d.programme,
        d.dealer_id,
        trim(r) as region
    from dealer as d
    {{ split_list('d.regions', 'r') }}
    where d.place = 1
),

named as (
    select
        rule.slice,
        rule.programme,
        scope.kind,
        scope.value
    from rule
    inner join scope
        on
            rule.simulation = scope.simulation
            and rule.programme = scope.programme
            and rule.rule_version = scope.version
)

select
    d.slice,
    d.programme,
    d.rule_version,
    d.dealer_id
from dealer as d
where
    d.place = 1
    and (
        not exists (select 1 from named as n where n.slice = d.slice and n.programme = d.programme and n.kind = 'dealer')
        or exists (
            select 1 from named as n
            where n.slice = d.slice and n.programme = d.programme and n.kind = 'dealer' and n.value = d.dealer_id
        )
    )
    and (
        not exists (select 1 from named as n where n.slice = d.slice and n.programme = d.programme and n.kind = 'role')
        or exists (
            select 1 from named as n
            where n.slice = d.slice and n.programme = d.programme and n.kind = 'role' and n.value = d.role
        )
    )
    and (
        not exists (select 1 from named as n where n.slice = d.slice and n.programme = d.programme and n.kind = 'region')
        or exists (
            select 1 from named as n
            inner join region as r
                on
                    n.slice = r.slice
                    and n.programme = r.programme
                    and n.value = r.region
            where n.slice = d.slice and n.programme = d.programme and n.kind = 'region' and r.dealer_id = d.dealer_id
        )
    )
