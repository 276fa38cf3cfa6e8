{#
    The slices that this batch builds of a mart: the months that it touches by the reports that the
    mart reads, as many later ones as the mart's formulas look back on, up to the last month with
    data, and earlier ones where later reports tell what became of their rows (windows_back). A past
    state recomputed (as_known) has no published slice to lean on and is built whole.
    Literals, so that the planner can prune.
#}
{% macro affected_months(mart=none) %}
    {%- if var('slices') is not none -%}
        {{ return(var('slices')) }}
    {%- endif -%}
    {%- if not execute or var('batch_id') | int == 0 -%}
        {{ return([]) }}
    {%- endif -%}
    {%- set reports = reports_read(mart) -%}
    {%- set query -%}
        select
            b.kind,
            to_char(h.first_day, 'YYYY-MM-01') as first_month,
            to_char(h.last_day, 'YYYY-MM-01') as last_month,
            t.touched,
            t.later
        from {{ source('ctl', 'batch') }} as b
        cross join (
            select min(s.period_start) as first_day, max(s.period_end) as last_day
            from {{ source('ctl', 'submission') }} as s
            where s.status = 'accepted' and s.report in ('pos', 'stock', 'sell_in')
                and s.received_at <= {{ known_at() }}
        ) as h
        cross join (
            select
                string_agg(distinct to_char(slice, 'YYYY-MM-01'), ',') as touched,
                string_agg(
                    distinct case when report in ('*', '{{ var("reports_of_later") | join("', '") }}')
                        then to_char(slice, 'YYYY-MM-01') end,
                    ','
                ) as later
            from {{ source('ctl', 'batch_slice') }}
            where batch_id = {{ var('batch_id') | int }}
                {%- if reports %} and report in ('*', '{{ reports | join("', '") }}'){% endif %}
        ) as t
        where b.batch_id = {{ var('batch_id') | int }}
    {%- endset -%}
    {%- set rows = run_query(query).rows -%}
    {%- if rows | length == 0 -%}
        {{ exceptions.raise_compiler_error('no batch ' ~ var('batch_id') ~ ' in ctl.batch') }}
    {%- endif -%}
    {%- set row = rows[0] -%}
    {%- if row['kind'] == 'as_known' -%}
        {%- if row['last_month'] is none -%}
            {{ return([]) }}
        {%- endif -%}
        {{ return(months_between(row['first_month'], row['last_month'])) }}
    {%- endif -%}
    {%- set touched = (row['touched'] or '').split(',') | select | list -%}
    {%- set later = (row['later'] or '').split(',') | select | list -%}
    {%- set ahead = var('windows').get(mart, 0) -%}
    {%- set behind = var('windows_back').get(mart, 0) -%}
    {%- set months = (
        months_with(touched, ahead=ahead, until=row['last_month'])
        + months_with(later, back=behind)
    ) | unique | sort -%}
    {{ return(months | select('ge', ([row['first_month']] + touched) | min) | list) }}
{% endmacro %}
