{#
    Months that hang together with the touched ones by a return: of the invoice that a return in a
    touched month names, and of returns that name an invoice of a touched month.
#}
{% macro rebate_linked_months(touched) -%}
    with returned as (
        select dealer_id, original_invoice, slice
        from {{ candidate('fct_pos', months_between(touched[0], last_month())) }} as r
        where line_type = 'return' and original_invoice is not null
        union
        -- as readers see it now: a return that is gone leaves its original month
        select was.dealer_id, was.original_invoice, was.slice
        from {{ ref('fct_pos') }} as was
        inner join {{ source('ctl', 'published_slice') }} as pointer
            on was.batch_id = pointer.batch_id and was.slice = pointer.slice and pointer.mart = 'fct_pos'
        where {{ in_slices('was.slice', touched) }}
            and was.line_type = 'return' and was.original_invoice is not null
    ),

    linked as (
        select returned.slice as returned, sold.slice as sold
        from returned
        inner join {{ candidate('fct_pos', months_between(add_months(touched[0], -24), last_month())) }} as sold
            on returned.dealer_id = sold.dealer_id
                and returned.original_invoice = sold.invoice_no
                and sold.line_type = 'sale'
    )

    select sold as month from linked where {{ in_slices('returned', touched) }} or {{ in_slices('sold', touched) }}
    union
    select returned as month from linked where {{ in_slices('returned', touched) }} or {{ in_slices('sold', touched) }}
{%- endmacro %}
