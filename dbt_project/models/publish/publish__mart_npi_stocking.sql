{{ config(alias='mart_npi_stocking') }}

{{ published('mart_npi_stocking') }}
