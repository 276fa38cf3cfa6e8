{{ config(alias='mart_rebate_settlement') }}

select * from {{ ref('mart_rebate_settlement') }}
