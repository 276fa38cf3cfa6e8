{{ config(alias='fct_quality_feedback') }}

{{ published('fct_quality_feedback') }}
