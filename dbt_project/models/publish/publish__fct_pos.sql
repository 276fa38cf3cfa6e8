{{ config(alias='fct_pos') }}

{{ published('fct_pos') }}
