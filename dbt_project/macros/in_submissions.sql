{#
    Prunes raw to the lines that can matter: raw grows in the order of submission_id and carries a
    BRIN index on it, so a few literal ranges cut the scan to what the months need. A superset is
    harmless: the join with the visible submissions decides.
#}
{% macro in_submissions(column, report, months, deltas=false) %}
    {%- if var('slices') is not none or not execute or not months -%}
        {{ return('1 = 1') }}
    {%- endif -%}
    {%- set query -%}
        with candidate as (
            select s.submission_id, s.reported_at
            from {{ source('ctl', 'submission') }} as s
            where s.report = '{{ report }}' and s.status = 'accepted' and {{ period_meets(months, 's') }}
        ),

        wanted as (
        {%- if deltas %}
            select s.submission_id
            from {{ source('ctl', 'submission') }} as s
            where s.report = '{{ report }}' and s.status = 'accepted' and s.mode = 'delta'
                and s.reported_at >= (select min(c.reported_at) from candidate as c)
        {%- else %}
            select submission_id from candidate
        {%- endif %}
        ),

        gap as (
            select
                submission_id,
                submission_id - lag(submission_id) over (order by submission_id) as width
            from wanted
        ),

        cut as (
            select submission_id, width, row_number() over (order by width desc nulls first, submission_id) as place
            from gap
        ),

        -- sixteen ranges: the widest gaps are left out
        run as (
            select
                submission_id,
                sum(case when width is null or (place <= 16 and width > 1) then 1 else 0 end)
                    over (order by submission_id) as run_no
            from cut
        )

        select min(submission_id) as first_id, max(submission_id) as last_id
        from run
        group by run_no
        order by run_no
    {%- endset -%}
    {%- set ranges = [] -%}
    {%- for row in run_query(query).rows -%}
        {%- do ranges.append(column ~ ' between ' ~ row['first_id'] | int ~ ' and ' ~ row['last_id'] | int) -%}
    {%- endfor -%}
    {{ return('(' ~ (ranges | join(' or ') if ranges else '1 = 0') ~ ')') }}
{% endmacro %}
