{#
    Marts are append-only by batch: one insert of this batch's rows, no temporary table, no swap.
    A run again of the same batch replaces its own rows. Every slice that the batch built is
    recorded, also an empty one: it replaces what was there. Batch 0 only creates and describes.
#}
{% materialization slices, default %}
    {%- set relation = this.incorporate(type='table') -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set batch = var('batch_id') | int -%}
    {%- if config.get('one_slice', false) -%}
        {%- set months = [var('whole')] -%}
    {%- elif config.get('slice_of', 'month') == 'period' -%}
        {%- set months = rebate_periods() -%}
    {%- elif config.get('slice_of') == 'order' -%}
        {%- set months = order_months(model.name) -%}
    {%- else -%}
        {%- set months = affected_months(model.name) -%}
    {%- endif -%}
    {%- set columns = model.columns.keys() | list -%}
    {%- set names = columns | join(', ') -%}

    {{ run_hooks(pre_hooks, inside_transaction=false) }}
    {{ run_hooks(pre_hooks, inside_transaction=true) }}

    {%- if existing is none -%}
        {% call statement('create') -%}
            {{ get_assert_columns_equivalent(sql) }}
            create table if not exists {{ relation }} {{ get_table_columns_and_constraints() }}
        {%- endcall %}
        {% do run_query(slices_index_ddl(relation)) %}
    {%- elif batch == 0 -%}
        {% do run_query(slices_add_columns(relation)) %}
    {%- endif -%}
    {%- if existing is none or batch == 0 -%}
        {% do persist_docs(relation, model) %}
    {%- endif -%}

    {%- if batch == 0 or not months -%}
        {% call statement('main') -%}
            select 1
        {%- endcall %}
    {%- else -%}
        {%- if existing is not none -%}
            {% call statement('replace') -%}
                delete from {{ relation }} where {{ slices_outdated(batch) }}
            {%- endcall %}
        {%- endif -%}
        {% do run_query(slices_plan()) %}
        {% call statement('main') -%}
            insert into {{ relation }} ({{ names }})
            select {{ names }}
            from (
                {{ sql }}
            ) as built
        {%- endcall %}
        {%- if config.get('versioned', true) -%}
            {% call statement('versions') -%}
                {{ slices_record(relation, model.name, batch, months) }}
            {%- endcall %}
        {%- endif -%}
        {% call statement('statistics') -%}
            {{ slices_analyze(relation) }}
        {%- endcall %}
    {%- endif -%}

    {{ run_hooks(post_hooks, inside_transaction=true) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=false) }}
    {{ return({'relations': [relation]}) }}
{% endmaterialization %}
