with {{ normalised_lines(
    'int_complaint__current',
    business_date='opened_on',
    needs_part='m.mpn is not null',
    needs_pieces='1 = 0',
    dealer='dealer_id',
) }}

select * from normalised
