{{ config(alias='dim_date') }}

{{ published('dim_date') }}
