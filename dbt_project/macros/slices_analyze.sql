{#
    Later models of the run read the new versions: the planner must know of them. Of months a sample of
    3,000 rows tells them apart; the database's own analyze looks closer, when the batch is done. What
    is one slice is looked at whole: models join with it, and few of its rows may be what they ask for.
#}
{% macro slices_analyze(relation) -%}
    {{ return(adapter.dispatch('slices_analyze', 'chip_channel')(relation)) }}
{%- endmacro %}

{% macro default__slices_analyze(relation) -%}
    select 1
{%- endmacro %}

{% macro postgres__slices_analyze(relation) -%}
    {%- set known = ['batch_id', 'slice', 'dealer_id', 'product_id', 'is_current', 'sold_to_dealer_id', 'report', 'submission_id'] -%}
    set local default_statistics_target = {{ 100 if config.get('one_slice') else 10 }};
    analyze {{ relation }} ({{ known | select('in', model.columns.keys() | list) | join(', ') }})
{%- endmacro %}
