{#
    Months that hang together with the touched ones by a return: of the invoice that a return in a
    touched month names, and of returns that name an invoice of a touched month.
#}
{% macro rebate_linked_months(touched) %}
    {%- if not touched -%}
        {{ return([]) }}
    {%- endif -%}
    {%- set query -%}
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

        sold as (
            select distinct s.dealer_id, s.invoice_no, s.slice
            from {{ candidate('fct_pos', months_between(add_months(touched[0], -24), last_month())) }} as s
            inner join (select distinct dealer_id, original_invoice from returned) as r
                on s.dealer_id = r.dealer_id and s.invoice_no = r.original_invoice
            where s.line_type = 'sale'
        )

        select distinct to_char(sold.slice, 'YYYY-MM-DD') as sold, to_char(returned.slice, 'YYYY-MM-DD') as returned
        from returned
        inner join sold
            on returned.dealer_id = sold.dealer_id and returned.original_invoice = sold.invoice_no
    {%- endset -%}
    {%- set found = {} -%}
    {%- for row in run_query(query).rows if row['sold'] in touched or row['returned'] in touched -%}
        {%- do found.update({row['sold']: true, row['returned']: true}) -%}
    {%- endfor -%}
    {{ return(found.keys() | sort) }}
{% endmacro %}
