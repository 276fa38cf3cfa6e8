{#
    Lines of both sources as the engine counts them, of these months, and later returns of their
    invoices. reader: the macro that reads a mart's months as they will stand, or as they stood.
    counted_month is where a return counts for programmes that take it off the period of its invoice.
    Samples never count.
#}
{% macro rebate_lines(reader, months) -%}
    {#- named also while dbt parses, so that it knows what it depends on -#}
    {%- do [ref('fct_pos'), ref('fct_sell_in'), ref('mart_debit_claim'), ref('int_rebate__first_buy')] -%}
    {%- set last = last_month() -%}
    select
        'pos' as source,
        line.slice as month,
        {% if rebate_uses('returns', "'original_period'") -%}
        coalesce(original.slice, line.slice)
        {%- else -%}
        line.slice
        {%- endif %} as counted_month,
        line.submission_id,
        line.row_no,
        line.dealer_id,
        line.product_id,
        line.invoice_date as business_date,
        line.invoice_no as document_no,
        line.line_no,
        line.line_type,
        line.currency,
        line.qty,
        line.amount,
        line.amount_vendor,
        {% if rebate_uses('deduct_debit', 'true') -%}
        coalesce(debit.approved_amount, 0)
        {%- else -%}
        0
        {%- endif %} as debit_vendor,
        {% if rebate_uses('unit', "'new_customers'") -%}
        case when first_buy.row_no is not null then 1 else 0 end
        {%- else -%}
        0
        {%- endif %} as new_customers,
        line.line_type = 'return' as is_return,
        line.sold_to_dealer_id is not null as is_dealer_sale,
        line.design_reg_no is not null as is_design_registered
    from (
        select * from {{ reader('fct_pos', months) }} as p
        where line_type <> 'sample'
        {%- if rebate_uses('returns', "'original_period'") and months %}
        union all
        select * from {{ reader('fct_pos', months_between(months[0], last) | reject('in', months) | list) }} as p
        where line_type = 'return' and original_invoice is not null
        {%- endif %}
    ) as line
    {%- if rebate_uses('returns', "'original_period'") and months %}
    left join (
        select p.dealer_id, p.invoice_no, min(p.slice) as slice
        from {{ reader('fct_pos', months_between(add_months(months[0], -24), last)) }} as p
        inner join (
            select distinct dealer_id, original_invoice
            from {{ reader('fct_pos', months_between(months[0], last)) }} as r
            where line_type = 'return'
        ) as back
            on p.dealer_id = back.dealer_id and p.invoice_no = back.original_invoice
        where p.line_type = 'sale'
        group by p.dealer_id, p.invoice_no
    ) as original
        on
            line.line_type = 'return'
            and line.dealer_id = original.dealer_id
            and line.original_invoice = original.invoice_no
            and line.slice >= original.slice
    {%- endif %}
    {%- if rebate_uses('unit', "'new_customers'") %}
    left join {{ ref('int_rebate__first_buy') }} as first_buy
        on
            line.submission_id = first_buy.submission_id
            and line.row_no = first_buy.row_no
            and first_buy.batch_id = {{ var('batch_id') | int }}
    {%- endif %}
    {%- if rebate_uses('deduct_debit', 'true') %}
    left join (
        select pos_submission_id, pos_row_no, sum(approved_amount) as approved_amount
        from {{ candidate('mart_debit_claim', months_between(months[0], last) if months else []) }} as c
        where approved_amount <> 0
        group by pos_submission_id, pos_row_no
    ) as debit
        on line.submission_id = debit.pos_submission_id and line.row_no = debit.pos_row_no
    {%- endif %}
    {%- if rebate_uses('source', "'sell_in'") %}
    union all
    select
        'sell_in' as source,
        slice as month,
        slice as counted_month,
        submission_id,
        row_no,
        dealer_id,
        product_id,
        ship_date as business_date,
        shipment_no as document_no,
        line_no,
        'sale' as line_type,
        currency,
        qty,
        amount,
        amount_vendor,
        0 as debit_vendor,
        0 as new_customers,
        qty < 0 as is_return,
        false as is_dealer_sale,
        false as is_design_registered
    from {{ reader('fct_sell_in', months) }} as s
    {%- endif %}
{%- endmacro %}
