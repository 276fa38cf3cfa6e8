"""What is published is what was true in the sample world, to the piece and the line."""

from decimal import Decimal

import pytest
from chip_channel.warehouse import connect
from chip_channel.world import WorldFiles
from support.published import rows, truth

pytestmark = pytest.mark.usefixtures("published")


def test_every_true_sale_is_published_once_and_no_other(published: WorldFiles) -> None:
    true = truth(published, "pos")
    wanted = sorted(
        zip(true["dealer_id"], true["invoice_no"], true["line_no"], true["type"], strict=True)
    )
    found = sorted(rows("select dealer_id, invoice_no, line_no, line_type from publish.fct_pos"))
    assert found == wanted


def test_pieces_sold_are_the_true_ones_by_dealer_part_and_month(published: WorldFiles) -> None:
    true = truth(published, "pos")
    wanted: dict[tuple, Decimal] = {}
    for r in true.iter_rows(named=True):
        key = (r["dealer_id"], f"{r['maker']}|{r['mpn']}", str(r["invoice_date"])[:7])
        wanted[key] = wanted.get(key, Decimal(0)) + Decimal(str(r["qty"]))
    found = {
        (dealer, product, month): qty
        for dealer, product, month, qty in rows(
            "select dealer_id, product_id, to_char(invoice_date, 'YYYY-MM'), sum(qty) "
            "from publish.fct_pos group by 1, 2, 3"
        )
    }
    assert found == wanted


def test_month_end_stock_is_the_true_closing(published: WorldFiles) -> None:
    true = truth(published, "inventory_month")
    wanted = {
        (r["dealer_id"], r["mpn"], str(r["month"])[:7]): int(r["closing"])
        for r in true.iter_rows(named=True)
        if int(r["closing"])
    }
    found = {
        (dealer, product.split("|")[1], month): int(qty)
        for dealer, product, month, qty in rows(
            "select dealer_id, product_id, to_char(slice, 'YYYY-MM'), closing_qty "
            "from publish.fct_inventory_rollforward where closing_qty <> 0"
        )
    }
    assert found == wanted


def test_no_gap_is_found_and_what_went_back_to_the_vendor_is_explained(
    published: WorldFiles,
) -> None:
    true = truth(published, "inventory_month")
    wanted = {
        (r["dealer_id"], r["mpn"], str(r["month"])[:7]): int(r["vendor_returns"])
        for r in true.iter_rows(named=True)
        if int(r["vendor_returns"])
    }
    found = {
        (dealer, product.split("|")[1], month): int(qty)
        for dealer, product, month, qty in rows(
            "select dealer_id, product_id, to_char(slice, 'YYYY-MM'), vendor_return_qty "
            "from publish.fct_inventory_rollforward where vendor_return_qty <> 0"
        )
    }
    assert wanted
    assert found == wanted
    assert rows("select count(*) from publish.fct_inventory_rollforward where gap_qty <> 0") == [
        (0,)
    ]


def test_lines_of_unknown_parts_are_held_and_named(published: WorldFiles) -> None:
    newest = {
        (r.dealer_id, r.report, r.period_start): r.path
        for r in sorted(published.records, key=lambda r: r.received_at)
        if r.mode == "full" and r.fatal_code is None and r.duplicate_of is None
    }
    planted = [
        p for p in published.planted
        if p["code"] == "E_MPN_UNKNOWN" and p["path"] in newest.values()
    ]  # fmt: skip
    held = rows(
        "select count(*), count(distinct code), min(code) from publish.mart_held_line "
        "where report in ('pos', 'stock')"
    )
    assert planted
    assert held == [(len(planted), 1, "E_MPN_UNKNOWN")]


def test_files_and_lines_are_counted_as_they_were_written(published: WorldFiles) -> None:
    with connect() as connection:
        found = sorted(
            connection.execute(
                "select dealer_id, file_name, lines_read, lines_accepted, lines_quarantined, "
                "lines_skipped from ctl.submission where status = 'accepted'"
            ).fetchall()
        )
    wanted = sorted(
        (r.dealer_id, r.path.rsplit("/", 1)[1], r.lines, r.accepted, r.quarantined, r.skipped)
        for r in published.records
        if r.fatal_code is None and r.duplicate_of is None
    )
    assert found == wanted


def test_every_planted_error_is_found_where_it_was_planted(published: WorldFiles) -> None:
    with connect() as connection:
        found = set(
            connection.execute(
                "select s.dealer_id || '/' || s.file_name, i.row_no, i.code, coalesce(i.field, '') "
                "from quarantine.issue i join ctl.submission s using (submission_id) "
                "where i.severity = 'error'"
            ).fetchall()
        )
    wanted = {
        (str(p["path"]).split("/", 1)[1], p["row_no"], p["code"], p["field"] or "")
        for p in published.planted
        if p["code"] != "E_MPN_UNKNOWN"
    }
    assert found == wanted
