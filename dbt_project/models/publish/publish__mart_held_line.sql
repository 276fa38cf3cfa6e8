{{ config(alias='mart_held_line') }}

{{ published('mart_held_line') }}
