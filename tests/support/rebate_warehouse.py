"""Cases in a warehouse: facts and rules in the real tables, evaluated by the real models."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import Any

import psycopg
from chip_channel.publish.dbt import dbt
from chip_channel.rebates.programme import Programme
from chip_channel.rebates.registry import store
from chip_channel.warehouse import connect

from support.rebate_cases import FIRST, LAST, Case
from support.rebate_reference import Line, first_day, month_index

MODELS = "int_submission__visible int_rebate__period int_rebate__window int_rebate__first_buy int_rebate__cell mart_rebate_statement fct_rebate_line"
STARTS = [first_day(m) for m in range(month_index(FIRST), month_index(LAST) + 1)]
"""First days of months; each may begin a period."""


def rates() -> dict[tuple[str, int], Fraction]:
    """Published exchange rates, newest vintage, by currency and month."""
    with connect() as connection:
        found = connection.execute(
            "select series, period, value from raw.market_index where series like 'FX:%' "
            "order by vintage"
        ).fetchall()
    return {(series[3:6], month_index(day)): Fraction(value) for series, day, value in found}


def published_facts(cases: list[Case]) -> None:
    """Make the cases' dealers, parts and lines what readers see, in place of all before."""
    with connect() as connection:
        batch = new_batch(connection, "published")
        write_facts(connection, batch, cases, lambda n, _: 10**6 + n)
        point_to(connection, batch)


def write_facts(connection: psycopg.Connection[Any], batch: int, cases: list[Case],
                submission: Callable[[int, Line], int]) -> None:  # fmt: skip
    """Facts of a batch; `submission` says which file a case's line came with."""
    _copy(connection, "dim_dealer", ("batch_id", "slice", "dealer_id", "valid_from", "is_current", "role",
                                     "regions"), [
        (batch, "1900-01-01", c.dealer.dealer_id, "2020-01-01", True, c.dealer.role,
         "|".join(c.dealer.regions)) for c in cases
    ])  # fmt: skip
    parts = sorted({(ln.part, ln.family) for c in cases for ln in c.lines})
    _copy(connection, "dim_product", ("batch_id", "slice", "product_id", "version_no", "maker", "mpn",
                                      "family", "spq", "is_current"), [
        (batch, "1900-01-01", f"M|{part}", 1, "M", part, family, 1, True) for part, family in parts
    ])  # fmt: skip
    # line numbers are texts, and sorted as such
    _copy(connection, "fct_pos", (
        "batch_id", "slice", "submission_id", "row_no", "dealer_id", "invoice_no", "line_no", "line_type",
        "invoice_date", "product_id", "qty", "currency", "amount", "amount_vendor", "end_customer",
        "sold_to_dealer_id", "design_reg_no", "original_invoice"), [
        (batch, ln.day.replace(day=1), submission(n, ln), ln.row_no, c.dealer.dealer_id, ln.invoice,
         f"{ln.row_no:03}", ln.kind, ln.day, f"M|{ln.part}", _text(ln.qty), ln.currency, _text(ln.amount),
         _text(ln.amount_vendor), ln.customer, "other" if ln.to_dealer else None,
         "DR" if ln.design else None, ln.original_invoice)
        for n, c in enumerate(cases) for ln in c.lines if ln.source == "pos"
    ])  # fmt: skip
    _copy(connection, "fct_sell_in", (
        "batch_id", "slice", "submission_id", "row_no", "dealer_id", "shipment_no", "line_no", "ship_date",
        "product_id", "qty", "currency", "amount", "amount_vendor"), [
        (batch, ln.day.replace(day=1), submission(n, ln), ln.row_no, c.dealer.dealer_id, ln.invoice,
         f"{ln.row_no:03}", ln.day, f"M|{ln.part}", _text(ln.qty), ln.currency, _text(ln.amount),
         _text(ln.amount_vendor))
        for n, c in enumerate(cases) for ln in c.lines if ln.source == "sell_in"
    ])  # fmt: skip
    for mart in ("dim_dealer", "dim_product", "fct_pos", "fct_sell_in"):
        slices = ["1900-01-01"] if mart.startswith("dim") else STARTS
        connection.cursor().executemany(
            "insert into ctl.slice_version (mart, slice, batch_id, row_count) values (%s, %s, %s, 0)",
            [(mart, s, batch) for s in slices],
        )


def point_to(connection: psycopg.Connection[Any], batch: int) -> None:
    """Readers see all slices of the batch."""
    connection.execute(
        "insert into ctl.published_slice (mart, slice, batch_id, published_at) "
        "select mart, slice, batch_id, now() from ctl.slice_version where batch_id = %s "
        "on conflict (mart, slice) do update set batch_id = excluded.batch_id",
        (batch,),
    )


def evaluate(cases: list[Case], months: list[date]) -> int:
    """Release the cases' programmes and build the statements of the months; the batch."""
    with connect() as connection:
        # rules of earlier cases are out of the way: what a what-if does, too
        batch = new_batch(connection, "open", months, kind="what_if")
        for case in cases:
            for document in case.programmes:
                programme = Programme.model_validate(document)
                for version in programme.versions:
                    store(connection, programme, version, simulation=batch)
    dbt("run", "--select", *MODELS.split(), variables={
        "batch_id": batch, "simulation": batch, "known_at": "2999-12-31 00:00:00+00", "vendor_currency": "CNY",
    })  # fmt: skip
    return batch


def statements_of(batch: int) -> dict[tuple[str, date], tuple[Fraction, dict[int, Fraction]]]:
    """Statement and line amounts, by programme and first day."""
    with connect() as connection:
        paid = connection.execute(
            "select programme, slice, amount from marts.mart_rebate_statement where batch_id = %s",
            (batch,),
        ).fetchall()
        lines = connection.execute(
            "select programme, slice, row_no, amount from marts.fct_rebate_line where batch_id = %s",
            (batch,),
        ).fetchall()
    found: dict[tuple[str, date], tuple[Fraction, dict[int, Fraction]]] = {
        (programme, start): (Fraction(amount), {}) for programme, start, amount in paid
    }
    for programme, start, row_no, amount in lines:
        found[programme, start][1][row_no] = Fraction(amount)
    return found


def new_batch(connection: psycopg.Connection[Any], status: str, months: list[date] | None = None,
           kind: str = "publication") -> int:  # fmt: skip
    found = connection.execute(
        "insert into ctl.batch (known_at, kind, status) values (clock_timestamp(), %s, %s) returning batch_id",
        (kind, status),
    ).fetchone()
    assert found is not None
    connection.cursor().executemany(
        "insert into ctl.batch_slice (batch_id, slice) values (%s, %s)",
        [(found[0], month) for month in months or []],
    )
    return int(found[0])


def _copy(connection: psycopg.Connection[Any], mart: str, columns: tuple[str, ...],
          rows: list[tuple[Any, ...]]) -> None:  # fmt: skip
    with connection.cursor().copy(f"copy marts.{mart} ({', '.join(columns)}) from stdin") as copy:
        for row in rows:
            copy.write_row(row)


def _text(value: Fraction) -> str:
    """A fraction that has at most six digits, as decimal text."""
    scaled = value * 10**6
    assert scaled.denominator == 1
    return f"{int(scaled)}e-6"
