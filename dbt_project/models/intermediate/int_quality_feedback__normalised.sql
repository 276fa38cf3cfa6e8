with {{ normalised_lines('int_quality_feedback__current', business_date='detected_at', needs_pieces='1 = 0', dealer='dealer_id') }}

select * from normalised
