-- A dealer is what its master data say on the last day of the period; it is covered when each kind of
-- list that the version gives holds it.
with rule as (
    select * from {{ rebate_rule() }}
),

period_end as (
    select distinct period_end from rule
),

dealer as (
    select
        period_end.period_end,
        d.dealer_id,
        d.role,
        d.regions,
        row_number() over (
            partition by period_end.period_end, d.dealer_id
            order by d.valid_from desc
        ) as place
    from period_end
    inner join {{ candidate('dim_dealer') }} as d on period_end.period_end >= d.valid_from
),

attribute as (
    select
        period_end,
        dealer_id,
        'dealer' as kind,
        dealer_id as value
    from dealer
    where place = 1
    union all
    select
        period_end,
        dealer_id,
        'role' as kind,
        role as value
    from dealer
    where place = 1
    union all
    select
        d.period_end,
        d.dealer_id,
        'region' as kind,
        trim(r) as value
    from dealer as d
    {{ split_list('d.regions', 'r') }}
    where d.place = 1
),

named as (
    select
        rule.slice,
        rule.period_end,
        rule.programme,
        rule.rule_version,
        scope.kind,
        scope.value
    from rule
    inner join {{ source('rebate', 'scope') }} as scope
        on
            rule.simulation = scope.simulation
            and rule.programme = scope.programme
            and rule.rule_version = scope.version
    where scope.kind in ('dealer', 'role', 'region')
),

kinds as (
    select
        slice,
        programme,
        count(distinct kind) as kinds
    from named
    group by
        slice,
        programme
),

held as (
    select
        named.slice,
        named.programme,
        named.rule_version,
        attribute.dealer_id,
        count(distinct named.kind) as kinds
    from named
    inner join attribute
        on
            named.period_end = attribute.period_end
            and named.kind = attribute.kind
            and named.value = attribute.value
    group by
        named.slice,
        named.programme,
        named.rule_version,
        attribute.dealer_id
)

select
    held.slice,
    held.programme,
    held.rule_version,
    held.dealer_id
from held
inner join kinds
    on
        held.slice = kinds.slice
        and held.programme = kinds.programme
        and held.kinds = kinds.kinds
union all
select
    rule.slice,
    rule.programme,
    rule.rule_version,
    dealer.dealer_id
from rule
inner join dealer on rule.period_end = dealer.period_end and dealer.place = 1
left join kinds on rule.slice = kinds.slice and rule.programme = kinds.programme
where kinds.programme is null
