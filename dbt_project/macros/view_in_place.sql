{#
    Readers' grants and views hang on the publish views: replace in place, never drop or rename.
    A change that `create or replace` refuses fails here and must be made as a new view.
#}
{% materialization view_in_place, default %}
    {%- set relation = this.incorporate(type='view') -%}
    {{ run_hooks(pre_hooks, inside_transaction=false) }}
    {{ run_hooks(pre_hooks, inside_transaction=true) }}
    {% call statement('main') -%}
        {{ get_assert_columns_equivalent(sql) }}
        create or replace view {{ relation }} as (
            {{ sql }}
        )
    {%- endcall %}
    {% do persist_docs(relation, model) %}
    {{ run_hooks(post_hooks, inside_transaction=true) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=false) }}
    {{ return({'relations': [relation]}) }}
{% endmaterialization %}
