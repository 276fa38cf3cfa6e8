-- What the channel marts of the newest month ask a channel manager to look at.
select
    'diversion' as kind,
    case when open_complaints > 0 then 'critical' else 'warn' end as severity,
    dealer_id,
    product_id,
    product_id || ' ' || region as about,
    'Goods of ' || dealer_id || ' may be diverted: ' || product_id || ', ' || region || ' (a suspicion)' as subject_en,
    dealer_id || ' 的 ' || product_id || ' 在 ' || region || ' 有窜货嫌疑' as subject_zh,
    'signals=' || signals || '; lines=' || {{ text_of('evidence_lines') }}
    || '; score=' || {{ text_of('round(score, 2)') }} as evidence,
    evidence_amount_vendor as value_vendor
from {{ candidate('mart_diversion', latest_month('mart_diversion')) }} as d
where level = 'suspect'
union all
select
    'corridor' as kind,
    'warn' as severity,
    dealer_id,
    product_id,
    product_id as about,
    dealer_id || ' sells ' || product_id || ' under its price corridor' as subject_en,
    dealer_id || ' 的 ' || product_id || ' 低于价格红线' as subject_zh,
    'lines=' || {{ text_of('count(*)') }} || '; deepest=' || {{ text_of('round(min(deviation), 3)') }} as evidence,
    -sum(deviation_amount_vendor) as value_vendor
from {{ candidate('mart_price_corridor', latest_month('mart_price_corridor')) }} as c
where corridor_side = 'below'
group by
    dealer_id,
    product_id
union all
select
    'tier_change' as kind,
    'info' as severity,
    dealer_id,
    cast(null as {{ dbt.type_string() }}) as product_id,
    tier as about,
    dealer_id || ' is now ' || tier || ', it was ' || tier_before as subject_en,
    dealer_id || ' 等级由 ' || tier_before || ' 变为 ' || tier as subject_zh,
    'score=' || coalesce({{ text_of('score') }}, '') || '; status=' || tier_status as evidence,
    cast(null as numeric) as value_vendor
from {{ candidate('mart_tier', latest_month('mart_tier')) }} as t
where tier <> tier_before
