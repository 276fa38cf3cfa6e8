{{ config(slice_of='period') }}
-- depends_on: {{ ref('int_rebate__period') }}

with statement as (
    select * from {{ ref('mart_rebate_statement') }}
    where batch_id = {{ var('batch_id') | int }}
),

line as (
    select * from {{ ref('int_rebate__measured') }}
),

own_line as (
    select
        line.*,
        value.band_no as own_band_no,
        value.rate as own_rate,
        value.earned as own_earned
    from line
    left join {{ rebate_earned(
        "(select slice, programme, submission_id, row_no, measure as actual, cast(null as numeric) as reference"
        ~ " from line where basis = 'line')",
        key=['submission_id', 'row_no'], bounded=false
    ) }} as value
        on
            line.slice = value.slice
            and line.programme = value.programme
            and line.submission_id = value.submission_id
            and line.row_no = value.row_no
),

share as (
    select
        s.*,
        floor(s.share * 100) / 100 as whole_cents
    from {{ rebate_shares('own_line', 'statement') }} as s
),

-- largest remainder: the cents that are left go, one each, to the lines that lost most
ranked as (
    select
        share.*,
        statement.statement_id,
        statement.version,
        statement.period_end,
        statement.amount as statement_amount,
        statement.ineligible_reason,
        coalesce(share.own_band_no, statement.band_no) as reached_band_no,
        coalesce(share.own_rate, statement.rate) as reached_rate,
        (statement.amount - sum(share.whole_cents) over (partition by statement.statement_id)) * 100 as cents_left,
        row_number() over (
            partition by statement.statement_id
            order by share.share - share.whole_cents desc, share.submission_id, share.row_no asc
        ) as most_lost,
        row_number() over (
            partition by statement.statement_id
            order by share.share - share.whole_cents, share.submission_id desc, share.row_no desc
        ) as least_lost
    from share
    inner join statement
        on
            share.slice = statement.slice
            and share.programme = statement.programme
            and share.dealer_id = statement.dealer_id
)

select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    slice,
    statement_id,
    version,
    source,
    submission_id,
    row_no,
    dealer_id,
    product_id,
    programme,
    component,
    rule_version,
    period_end,
    business_date,
    document_no,
    line_no,
    line_type,
    cast(measure as numeric(30, 8)) as measure,
    reached_band_no as band_no,
    cast(reached_rate as numeric(18, 8)) as rate,
    cast(share as numeric(30, 10)) as share,
    cast(
        case
            when ineligible_reason is not null then 0
            when rounding_level = 'line' and bound is null then {{ rebate_cents('share', 'rounding_mode') }}
            when cents_left > 0 and most_lost <= cents_left then whole_cents + 0.01
            when cents_left < 0 and least_lost <= -cents_left then whole_cents - 0.01
            else whole_cents
        end as numeric(18, 2)
    ) as amount
from ranked
