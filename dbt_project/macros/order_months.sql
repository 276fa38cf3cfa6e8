{#
    The slices of a mart that is made of orders: affected_months, but of the earlier ones only those
    in which something is open, or that shipments of the others name, as they will stand or stand now;
    and as many later ones as the mart looks back on.
#}
{% macro order_months(mart) %}
    {#- named also while dbt parses, so that it knows what it depends on -#}
    {%- do [ref('fct_order'), ref('fct_sell_in'), ref('fct_logistics_event')] -%}
    {%- set sure = affected_months(mart, back=false) -%}
    {%- set doubtful = affected_months(mart) | reject('in', sure) | list -%}
    {%- if not doubtful -%}
        {{ return(sure) }}
    {%- endif -%}
    {%- set shipped = months_with(sure, back=var('transit_months')) -%}
    {%- set query -%}
        with event as (
            select shipment_no from {{ candidate('fct_logistics_event', sure) }} as e
            union
            select shipment_no from {{ published_rows('fct_logistics_event', sure) }} as e
        ),

        shipment as (
            select s.* from {{ candidate('fct_sell_in', shipped) }} as s
            union all
            select s.* from {{ published_rows('fct_sell_in', shipped) }} as s
        ),

        named as (
            select distinct
                s.dealer_id,
                s.order_no,
                s.product_id
            from shipment as s
            left join event as e on s.shipment_no = e.shipment_no
            where {{ in_slices('s.slice', sure) }} or e.shipment_no is not null
        )

        select to_char(found.slice, 'YYYY-MM-01') as month_text
        from (
            select o.slice
            from {{ candidate('fct_order', doubtful) }} as o
            inner join named as n
                on o.dealer_id = n.dealer_id and o.order_no = n.order_no and o.product_id = n.product_id
            union
            select o.slice from {{ published_rows('mart_order_sla', doubtful) }} as o
            where o.state <> 'done' or (o.on_time_in_full is null and o.due_date is not null)
            union
            select r.slice from {{ published_rows('fct_reconciliation', doubtful) }} as r
            where r.difference = 'in_transit'
        ) as found
        order by month_text
    {%- endset -%}
    {%- set found = run_query(query).columns[0].values() | list -%}
    {%- set months = months_with(found, ahead=var('windows').get(mart, 0), until=last_month()) -%}
    {{ return((sure + months) | unique | sort) }}
{% endmacro %}
