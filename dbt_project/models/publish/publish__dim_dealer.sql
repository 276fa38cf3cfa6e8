{{ config(alias='dim_dealer') }}

{{ published('dim_dealer') }}
