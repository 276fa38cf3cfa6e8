{{ config(alias='mart_quality_feedback') }}

{{ published('mart_quality_feedback') }}
