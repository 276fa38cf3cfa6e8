{#
    The slices of the rebate marts that this batch builds: first days of the periods whose statements
    may be other than before. A month changes its own period; later periods of the year that are
    evaluated to date; the period a year on that grows over it; and for 12 months who counts as a
    new customer. A version that the batch takes up changes every period that it holds for.
#}
{% macro rebate_periods() %}
    {#- named also while dbt parses, so that it knows the dependency -#}
    {%- do ref('fct_pos') -%}
    {%- if not execute or var('batch_id') | int == 0 -%}
        {{ return([]) }}
    {%- endif -%}
    {%- set rules = rebate_rules() -%}
    {%- set last = last_month() -%}
    {%- set touched = affected_months() -%}
    {%- set found = {} -%}
    {%- for rule in rules if last -%}
        {%- set months = [] -%}
        {%- do months.extend(touched) -%}
        {%- if rule['needs_quality'] -%}
            {%- do months.extend(affected_months('mart_report_quality')) -%}
        {%- endif -%}
        {%- if rule['returns'] == 'original_period' or rule['deduct_debit'] -%}
            {%- do months.extend(rebate_linked_months(touched)) -%}
        {%- endif -%}
        {%- if rule['is_new'] and rule['valid_from'] <= last -%}
            {%- do months.extend(months_between(rule['valid_from'], [rule['valid_to'], last] | min)) -%}
        {%- endif -%}
        {%- if rule['measure'] == 'new_customers' -%}
            {%- set months = months_with(months, ahead=12) -%}
        {%- endif -%}
        {%- set starts = {} -%}
        {%- for month in months -%}
            {%- do starts.update({period_start(month, rule['period_months']): true}) -%}
            {%- if rule['baseline'] == 'prior_year' -%}
                {%- do starts.update({period_start(add_months(month, 12), rule['period_months']): true}) -%}
            {%- endif -%}
            {%- if rule['basis'] == 'year_to_date' -%}
                {%- for later in months_between(month, month[:4] ~ '-12-01') -%}
                    {%- do starts.update({period_start(later, rule['period_months']): true}) -%}
                {%- endfor -%}
            {%- endif -%}
        {%- endfor -%}
        {%- for start in starts if start <= last and rule['valid_from'] <= start and start <= rule['valid_to'] -%}
            {%- do found.update({start: true}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found.keys() | sort) }}
{% endmacro %}
