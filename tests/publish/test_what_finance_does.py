"""Finance explains, tries, proposes, approves and posts on what is published; the last of these tests."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
import yaml
from chip_channel.quality.gates import check_proposal
from chip_channel.settings import ROOT
from chip_channel.settlement.explain import explain, source_line
from chip_channel.settlement.post import post
from chip_channel.settlement.propose import SettlementError, decide, propose
from chip_channel.settlement.simulate import simulate
from chip_channel.settlement.statements import write_statements
from chip_channel.warehouse import connect
from support.published import rows

pytestmark = pytest.mark.usefixtures("published")


def test_a_statement_is_explained_down_to_the_dealers_own_line() -> None:
    ((statement, dealer),) = rows(
        "select statement_id, dealer_id from publish.mart_rebate_statement "
        "where programme = 'focus_families' and amount > 0 order by amount desc limit 1"
    )
    found = explain(statement)
    assert sum(line["amount"] for line in found.lines) == found.statement["amount"] > 0
    assert found.rule["programme"] == "focus_families"
    assert found.bands
    line = next(x for x in found.lines if x["amount"] > 0)
    source = source_line(line)
    assert source.reported["invoice_no"] == line["document_no"]
    assert source.as_sent is not None
    assert line["document_no"] in source.as_sent
    with connect() as connection:
        sent = connection.execute(
            "select dealer_id, file_name from ctl.submission where submission_id = %s",
            (line["submission_id"],),
        ).fetchone()
    assert sent == (dealer, source.file_name)


def test_an_unknown_statement_names_those_of_the_dealer() -> None:
    with pytest.raises(SettlementError, match=r"shenda/\w+/2025"):
        explain("shenda/nothing/2025-07-01")


def test_twice_the_rate_costs_twice_as_much_and_changes_nothing(tmp_path: Path) -> None:
    document = yaml.safe_load((ROOT / "programmes" / "base_volume.yml").read_text())
    for band in document["versions"][-1]["bands"]:
        band["rate"] = f"{Decimal(band['rate'].rstrip('%')) * 2}%"
    path = tmp_path / "base_volume.yml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    before = rows("select statement_id, amount from publish.mart_rebate_statement order by 1")
    tried = simulate(path, date(2025, 7, 1), date(2025, 10, 1))
    now, then = tried.cost
    assert now > 0
    assert abs(then - 2 * now) <= Decimal("0.01") * len(tried.statements)
    assert {s["dealer_id"] for s in tried.statements} == {"shenda", "hongyuan"}
    assert (
        rows("select statement_id, amount from publish.mart_rebate_statement order by 1") == before
    )


def test_what_is_approved_is_posted_once_and_balances() -> None:
    made = propose("robot", until=date(2025, 9, 30))
    assert made is not None
    with pytest.raises(SettlementError, match="has not passed the settlement gate"):
        decide(made.proposal_id, made.numbers_hash, "wang", approved=True)
    check_proposal(made.proposal_id)
    with pytest.raises(SettlementError, match="nothing is posted without approval"):
        post(made.proposal_id)
    with pytest.raises(SettlementError, match="somebody else has to decide"):
        decide(made.proposal_id, made.numbers_hash, "robot", approved=True)
    with pytest.raises(SettlementError, match="other numbers"):
        decide(made.proposal_id, "0" * 64, "wang", approved=True)
    decide(made.proposal_id, made.numbers_hash, "wang", approved=True)

    posted = post(made.proposal_id)
    assert posted.settlements == made.statements
    assert posted.total == made.total
    assert post(made.proposal_id).postings == 0
    ((debit, credit),) = rows("select sum(debit), sum(credit) from publish.mart_gl_posting")
    assert debit == credit > 0
    ((owed, settled, still_open),) = rows(
        "select sum(amount), sum(settled), sum(open_amount) from publish.mart_rebate_statement "
        "where period_end <= '2025-09-30'"
    )
    assert settled == owed == made.total
    assert still_open == 0
    assert propose("robot", until=date(2025, 9, 30)) is None

    files = {path.name: path for path in write_statements(made.proposal_id)}
    with files["credit_notes.csv"].open(encoding="utf-8-sig", newline="") as notes:
        told = list(csv.DictReader(notes))
    assert sum(Decimal(note["net"]) for note in told) == made.total
    for dealer in {note["dealer_id"] for note in told}:
        assert dealer in files[f"{dealer}.html"].read_text(encoding="utf-8")
        book = openpyxl.load_workbook(files[f"{dealer}.xlsx"])
        for sheet in book.worksheets:
            assert not [c for row in sheet.iter_rows() for c in row if c.data_type == "f"]
