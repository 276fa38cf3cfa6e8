with {{ normalised_lines(
    'int_return__current',
    business_date='return_date',
    needs_money='m.credit_price is not null',
    dealer='dealer_id',
) }}

select * from normalised
