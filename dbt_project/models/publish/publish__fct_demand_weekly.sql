{{ config(alias='fct_demand_weekly') }}

{{ published('fct_demand_weekly') }}
