{{ config(alias='mart_diversion') }}

{{ published('mart_diversion') }}
