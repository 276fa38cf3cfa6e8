{# Whether a line, or a sum of lines, counts for a rule, whatever its month. #}
{% macro rebate_counts(row, rule) -%}
    {{ row }}.source = {{ rule }}.source
    and ({{ rule }}.dealer_sales or not {{ row }}.is_dealer_sale)
    and ({{ row }}.is_design_registered or not {{ rule }}.design_registered_only)
    and not ({{ rule }}.returns = 'ignore' and {{ row }}.is_return)
{%- endmacro %}
