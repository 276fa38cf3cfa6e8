{#
    Later models of the run read the new versions: the planner must know of them. A sample of 9,000
    rows tells slices apart; the database's own analyze looks closer, when the batch is done.
#}
{% macro slices_analyze(relation) -%}
    {{ return(adapter.dispatch('slices_analyze', 'chip_channel')(relation)) }}
{%- endmacro %}

{% macro default__slices_analyze(relation) -%}
    select 1
{%- endmacro %}

{% macro postgres__slices_analyze(relation) -%}
    {%- set known = ['batch_id', 'slice', 'dealer_id', 'product_id', 'is_current', 'sold_to_dealer_id', 'report', 'submission_id'] -%}
    set local default_statistics_target = 30;
    analyze {{ relation }} ({{ known | select('in', model.columns.keys() | list) | join(', ') }})
{%- endmacro %}
