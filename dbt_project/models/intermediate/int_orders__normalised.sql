with {{ normalised_lines('int_orders__current', business_date='order_date', needs_money='1 = 1', dealer='dealer_id') }}

select * from normalised
