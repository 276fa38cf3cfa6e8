with {{ normalised_lines('int_pos__current', business_date='invoice_date', needs_money='1 = 1') }}

select * from normalised
