{{ config(alias='mart_report_quality') }}

{{ shared('mart_report_quality') }}
