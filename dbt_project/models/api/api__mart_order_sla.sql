{{ config(alias='mart_order_sla') }}

{{ shared('mart_order_sla') }}
