-- One rate per currency and month: the newest vintage published by known_at.
{%- set suffix = '/' ~ var('vendor_currency') %}
with vintage as (
    select
        replace(replace(series, 'FX:', ''), '{{ suffix }}', '') as currency,
        {{ month_of('period') }} as month,
        value as rate,
        row_number() over (
            partition by series, {{ month_of('period') }}
            order by vintage desc, published_at desc, submission_id desc, row_no desc
        ) as recency
    from {{ ref('int_market_index__current') }}
    where
        series like 'FX:%{{ suffix }}'
        and published_at <= {{ known_at() }}
)

select
    currency,
    month,
    rate
from vintage
where
    recency = 1
    and rate > 0
