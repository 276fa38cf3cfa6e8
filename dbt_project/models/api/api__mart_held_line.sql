{{ config(alias='mart_held_line') }}

{{ shared('mart_held_line') }}
