{#
    Every join here is of sets, by equality. Estimates of the lines that hold can be far too low (they
    come out of several anti-joins), and a nested loop then takes minutes instead of seconds.

    few_groups, in a model's config: estimates of its groups are far too high (columns that go together
    are multiplied), and its lines would be sorted on disk to be summed into rows that a hash table
    holds. Only where nothing must be sorted but for windows: with both off, the planner may take the
    nested loop to come by an order.

    What commits last of a batch is that it is built, and that waits for the disk: so no model has to.
#}
{% macro slices_plan() -%}
    {{ return(adapter.dispatch('slices_plan', 'chip_channel')()) }}
{%- endmacro %}

{% macro default__slices_plan() -%}
    select 1
{%- endmacro %}

{% macro postgres__slices_plan() -%}
    set local enable_nestloop = off;
    {%- if config.get('few_groups') %}
    set local enable_sort = off;
    {%- endif %}
    set local jit = off;
    set local synchronous_commit = off;
    set local work_mem = '{{ var("work_mem") }}'
{%- endmacro %}
