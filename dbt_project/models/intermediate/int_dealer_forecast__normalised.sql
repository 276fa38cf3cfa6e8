with {{ normalised_lines('int_dealer_forecast__current', business_date='submitted_on') }}

select * from normalised
