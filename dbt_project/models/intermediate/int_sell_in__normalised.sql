with {{ normalised_lines('int_sell_in__current', business_date='ship_date', needs_money='1 = 1') }}

select * from normalised
