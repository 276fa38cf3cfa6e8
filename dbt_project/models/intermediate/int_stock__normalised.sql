with {{ normalised_lines('int_stock__current', business_date='as_of', needs_money='m.book_cost is not null') }}

select * from normalised
