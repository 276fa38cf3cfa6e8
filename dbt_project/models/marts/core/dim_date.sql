{{ config(one_slice=true) }}

with spine as (
    {{ dbt.date_spine('day', date_literal(var('calendar_from')), date_literal(var('calendar_to'))) }}
),

day as (
    select
        cast(date_day as date) as date_day,
        extract(year from date_day) as calendar_year,
        -- 2000-01-03 was a Monday
        mod({{ day_number('date_day') }} + 5, 7) < 5 as is_weekday
    from spine
),

known_year as (
    select distinct extract(year from day) as calendar_year
    from {{ ref('cn_calendar') }}
),

worked as (
    select
        day.date_day,
        day.calendar_year,
        coalesce(exception.is_business_day, day.is_weekday) as is_business_day,
        known_year.calendar_year is not null as is_calendar_known,
        exception.occasion
    from day
    left join {{ ref('cn_calendar') }} as exception on day.date_day = exception.day
    left join known_year on day.calendar_year = known_year.calendar_year
)

select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    {{ date_literal(var('whole')) }} as slice,
    date_day,
    {{ month_of('date_day') }} as month_start,
    cast(calendar_year as integer) as calendar_year,
    is_business_day,
    is_calendar_known,
    occasion,
    cast(
        sum(case when is_business_day then 1 else 0 end) over (
            order by date_day
            rows between unbounded preceding and current row
        ) as integer
    ) as business_day_no
from worked
