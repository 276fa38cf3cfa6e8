{{ config(alias='fct_customer_month') }}

{{ published('fct_customer_month') }}
