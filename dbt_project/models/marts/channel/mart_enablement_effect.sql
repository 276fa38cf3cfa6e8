with arm as (
    select
        slice,
        measure,
        dealer_id,
        family,
        size_band,
        {%- for contact in ['with', 'without'] %}
        sum(case when fae_contact = '{{ contact }}' then units else 0 end) as n_{{ contact }},
        sum(case when fae_contact = '{{ contact }}' then mean end) as mean_{{ contact }},
        sum(case when fae_contact = '{{ contact }}' then squares end) as squares_{{ contact }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_enablement__stratum') }}
    where
        batch_id = {{ var('batch_id') | int }}
        and fae_contact is not null
    group by
        slice,
        measure,
        dealer_id,
        family,
        size_band
),

-- one variance for each side, within strata
pooled as (
    select
        slice,
        measure,
        count(*) as strata,
        {%- for contact in ['with', 'without'] %}
        sum(n_{{ contact }}) as n_{{ contact }},
        sum(squares_{{ contact }}) / nullif(sum(n_{{ contact }} - 1), 0) as variance_{{ contact }},
        sum(n_with * mean_{{ contact }}) / sum(n_with) as mean_{{ contact }},
        {%- endfor %}
        -- each stratum weighs as many as were helped in it
        sum(cast(n_with as numeric(18, 6)) * n_with / n_without) as spread_without
    from arm
    where
        n_with > 0
        and n_without > 0
    group by
        slice,
        measure
),

whole as (
    select
        slice,
        measure,
        sum(n_with) as n_with
    from arm
    group by
        slice,
        measure
),

estimated as (
    select
        pooled.*,
        whole.n_with - pooled.n_with as unmatched_with,
        pooled.mean_with - pooled.mean_without as difference,
        sqrt(
            pooled.variance_with / pooled.n_with
            + pooled.variance_without * pooled.spread_without / (pooled.n_with * pooled.n_with)
        ) as standard_error
    from pooled
    inner join whole on pooled.slice = whole.slice and pooled.measure = whole.measure
)

select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    slice,
    measure,
    extract(month from slice) in (3, 6, 9, 12) as is_quarter_end,
    'association' as relation,
    cast(strata as integer) as strata,
    cast(n_with as integer) as matched_with,
    cast(n_without as integer) as matched_without,
    cast(unmatched_with as integer) as unmatched_with,
    cast(mean_with as numeric(12, 4)) as mean_with,
    cast(mean_without as numeric(12, 4)) as mean_without,
    cast(difference as numeric(12, 4)) as difference,
    cast(standard_error as numeric(12, 4)) as standard_error,
    cast(difference - 1.959964 * standard_error as numeric(12, 4)) as difference_low,
    cast(difference + 1.959964 * standard_error as numeric(12, 4)) as difference_high
from estimated
