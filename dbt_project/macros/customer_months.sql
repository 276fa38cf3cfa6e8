{#
    What customers bought `from` to `to` months before each month, with the family of the part: the
    columns of fct_customer_month, whose slice is here the month that looks back.
#}
{% macro customer_months(months, from, to) -%}
    (
        select
            pair.slice,
            c.dealer_id,
            c.customer,
            coalesce(product.family, 'unknown') as family,
            c.fae_contact,
            c.amount_vendor,
            c.cost_amount_vendor,
            c.costed_amount_vendor,
            c.last_sale_date
        from {{ month_pairs(months, from, to) }} as pair
        inner join {{ candidate('fct_customer_month', months_with(months, back=to, ahead=-from)) }} as c
            on pair.seen = c.slice
        left join {{ candidate('dim_product') }} as product
            on c.product_id = product.product_id and product.is_current
    )
{%- endmacro %}
