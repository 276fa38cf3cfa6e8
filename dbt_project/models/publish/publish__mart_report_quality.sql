{{ config(alias='mart_report_quality') }}

{{ published('mart_report_quality') }}
