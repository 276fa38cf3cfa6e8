with {{ normalised_lines(
    'int_enablement_event__current',
    business_date='opened_at',
    needs_part='m.mpn is not null',
    needs_pieces='1 = 0',
    dealer='dealer_id',
) }}

select * from normalised
