{# Whether this batch took up submissions of one of the reports; a past state recomputed takes up all. #}
{% macro batch_brings(reports) %}
    {%- if not execute or var('batch_id') | int == 0 -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set query -%}
        select 1 as found
        from {{ source('ctl', 'batch') }} as b
        where b.batch_id = {{ var('batch_id') | int }}
            and (
                b.kind = 'as_known'
                or exists (
                    select 1
                    from {{ source('ctl', 'verdict') }} as v
                    inner join {{ source('ctl', 'submission') }} as s on v.submission_id = s.submission_id
                    where v.batch_id = b.batch_id and s.report in ('{{ reports | join("', '") }}')
                )
            )
    {%- endset -%}
    {{ return(run_query(query).rows | length > 0) }}
{% endmacro %}
