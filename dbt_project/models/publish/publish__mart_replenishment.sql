{{ config(alias='mart_replenishment') }}

{{ published('mart_replenishment') }}
