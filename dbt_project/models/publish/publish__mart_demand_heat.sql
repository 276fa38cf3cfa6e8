{{ config(alias='mart_demand_heat') }}

{{ published('mart_demand_heat') }}
