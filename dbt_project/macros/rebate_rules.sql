{# The released programme versions that this batch knows, as rows; none while dbt parses. #}
{% macro rebate_rules() %}
    {%- if not execute or var('batch_id') | int == 0 -%}
        {{ return([]) }}
    {%- endif -%}
    {%- set query -%}
        select
            r.programme,
            to_char(r.valid_from, 'YYYY-MM-DD') as valid_from,
            to_char(coalesce(r.valid_to, {{ date_literal(var('calendar_to')) }}), 'YYYY-MM-DD') as valid_to,
            r.period_months,
            r.source,
            r.measure,
            r.basis,
            r.baseline,
            r.returns,
            r.deduct_debit,
            r.rounding_level,
            r.stacking_level,
            r.net_of_lower,
            r.min_report_quality is not null as needs_quality,
            coalesce(t.batch_id = {{ var('batch_id') | int }}, false) as is_new
        from {{ source('rebate', 'programme') }} as r
        left join {{ source('rebate', 'taken_up') }} as t
            on
                r.programme = t.programme
                and r.version = t.version
                and r.simulation = 0
        where {{ rebate_known('r') }}
        order by r.programme, r.version
    {%- endset -%}
    {{ return(run_query(query).rows) }}
{% endmacro %}
