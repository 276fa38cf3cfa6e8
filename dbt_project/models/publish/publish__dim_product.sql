{{ config(alias='dim_product') }}

{{ published('dim_product') }}
