{# What a line, or a sum of lines, counts for a rule, in the rule's own unit. #}
{% macro rebate_measure(row, rule, fx) -%}
    {{ rule }}.tax_factor * case {{ rule }}.unit
        when 'quantity' then {{ row }}.qty
        when 'new_customers' then {{ row }}.new_customers
        else
            case
                when {{ rule }}.fx = 'period_end' and {{ row }}.currency <> '{{ var("vendor_currency") }}'
                    then {{ row }}.amount * {{ fx }}.rate
                else {{ row }}.amount_vendor
            end
            - case when {{ rule }}.deduct_debit then {{ row }}.debit_vendor else 0 end
    end
{%- endmacro %}
