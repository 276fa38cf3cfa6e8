-- Every spelling under which a part may be reported; its own number goes before an alias.
with part as (
    select
        product_id,
        maker,
        mpn,
        spq,
        aliases
    from {{ candidate('dim_product') }} as p
    where is_current
),

spelling as (
    select
        product_id,
        spq,
        {{ part_spelling('maker') }} as maker_spelling,
        {{ part_spelling('mpn') }} as mpn_spelling,
        1 as preference
    from part
    union all
    select
        part.product_id,
        part.spq,
        {{ part_spelling('part.maker') }} as maker_spelling,
        {{ part_spelling('alias') }} as mpn_spelling,
        2 as preference
    from part
    {{ split_list('part.aliases', 'alias') }}
),

ranked as (
    select
        *,
        min(preference) over (partition by maker_spelling, mpn_spelling) as best_preference
    from spelling
)

select
    maker_spelling,
    mpn_spelling,
    min(product_id) as product_id,
    min(spq) as spq,
    count(distinct product_id) as part_count
from ranked
where preference = best_preference
group by
    maker_spelling,
    mpn_spelling
