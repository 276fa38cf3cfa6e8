{{ config(
    materialized='slices',
    one_slice=true,
    versioned=false,
    full_refresh=false,
    contract={'enforced': true},
    tags=['batch', 'deploy'],
) }}
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
        invoice_date,
        lag(invoice_date) over (
            partition by dealer_id, coalesce(end_customer, sold_to)
            order by invoice_date, invoice_no, line_no, submission_id, row_no
        ) as bought_before
    from {{ candidate('fct_pos', months_with(months, back=12)) }} as p
    where line_type = 'sale'
)

select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    slice,
    submission_id,
    row_no
from sale
where
    {{ in_slices('slice', months) }}
    and (bought_before is null or bought_before < {{ dbt.dateadd('month', -12, 'invoice_date') }})
