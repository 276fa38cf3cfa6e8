{#
    The lines of a report that hold, of the months that a mart builds.

    Of two submissions of one dealer the one reported later is newer (then by content hash, then by
    id), in whatever order they were processed. A newer full submission supersedes every line whose
    business date lies in its period; a newer delta line supersedes the lines of its key. Deltas are
    looked for beyond the months: a delta may move a line to another month.
#}
{% macro current_lines(report, staged, business_date, key, months) -%}
visible as (
    select * from {{ visible_submissions() }} as v
    where report = '{{ report }}'
),

submissions as (
    select
        v.*,
        {{ period_meets(months, 'v') }} as in_scope
    from visible as v
    where
        {{ period_meets(months, 'v') }}
        or (
            v.mode = 'delta'
            and v.reported_at >= (select min(o.reported_at) from visible as o where {{ period_meets(months, 'o') }})
        )
),

newer_full as (
    select
        older.submission_id,
        newer.period_start,
        newer.period_end,
        newer.period_start <= older.period_start and newer.period_end >= older.period_end as covers_it
    from submissions as older
    inner join submissions as newer
        on older.dealer_id = newer.dealer_id
        and older.recency < newer.recency
        and newer.mode = 'full'
        and newer.period_end >= coalesce(older.period_start, newer.period_end)
        and newer.period_start <= coalesce(older.period_end, newer.period_start)
),

standing as (
    select s.*
    from submissions as s
    where
        s.in_scope
        and not exists (
            select 1 from newer_full as f
            where f.submission_id = s.submission_id and f.covers_it
        )
),

delta_key as (
    select
        s.dealer_id as reported_by,
        {%- for column in key %}
        coalesce(cast(l.{{ column }} as {{ dbt.type_string() }}), '') as {{ column }},
        {%- endfor %}
        max(s.recency) as recency
    from {{ ref(staged) }} as l
    inner join submissions as s on l.submission_id = s.submission_id
    where s.mode = 'delta' and {{ in_submissions('l.submission_id', report, months, deltas=true) }}
    group by s.dealer_id{% for column in key %}, coalesce(cast(l.{{ column }} as {{ dbt.type_string() }}), ''){% endfor %}
),

current_line as (
    select
        l.*,
        s.dealer_id as reported_by,
        s.currency as reported_currency,
        s.tax_basis,
        s.tax_rate,
        s.uom
    from {{ ref(staged) }} as l
    inner join standing as s on l.submission_id = s.submission_id
    left join delta_key as d
        on s.dealer_id = d.reported_by
        and s.recency < d.recency
        {%- for column in key %}
        and coalesce(cast(l.{{ column }} as {{ dbt.type_string() }}), '') = d.{{ column }}
        {%- endfor %}
    where
        {{ in_months('l.' ~ business_date, months) }}
        and {{ in_submissions('l.submission_id', report, months) }}
        and d.recency is null
        and not exists (
            select 1 from newer_full as f
            where f.submission_id = l.submission_id
                and l.{{ business_date }} between f.period_start and f.period_end
        )
)
{%- endmacro %}
