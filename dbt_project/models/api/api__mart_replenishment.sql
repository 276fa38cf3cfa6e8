{{ config(alias='mart_replenishment') }}

{{ shared('mart_replenishment') }}
