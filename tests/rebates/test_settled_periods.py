"""Random orders of submissions, corrections, rule changes and settlements: settled cents stay."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from chip_channel.publish.dbt import dbt
from chip_channel.quality.gates import check_proposal
from chip_channel.rebates.programme import Programme
from chip_channel.rebates.registry import store
from chip_channel.settlement.post import post
from chip_channel.settlement.propose import decide, propose
from chip_channel.warehouse import connect
from chip_channel.world import WorldFiles
from support.rebate_cases import Case
from support.rebate_reference import Dealer, Line, statements
from support.rebate_warehouse import MODELS, new_batch, point_to, rates, write_facts

ROUNDS, DEALERS = 9, 48
QUARTER = date(2025, 7, 1)
MONTHS = [date(2025, m, 1) for m in range(1, 10)]
CAUSES = ("late", "restatement", "return", "rule", "master_data", "gone", "nothing")
TOLD = {"gone": {"restatement"}, "nothing": set()}


@dataclass
class Known:
    """A dealer's history as it stands, and what happened to it since it was settled."""

    case: Case
    sent: dict[int, int] = field(default_factory=dict)
    happened: set[str] = field(default_factory=set)
    moved: set[str] = field(default_factory=set)
    """Parts that turned out to be of another family."""

    def told(self, line: Line) -> Line:
        return replace(line, family=f"z{line.family[1:]}") if line.part in self.moved else line


def _programme(n: int, chance: random.Random, version: int = 1) -> dict[str, Any]:
    mode = ("retro", "marginal", "flat", "marginal")[n % 4]
    bands = [{"from": 0, "rate": chance.choice(["1%", "1.5%", "2.25%"])}]
    if mode != "flat":
        bands += [
            {"from": 1000, "rate": "3%"},
            {"from": 5000, "rate": chance.choice(["4%", "5.5%"])},
        ]
    return {
        "version": version, "valid_from": "2025-01-01", "approved_by": "finance", "approved_on": "2025-01-01",
        "period": "quarter",
        "measure": {"of": "pos", "value": "amount", "tax": "net", "debit": "before", "fx": "invoice_month",
                    "returns": "own_period", "dealer_sales": "include", "lines": "all"},
        "vat_rate": "13%", "dealers": {"ids": [f"D_{n}"]}, "parts": {"families": [f"a_{n}"]},
        "eligibility": {"no_open_diversion_case": False}, "mode": mode,
        "basis": "line" if n % 4 == 2 else "period", "boundary": ">=", "bands": bands,
        "rounding": {"mode": "half_up", "level": ("statement", "line")[n // 4 % 2]},
        "stacking": {"level": 1, "base": "gross"},
    }  # fmt: skip


def _line(n: int, row: int, chance: random.Random, kind: str = "sale") -> Line:
    amount = Fraction(chance.randint(1, 300_000), 100) * (-1 if kind == "return" else 1)
    return Line(row, "pos", date(2025, chance.randint(7, 9), chance.randint(1, 28)), kind, f"p_{n}_{row % 3}",
                f"a_{n}", Fraction(1 if amount > 0 else -1), amount, "CNY", amount, "x", f"I{row}")  # fmt: skip


@pytest.fixture(scope="module")
def world(published: WorldFiles) -> list[Known]:
    """Dealers with a programme and a first history each."""
    chance = random.Random(7)  # noqa: S311
    made = []
    for n in range(DEALERS):
        lines = [_line(n, row, chance) for row in range(1000 * n + 1, 1000 * n + 6)]
        programme = {"programme": f"q_{n}", "component": "base", "name": {"en": "Case", "zh": "案例"},
                     "versions": [_programme(n, chance)]}  # fmt: skip
        made.append(Known(Case(Dealer(f"D_{n}", "core", ("east",)), lines, [programme])))
    with connect() as connection:
        connection.execute("alter table rebate.programme disable trigger no_loss")
        for table in ("target", "scope", "band"):
            connection.execute(f"alter table rebate.{table} disable trigger no_loss")
        for table in ("taken_up", "target", "scope", "band", "programme"):
            connection.execute(f"delete from rebate.{table}")
        for known in made:
            _release(connection, known.case.programmes[0])
    return made


def _release(connection: Any, document: dict[str, Any]) -> None:
    programme = Programme.model_validate(document)
    store(connection, programme, programme.versions[-1])


def _happen(known: Known, n: int, cause: str, submission: int, chance: random.Random) -> None:
    case = known.case
    rows = [ln.row_no for ln in case.lines]
    if cause in ("late", "return"):
        new = _line(
            n, max(rows, default=1000 * n) + 1, chance, "return" if cause == "return" else "sale"
        )
        known.case = replace(case, lines=[*case.lines, known.told(new)])
        known.sent[new.row_no] = submission
    elif cause in ("restatement", "gone") and rows:
        row = chance.choice(rows)
        other = _line(n, row, chance, next(ln.kind for ln in case.lines if ln.row_no == row))
        kept = [ln for ln in case.lines if ln.row_no != row]
        known.case = replace(case, lines=kept if cause == "gone" else [*kept, known.told(other)])
        known.sent[row] = submission
    elif cause == "master_data" and rows:  # a part turns out to be of another family
        known.moved.add(chance.choice(case.lines).part)
        known.case = replace(case, lines=[known.told(ln) for ln in case.lines])
    elif cause == "rule":
        programme = case.programmes[0]
        newer = _programme(n, chance, len(programme["versions"]) + 1)
        changed = programme | {"versions": [*programme["versions"], newer]}
        known.case = replace(case, programmes=[changed])
        with connect() as connection:
            _release(connection, changed)
    known.happened.add(cause)


def _published(world: list[Known], submission: int) -> int:
    """One batch: a file for all, the models, the pointers."""
    with connect() as connection:
        batch = new_batch(connection, "open", MONTHS)
        connection.execute(
            "insert into ctl.submission overriding system value select (jsonb_populate_record(s, "
            "jsonb_build_object('submission_id', %s::bigint, 'sha256', %s::text))).* from ctl.submission s "
            "where s.report = 'pos' and s.status = 'accepted' limit 1",
            (submission, f"round-{submission}"),
        )
        connection.execute(
            "insert into ctl.verdict (submission_id, verdict, decided_by, batch_id) "
            "values (%s, 'passed', 'test', %s)",
            (submission, batch),
        )
        write_facts(connection, batch, [k.case for k in world],
                    lambda n, line: world[n].sent.setdefault(line.row_no, submission))  # fmt: skip
    dbt("build", "--select", *MODELS.split(), "mart_rebate_accrual", "mart_rebate_true_up", variables={
        "batch_id": batch, "known_at": "2999-12-31 00:00:00+00", "vendor_currency": "CNY",
    })  # fmt: skip
    with connect() as connection:
        connection.execute(
            "update ctl.batch set status = 'published' where batch_id = %s", (batch,)
        )
        connection.execute(
            "insert into ctl.publication (batch_id, slices) values (%s, '{}')", (batch,)
        )
        point_to(connection, batch)
    return batch


def _rows(query: str) -> list[tuple[Any, ...]]:
    with connect("finance_reader") as connection:
        return connection.execute(query).fetchall()  # type: ignore[call-overload]


def _settle() -> None:
    made = propose("ana", date(2025, 9, 30))
    if made is None:
        return
    check_proposal(made.proposal_id)
    decide(made.proposal_id, made.numbers_hash, "finance", approved=True)
    first = post(made.proposal_id, date(2025, 11, 1))
    assert first.settlements == made.statements
    again = post(made.proposal_id, date(2025, 11, 1))
    assert (again.settlements, again.postings) == (first.settlements, 0)


def _settled() -> dict[tuple[str, int], tuple[Any, ...]]:
    return {
        row[:2]: row[2:]
        for row in _rows("select statement_id, version, amount, delta, vat, credit_note_no, posted_at "
                         "from publish.mart_rebate_settlement")
    }  # fmt: skip


def test_settled_cents_never_change_and_every_difference_has_its_cause(world: list[Known]) -> None:
    chance = random.Random(11)  # noqa: S311
    fx = rates()
    settled: dict[tuple[str, int], tuple[Any, ...]] = {}
    alone = differences = 0
    for turn in range(ROUNDS):
        submission = 9_000_000 + turn
        if turn:
            for n, known in enumerate(world):
                _happen(known, n, chance.choice(CAUSES), submission, chance)
        _published(world, submission)
        owed = {
            row[0]: row[1:]
            for row in _rows("select statement_id, amount, settled, open_amount, version, settled_version "
                             "from publish.mart_rebate_statement where programme like 'q\\_%'")
        }  # fmt: skip
        causes: dict[str, dict[str, Fraction]] = {}
        for statement, cause, amount in _rows(
            "select statement_id, cause, amount from publish.mart_rebate_true_up where programme like 'q\\_%'"
        ):
            causes.setdefault(statement, {})[cause] = Fraction(amount)
        for n, known in enumerate(world):
            name = f"D_{n}/q_{n}/2025-07-01"
            made = statements(
                known.case.programmes, known.case.dealer, known.case.lines, fx, [QUARTER]
            )
            expected = made[f"q_{n}", QUARTER].amount if made else Fraction(0)
            amount, paid, open_amount, version, before = owed.get(name, (0, 0, 0, 1, 0))
            assert Fraction(amount) == expected, (turn, name, known.happened)
            assert open_amount == amount - paid
            if before and open_amount:
                differences += 1
                assert version == before + 1
                assert sum(causes[name].values()) == Fraction(open_amount)
                happened = known.happened - {"nothing"}
                if len(happened) == 1:
                    alone += 1
                    (one,) = happened
                    assert set(causes[name]) <= TOLD.get(one, {one}) | {"rounding"}, (
                        turn,
                        name,
                        one,
                    )
                    assert abs(causes[name].get("rounding", Fraction(0))) < Fraction(1, 5)
            else:
                assert name not in causes
        if turn == 0 or chance.random() < 0.6:
            _settle()
            for n, known in enumerate(world):
                name = f"D_{n}/q_{n}/2025-07-01"
                if owed.get(name, (0, 0, 0))[
                    2
                ]:  # what was settled as it stood keeps its old version
                    known.happened = set()
        now = _settled()
        assert {key: now[key] for key in settled} == settled, "a settled version changed"
        settled = now
        _books_balance()
    assert differences > 40, differences
    assert alone > 20, alone


def _books_balance() -> None:
    assert _rows("select journal, statement_id, version from publish.mart_gl_posting group by 1, 2, 3 "
                 "having sum(debit) <> sum(credit)") == []  # fmt: skip
    # what is settled has left the liability; what was ever credited is what the statements say
    assert (
        _rows(
            "select s.statement_id from (select statement_id, sum(delta) as paid, sum(vat) as vat "
            "from publish.mart_rebate_settlement group by 1) s join (select statement_id, "
            "sum(credit - debit) filter (where account_role = 'refund_liability') as liability, "
            "sum(credit - debit) filter (where account_role = 'receivable') as credited "
            "from publish.mart_gl_posting group by 1) g using (statement_id) "
            "where g.liability <> 0 or g.credited <> s.paid + s.vat"
        )
        == []
    )


@pytest.mark.parametrize(
    "table", ["settlement", "posting", "decision", "proposal", "proposal_line"]
)
@pytest.mark.parametrize("change", ["update rebate.{} set {} = {}", "delete from rebate.{}"])
def test_the_ledger_refuses_every_change(world: list[Known], table: str, change: str) -> None:
    column = {"posting": "account", "decision": "note", "proposal": "proposed_by"}.get(
        table, "programme"
    )
    with connect() as connection, pytest.raises(Exception, match="is only added to"):
        connection.execute(change.format(table, column, column))
