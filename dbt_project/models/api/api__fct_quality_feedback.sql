{{ config(alias='fct_quality_feedback') }}

{{ shared('fct_quality_feedback') }}
