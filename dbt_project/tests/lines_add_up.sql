-- Nothing is lost or doubled between layers: of each report and month that the batch touched, the
-- current lines are the lines in the facts and the lines held, and their money is the facts' money.
{%- if execute %}
{%- do run_query(slices_plan()) %}
{%- endif %}
{%- set touched = affected_months() %}
{%- set batch = var('batch_id') | int %}
{#- fact, business date, price, lines per row; of orders only the newest version of a line is a row -#}
{%- set reports = {
    'pos': ('fct_pos', 'invoice_date', 'resale_price', '1'),
    'sell_in': ('fct_sell_in', 'ship_date', 'unit_price', '1'),
    'stock': ('fct_inventory_daily', 'as_of', none, 'line_count'),
    'logistics_event': ('fct_logistics_event', 'event_ts', none, '1'),
    'return': ('fct_return', 'return_date', none, '1'),
    'certification': ('fct_certification', 'assessed_at', none, '1'),
    'enablement_event': ('fct_enablement_event', 'opened_at', none, '1'),
    'quality_feedback': ('fct_quality_feedback', 'detected_at', none, '1'),
    'complaint': ('fct_complaint', 'opened_on', none, '1'),
    'dealer_forecast': ('fct_dealer_forecast', 'submitted_on', none, '1'),
} %}
{%- set again = {} %}
{%- for report, (fact, _, _, _) in reports.items() %}
    {%- do again.update({report: affected_months(fact) | select('in', touched) | list}) %}
{%- endfor %}
with held as (
    select
        submission_id,
        row_no,
        slice,
        report
    from {{ ref('mart_held_line') }}
    where
        batch_id = {{ batch }}
        and (
            {%- for report in reports %}
            (report = '{{ report }}' and {{ in_slices('slice', again[report]) }})
            {{ 'or' if not loop.last }}
            {%- endfor %}
        )
),

layer as (
    {%- for report, (fact, business_date, price, lines) in reports.items() %}
    {%- set months = again[report] %}
    select
        '{{ report }}' as report,
        {{ month_of('line.' ~ business_date) }} as slice,
        1 as lines,
        {%- if price %}
        case
            when held.row_no is null
                then round(line.qty * line.{{ price }} / case line.tax_basis when 'incl' then 1 + line.tax_rate else 1 end, 6)
            else 0
        end as money
        {%- else %}
        0 as money
        {%- endif %}
    from {{ ref('int_' ~ report ~ '__current') }} as line
    left join held
        on
            line.submission_id = held.submission_id
            and line.row_no = held.row_no
    where {{ in_months('line.' ~ business_date, months) }}
    union all
    select
        '{{ report }}' as report,
        slice,
        -{{ lines }} as lines,
        {{ '-amount' if price else '0' }} as money
    from {{ ref(fact) }}
    where batch_id = {{ batch }} and {{ in_slices('slice', months) }}
    union all
    {%- endfor %}
    select
        report,
        slice,
        -1 as lines,
        0 as money
    from held
)

select
    report,
    slice,
    sum(lines) as lines_missing,
    sum(money) as money_missing
from layer
group by
    report,
    slice
having
    sum(lines) <> 0
    or sum(money) <> 0
