-- Parts that a version covers: those of its families and those it names, less what it excepts.
-- part_set names all versions that cover a part, so that lines can be summed before they are judged.
with rule as (
    select distinct
        simulation,
        programme,
        rule_version
    from {{ rebate_rule() }}
),

scope as (
    select
        s.programme,
        s.version as rule_version,
        s.kind,
        s.value
    from {{ source('rebate', 'scope') }} as s
    inner join rule
        on
            s.simulation = rule.simulation
            and s.programme = rule.programme
            and s.version = rule.rule_version
    where s.kind in ('family', 'part', 'except_part')
),

named as (
    select distinct
        programme,
        rule_version
    from scope
    where kind in ('family', 'part')
),

product as (
    select
        product_id,
        mpn,
        family
    from {{ candidate('dim_product') }} as p
    where is_current
),

covered as (
    select
        product.product_id,
        scope.programme,
        scope.rule_version
    from product
    inner join scope on product.family = scope.value and scope.kind = 'family'
    union distinct
    select
        product.product_id,
        scope.programme,
        scope.rule_version
    from product
    inner join scope on product.mpn = scope.value and scope.kind = 'part'
    union distinct
    select
        product.product_id,
        rule.programme,
        rule.rule_version
    from product
    cross join rule
    left join named on rule.programme = named.programme and rule.rule_version = named.rule_version
    where named.programme is null
),

kept as (
    select covered.*
    from covered
    inner join product on covered.product_id = product.product_id
    left join scope
        on
            covered.programme = scope.programme
            and covered.rule_version = scope.rule_version
            and product.mpn = scope.value
            and scope.kind = 'except_part'
    where scope.value is null
),

part_set as (
    select
        product_id,
        {{ dbt.listagg(
            dbt.concat(['programme', "'/'", text_of('rule_version')]), "' '", 'order by programme, rule_version'
        ) }} as part_set
    from kept
    group by product_id
)

select
    kept.product_id,
    kept.programme,
    kept.rule_version,
    part_set.part_set
from kept
inner join part_set on kept.product_id = part_set.product_id
