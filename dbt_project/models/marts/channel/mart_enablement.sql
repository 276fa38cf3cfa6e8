{%- set months = affected_months('mart_enablement') %}
with event as (
    select
        pair.slice,
        e.dealer_id,
        e.event_kind,
        e.outcome,
        e.csat,
        case when e.closed_at >= {{ dbt.dateadd('month', 1, 'pair.slice') }} then null else e.closed_at end as closed_at,
        case when e.event_kind = 'fae_ticket' and e.first_reply_at >= e.opened_at
                then cast({{ dbt.datediff('e.opened_at', 'e.first_reply_at', 'minute') }} as numeric(18, 6)) / 60 end as reply_hours
    from {{ month_pairs(months, 0, 2) }} as pair
    inner join {{ candidate('fct_enablement_event', months_with(months, back=2)) }} as e on pair.seen = e.slice
),

used as (
    select
        slice,
        dealer_id,
        sum(case when event_kind = 'doc_view' then 1 else 0 end) as doc_views,
        sum(case when event_kind = 'case_use' then 1 else 0 end) as case_uses,
        sum(case when event_kind = 'training' then 1 else 0 end) as trainings,
        sum(case when event_kind = 'fae_ticket' then 1 else 0 end) as fae_tickets,
        sum(case when event_kind = 'fae_ticket' and closed_at is null then 1 else 0 end) as open_tickets,
        sum(
            case when event_kind = 'fae_ticket' and closed_at is not null and outcome in ('win', 'lost') then 1 else 0 end
        ) as decided_tickets,
        sum(case when event_kind = 'fae_ticket' and closed_at is not null and outcome = 'win' then 1 else 0 end) as won_tickets,
        count(reply_hours) as replied_tickets,
        avg(reply_hours) as reply_hours_mean,
        {{ median('reply_hours') }} as reply_hours_median,
        count(csat) as csat_marks,
        avg(cast(csat as numeric(8, 4))) as csat
    from event
    group by
        slice,
        dealer_id
),

stratum as (
    select * from {{ ref('int_enablement__stratum') }}
    where batch_id = {{ var('batch_id') | int }}
),

margin as (
    select
        slice,
        dealer_id,
        {%- for contact in ['with', 'without'] %}
        sum(case when fae_contact = '{{ contact }}' then customers end) as customers_{{ contact }},
        sum(case when fae_contact = '{{ contact }}' then costed_amount_vendor end) as money_{{ contact }},
        sum(case when fae_contact = '{{ contact }}' then cost_amount_vendor end) as cost_{{ contact }}{{ ',' if not loop.last }}
        {%- endfor %}
    from stratum
    where measure = 'margin_points'
    group by
        slice,
        dealer_id
),

repurchase as (
    select
        slice,
        dealer_id,
        sum(customers) as judged,
        sum(bought_again) as again,
        {%- for contact in ['with', 'without'] %}
        sum(case when fae_contact = '{{ contact }}' then customers else 0 end) as judged_{{ contact }},
        sum(case when fae_contact = '{{ contact }}' then bought_again else 0 end) as again_{{ contact }}{{ ',' if not loop.last }}
        {%- endfor %}
    from stratum
    where measure = 'repurchase_points'
    group by
        slice,
        dealer_id
),

dealer as (
    select
        slice,
        dealer_id
    from used
    union distinct
    select
        slice,
        dealer_id
    from margin
    union distinct
    select
        slice,
        dealer_id
    from repurchase
)

select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    dealer.slice,
    dealer.dealer_id,
    extract(month from dealer.slice) in (3, 6, 9, 12) as is_quarter_end,
    {%- for count in ['doc_views', 'case_uses', 'trainings', 'fae_tickets', 'open_tickets', 'replied_tickets'] %}
    cast(coalesce(used.{{ count }}, 0) as integer) as {{ count }},
    {%- endfor %}
    cast(used.reply_hours_mean as numeric(12, 4)) as reply_hours_mean,
    cast(used.reply_hours_median as numeric(12, 4)) as reply_hours_median,
    cast(coalesce(used.decided_tickets, 0) as integer) as decided_tickets,
    cast(coalesce(used.won_tickets, 0) as integer) as won_tickets,
    cast(cast(used.won_tickets as numeric(18, 6)) / nullif(used.decided_tickets, 0) as numeric(8, 6)) as win_share,
    cast(coalesce(used.csat_marks, 0) as integer) as csat_marks,
    cast(used.csat as numeric(6, 4)) as csat,
    cast(coalesce(repurchase.judged, 0) as integer) as judged_customers,
    cast(coalesce(repurchase.again, 0) as integer) as repurchased_customers,
    cast(cast(repurchase.again as numeric(18, 6)) / nullif(repurchase.judged, 0) as numeric(8, 6)) as repurchase_rate,
    {%- for contact in ['with', 'without'] %}
    cast(coalesce(repurchase.judged_{{ contact }}, 0) as integer) as judged_customers_{{ contact }},
    cast(coalesce(repurchase.again_{{ contact }}, 0) as integer) as repurchased_customers_{{ contact }},
    cast(
        cast(repurchase.again_{{ contact }} as numeric(18, 6)) / nullif(repurchase.judged_{{ contact }}, 0)
        as numeric(8, 6)
    ) as repurchase_rate_{{ contact }},
    {%- endfor %}
    {%- for contact in ['with', 'without'] %}
    cast(coalesce(margin.customers_{{ contact }}, 0) as integer) as customers_{{ contact }},
    cast(margin.money_{{ contact }} as numeric(24, 6)) as costed_amount_vendor_{{ contact }},
    cast(100 * (1 - margin.cost_{{ contact }} / nullif(margin.money_{{ contact }}, 0)) as numeric(12, 4))
        as margin_points_{{ contact }}{{ ',' if not loop.last }}
    {%- endfor %}
from dealer
left join used on dealer.slice = used.slice and dealer.dealer_id = used.dealer_id
left join margin on dealer.slice = margin.slice and dealer.dealer_id = margin.dealer_id
left join repurchase on dealer.slice = repurchase.slice and dealer.dealer_id = repurchase.dealer_id
