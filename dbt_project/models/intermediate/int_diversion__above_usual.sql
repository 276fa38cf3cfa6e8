-- A customer's month far above its usual ones, in money: median and MAD of the months with a sale in
-- the year before (Leys et al. 2013, doi:10.1016/j.jesp.2013.03.013), at least four of them.
{%- set months = affected_months('fct_diversion_evidence') %}
with bought as (
    select
        slice,
        dealer_id,
        customer,
        sum(amount_vendor) as amount
    from {{ candidate('fct_customer_month', months) }} as c
    group by
        slice,
        dealer_id,
        customer
    having sum(amount_vendor) > 0
),

month as (
    select
        slice,
        month_end
    from {{ month_rows(months) }} as m
),

policy as (
    select
        month.slice,
        max(case when parameter.parameter = 'above_usual_mads' then parameter.value end) as mads,
        max(case when parameter.parameter = 'above_usual_share' then parameter.value end) as least_share
    from month
    inner join {{ ref('int_policy__in_force') }} as version
        on {{ policy_holds('version', 'diversion', 'month.month_end') }}
    inner join {{ ref('stg_policy__parameter') }} as parameter
        on version.policy = parameter.policy and version.policy_version = parameter.policy_version
    group by month.slice
),

dealer as (
    select
        slice,
        dealer_id,
        sum(amount) as amount
    from bought
    group by
        slice,
        dealer_id
),

-- Orders are heavy-tailed: only what moves the dealer's month is worth a question.
large as (
    select
        bought.*,
        policy.mads
    from bought
    inner join policy on bought.slice = policy.slice
    inner join dealer on bought.slice = dealer.slice and bought.dealer_id = dealer.dealer_id
    where bought.amount >= policy.least_share * dealer.amount
),

-- the year before, of these customers alone
earlier as (
    select
        c.slice,
        c.dealer_id,
        c.customer,
        sum(c.amount_vendor) as amount
    from {{ candidate('fct_customer_month', months_with(months, back=12)) }} as c
    inner join (
        select distinct
            dealer_id,
            customer
        from large
    ) as l on c.dealer_id = l.dealer_id and c.customer = l.customer
    group by
        c.slice,
        c.dealer_id,
        c.customer
    having sum(c.amount_vendor) > 0
),

past as (
    select
        now.slice,
        now.dealer_id,
        now.customer,
        now.mads,
        now.amount as amount_now,
        before.amount
    from large as now
    inner join earlier as before
        on
            now.dealer_id = before.dealer_id
            and now.customer = before.customer
            and now.slice > before.slice
            and before.slice >= {{ dbt.dateadd('month', -12, 'now.slice') }}
),

middle as (
    select
        slice,
        dealer_id,
        customer,
        mads,
        amount_now,
        {{ median('amount') }} as usual
    from past
    group by
        slice,
        dealer_id,
        customer,
        mads,
        amount_now
    having count(*) >= 4
),

spread as (
    select
        past.slice,
        past.dealer_id,
        past.customer,
        middle.mads,
        middle.amount_now,
        middle.usual,
        {{ median('abs(past.amount - middle.usual)') }} as mad
    from past
    inner join middle
        on
            past.slice = middle.slice
            and past.dealer_id = middle.dealer_id
            and past.customer = middle.customer
    group by
        past.slice,
        past.dealer_id,
        past.customer,
        middle.mads,
        middle.amount_now,
        middle.usual
),

-- 1.4826 × MAD is the deviation of normal figures; customers with equal orders still vary a little
far as (
    select *
    from spread
    where amount_now > usual + mads * greatest(1.4826 * mad, 0.25 * usual)
)

select
    'above_usual' as signal,
    'pos' as report,
    sale.slice,
    sale.submission_id,
    sale.row_no,
    sale.dealer_id,
    sale.product_id,
    sale.region,
    sale.customer,
    cast(null as {{ dbt.type_string() }}) as other_dealer_id,
    sale.qty,
    sale.amount_vendor,
    cast(round(far.amount_now / far.usual, 1) as {{ dbt.type_string() }}) || ' x usual' as detail
from {{ ref('int_diversion__sale') }} as sale
inner join far
    on
        sale.slice = far.slice
        and sale.dealer_id = far.dealer_id
        and sale.customer = far.customer
