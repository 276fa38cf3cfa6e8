"""When a gate blocks, the pages say so: what readers see, why, which rows, and what to do."""

from collections.abc import Iterator

import pytest
from chip_channel.quality.gates import GateBlockedError, check_marts, release
from chip_channel.report.findings import findings
from chip_channel.report.page import write_report
from chip_channel.report.queries import publication
from chip_channel.report.reading import reading
from chip_channel.report.words import moment
from chip_channel.warehouse import connect
from support.page import Page

from tests.report.conftest import IMAGE, Published


@pytest.fixture(scope="module")
def blocked(published: Published) -> Iterator[int]:
    """A newer batch with three impossible lines, blocked by gate 2."""
    with connect() as connection:
        found = connection.execute(
            "insert into ctl.batch (known_at, kind, status) values (now(), 'publication', 'built') "
            "returning batch_id"
        ).fetchone()
        assert found is not None
        (batch,) = found
        connection.execute(
            "insert into marts.fct_sell_in select (r).* from (select jsonb_populate_record("
            "null::marts.fct_sell_in, to_jsonb(s) || jsonb_build_object('batch_id', %s::bigint, "
            "'qty', -5, 'received_date', null)) as r from marts.fct_sell_in s limit 3) x",
            (batch,),
        )
    with pytest.raises(GateBlockedError, match="quantity_above_zero"):
        check_marts(batch)
    write_report()
    yield batch
    with connect() as connection:
        connection.execute("delete from marts.fct_sell_in where batch_id = %s", (batch,))


def test_a_banner_says_what_readers_see_and_why(published: Published, blocked: int) -> None:
    text = published.index.text("blocked-banner")
    with reading() as db:
        last = publication.last(db)
    assert last is not None
    assert last["batch_id"] < blocked
    assert f"blocked batch {blocked}" in text
    assert f"last good publication, of {moment(last['published_at'])}" in text
    assert "fct_sell_in · quantity_above_zero: 3 rows" in text
    assert f'href="quality.html#batch-{blocked}"' in published.index.source


def test_without_a_blocked_batch_there_is_no_banner(published: Published) -> None:
    assert published.before.find("blocked-banner") is None


def test_the_numbers_are_still_those_of_the_last_publication(
    published: Published, blocked: int
) -> None:
    assert published.index.find("tile-weeks") is not None
    with reading() as db:
        dates = {r["report"]: r["row_count"] for r in publication.business_dates(db)}
    shown = {row[6]: row[5] for row in published.index.table("dates")}
    assert shown["publish.fct_sell_in"] == f"{dates['sell_in']:,}"


def test_the_failing_rows_are_named_by_key_with_what_to_do(
    published: Published, blocked: int
) -> None:
    article = published.quality.find(f"batch-{blocked}")
    assert article is not None
    assert "gate marts blocked fct_sell_in: quantity_above_zero" in article.text
    assert "The next batch takes up the same files" in article.text
    failing = [t for t in article.all("table") if t.attributes.get("class") == "sortable small"]
    heads = [[h.text for h in table.all("th")] for table in failing]
    keyed = [
        t for t, h in zip(failing, heads, strict=True) if {"submission_id", "row_no"} <= set(h)
    ]
    assert keyed
    assert len(keyed[0].all("tr")) == 1 + 3
    assert "file" in [h.text for h in keyed[0].all("th")]
    assert keyed[0].text.count("vendor/sell_in_") == 3
    with connect("publisher") as connection:
        runs = connection.execute(
            "select dataset, outcome from ctl.gate_run where batch_id = %s", (blocked,)
        ).fetchall()
    for dataset, outcome in runs:
        assert f"{outcome} {dataset} " in article.text


def test_it_is_the_first_finding(blocked: int) -> None:
    first = findings()[0]
    assert first.kind == "gate_failed"
    assert f"batch {blocked}" in first.text


def test_a_file_held_by_gate_1_is_shown_with_the_way_to_release_it(published: Published) -> None:
    with connect() as connection:
        found = connection.execute(
            "select max(submission_id) from ctl.submission where status = 'accepted'"
        ).fetchone()
        assert found is not None
        (submission,) = found
        run = connection.execute(
            "insert into ctl.gate_run (gate, dataset, outcome) values ('raw', 'pos', 'blocked') "
            "returning gate_run_id"
        ).fetchone()
        assert run is not None
        connection.execute(
            "insert into ctl.gate_check values (%s, 'few_lines_quarantined', 'block', false, 1, "
            "'all marts', %s)",
            (run[0], f"too many {IMAGE}"),
        )
        connection.execute(
            "insert into ctl.verdict (submission_id, verdict, gate_run_id, decided_by) "
            "values (%s, 'blocked', %s, 'gate 1')",
            (submission, run[0]),
        )
    index = Page.read(write_report())
    assert "1 file waits at gate 1" in index.text("overview")
    (row,) = published.quality.table("blocked-submissions")
    assert row[0] == str(submission)
    assert row[7] == f"few_lines_quarantined: too many {IMAGE}"
    assert row[8] == f"chip-channel gate release {submission} --who NAME --reason TEXT"
    release(submission, "Test", "it is right after all")
    assert "waits at gate 1" not in Page.read(write_report()).text("overview")
    assert published.quality.find("blocked-submissions") is None
