{{ config(alias='mart_last_buy') }}

{{ published('mart_last_buy') }}
