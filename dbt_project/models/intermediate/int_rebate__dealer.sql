-- A dealer is what its master data say on the last day of the period; it is covered when each kind of
-- list that the version gives holds it.
with scope as (
    select
        programme,
        version as rule_version,
        kind,
        value
    from {{ source('rebate', 'scope') }}
    where simulation = {{ var('simulation') | int }} and kind in ('dealer', 'role', 'region')
),

rule as (
    select
        period.slice,
        period.period_end,
        period.programme,
        period.rule_version,
        coalesce(named.names_dealer, 0) = 1 as names_dealer,
        coalesce(named.names_role, 0) = 1 as names_role,
        coalesce(named.names_region, 0) = 1 as names_region
    from {{ rebate_rule() }} as period
    left join (
        select
            programme,
            rule_version,
            max(case when kind = 'dealer' then 1 else 0 end) as names_dealer,
            max(case when kind = 'role' then 1 else 0 end) as names_role,
            max(case when kind = 'region' then 1 else 0 end) as names_region
        from scope
        group by
            programme,
            rule_version
    ) as named on period.programme = named.programme and period.rule_version = named.rule_version
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
    from (select distinct period_end from rule) as period_end
    inner join {{ candidate('dim_dealer') }} as d on period_end.period_end >= d.valid_from
),

named_or_all as (
    select
        rule.*,
        dealer.dealer_id,
        dealer.role
    from rule
    inner join scope
        on
            rule.programme = scope.programme
            and rule.rule_version = scope.rule_version
            and scope.kind = 'dealer'
    inner join dealer
        on
            rule.period_end = dealer.period_end
            and scope.value = dealer.dealer_id
            and dealer.place = 1
    union all
    select
        rule.*,
        dealer.dealer_id,
        dealer.role
    from rule
    inner join dealer on rule.period_end = dealer.period_end and dealer.place = 1
    where not rule.names_dealer
),

in_region as (
    select distinct
        covered.slice,
        covered.programme,
        covered.dealer_id
    from named_or_all as covered
    inner join (
        select
            d.period_end,
            d.dealer_id,
            trim(r) as region
        from dealer as d
        {{ split_list('d.regions', 'r') }}
        where d.place = 1
    ) as home on covered.period_end = home.period_end and covered.dealer_id = home.dealer_id
    inner join scope
        on
            covered.programme = scope.programme
            and covered.rule_version = scope.rule_version
            and home.region = scope.value
            and scope.kind = 'region'
    where covered.names_region
)

select
    covered.slice,
    covered.programme,
    covered.rule_version,
    covered.dealer_id
from named_or_all as covered
left join scope
    on
        covered.programme = scope.programme
        and covered.rule_version = scope.rule_version
        and covered.role = scope.value
        and scope.kind = 'role'
left join in_region
    on
        covered.slice = in_region.slice
        and covered.programme = in_region.programme
        and covered.dealer_id = in_region.dealer_id
where
    (not covered.names_role or scope.value is not null)
    and (not covered.names_region or in_region.dealer_id is not null)
