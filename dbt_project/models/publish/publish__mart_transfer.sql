{{ config(alias='mart_transfer') }}

{{ published('mart_transfer') }}
