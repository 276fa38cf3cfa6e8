{#
    Every join here is of sets, by equality. Estimates of the lines that hold can be far too low (they
    come out of several anti-joins), and a nested loop then takes minutes instead of seconds. Estimates
    of groups are far too high (columns that go together are multiplied): a million lines are then
    sorted on disk to be summed into a few thousand rows that a hash table holds.
#}
{% macro slices_plan() -%}
    {{ return(adapter.dispatch('slices_plan', 'chip_channel')()) }}
{%- endmacro %}

{% macro default__slices_plan() -%}
    select 1
{%- endmacro %}

{% macro postgres__slices_plan() -%}
    set local enable_nestloop = off;
    set local enable_sort = off;
    set local jit = off;
    set local work_mem = '{{ var("work_mem") }}'
{%- endmacro %}
