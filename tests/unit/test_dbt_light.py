"""What is spared in a run of dbt changes nothing of what it compiles."""

import gc

import pytest
import sqlparse
from chip_channel.publish.dbt import light
from dbt.compilation import InjectedCTE, inject_ctes_into_sql

SHAPES = (
    "with a as (select 1 as x) select * from a",
    "-- with a word\n/* (with */ with a as (select 1 as x) select * from a",
    "with recursive a as (select 1 as x) select * from a",
    "select * from (with a as (select 1 as x) select * from a) as b",
    "select ')' as x, (with a as (select '(' as y) select y from a) as z",
    "\n  select 1 as x\n",
    "\n-- first\nselect cast('a' as text) as x -- with what\n",
    "With\n  a as (select 'é; )' as x)\r\nselect * from a",
)


@pytest.mark.parametrize("sql", SHAPES)
def test_what_a_model_builds_on_goes_where_dbt_puts_it(sql):
    given = [InjectedCTE(id="m", sql=" __dbt__cte__m as (\nselect 2 as y\n)")]
    expected = inject_ctes_into_sql(sql, given)
    with light():
        assert inject_ctes_into_sql(sql, given) == expected


def test_all_is_as_before_when_dbt_fails():
    whole, thresholds = sqlparse.parse, gc.get_threshold()
    with pytest.raises(ZeroDivisionError), light():
        1 / int(sqlparse.parse is whole)
    assert sqlparse.parse is whole
    assert gc.get_threshold() == thresholds
