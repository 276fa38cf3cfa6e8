"""What is spared in a run of dbt changes nothing of what it compiles."""

import gc

import pytest
from chip_channel.publish.dbt import light
from dbt.compilation import InjectedCTE, inject_ctes_into_sql
from sqlparse.engine import grouping

SHAPES = (
    "with a as (select 1 as x) select * from a",
    "-- with a word\n/* (with */ with a as (select 1 as x) select * from a",
    "with recursive a as (select 1 as x) select * from a",
    "select * from (with a as (select 1 as x) select * from a) as b",
    "select ')' as x, (with a as (select '(' as y) select y from a) as z",
    "\n  select 1 as x\n",
)


@pytest.mark.parametrize("sql", SHAPES)
def test_what_a_model_builds_on_goes_where_dbt_puts_it(sql):
    given = [InjectedCTE(id="m", sql=" __dbt__cte__m as (\nselect 2 as y\n)")]
    expected = inject_ctes_into_sql(sql, given)
    with light():
        assert inject_ctes_into_sql(sql, given) == expected


def test_all_is_as_before_when_dbt_fails():
    whole, thresholds = grouping.group, gc.get_threshold()
    with pytest.raises(ZeroDivisionError), light():
        1 / int(grouping.group is whole)
    assert grouping.group is whole
    assert gc.get_threshold() == thresholds
