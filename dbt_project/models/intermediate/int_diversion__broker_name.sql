-- Customers that are called as brokers are.
with customer as (
    select distinct customer from {{ ref('int_diversion__sale') }}
),

named as (
    select
        customer.customer,
        min(word.word) as word
    from customer
    inner join {{ ref('broker_word') }} as word on lower(customer.customer) like '%' || word.word || '%'
    group by customer.customer
)

select
    'broker_name' as signal,
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
    'name holds ' || named.word as detail
from {{ ref('int_diversion__sale') }} as sale
inner join named on sale.customer = named.customer
