{{ config(one_slice=true) }}
-- depends_on: {{ ref('int_rebate__period') }}
{#- months in which a programme counts new customers -#}
{%- set months = rebate_days(
    'month', ref('int_rebate__window'),
    "programme in (select p.programme from " ~ ref('int_rebate__period')
    ~ " as p where p.unit = 'new_customers' and p.batch_id = " ~ var('batch_id') | int ~ ")",
) %}
-- A table, as several models ask: it takes a year of lines to tell.
with sale as (
    select
        slice,
        submission_id,
        row_no,
        dealer_id,
        coalesce(end_customer, sold_to) as customer,
        invoice_date,
        invoice_no,
        line_no
    from {{ candidate('fct_pos', months) }} as p
    where line_type = 'sale'
    {%- for span in month_spans(months) %}
    union all
    -- of the year before, the last purchase alone
    select
        cast(null as date) as slice,
        cast(null as bigint) as submission_id,
        cast(null as bigint) as row_no,
        dealer_id,
        coalesce(end_customer, sold_to) as customer,
        max(invoice_date) as invoice_date,
        cast(null as {{ dbt.type_string() }}) as invoice_no,
        cast(null as {{ dbt.type_string() }}) as line_no
    from {{ candidate('fct_pos', months_with([span[0]], back=12) | reject('in', months) | list) }} as p
    where line_type = 'sale'
    group by
        dealer_id,
        coalesce(end_customer, sold_to)
    {%- endfor %}
),

bought as (
    select
        slice,
        submission_id,
        row_no,
        invoice_date,
        lag(invoice_date) over (
            partition by dealer_id, customer
            order by invoice_date, invoice_no, line_no, submission_id, row_no
        ) as bought_before
    from sale
)

select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    slice,
    submission_id,
    row_no
from bought
where
    slice is not null
    and (bought_before is null or bought_before < {{ dbt.dateadd('month', -12, 'invoice_date') }})
