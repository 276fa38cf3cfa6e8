{{ config(alias='mart_gl_posting') }}

select * from {{ ref('mart_gl_posting') }}
