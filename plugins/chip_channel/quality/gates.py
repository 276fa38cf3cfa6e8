"""The three gates: on submissions in raw, on the marts of a batch, on what is about to be shown."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import psycopg

from chip_channel.quality.gate import ROLE, GateResult, literal, record, run
from chip_channel.quality.suite import datasets, suite
from chip_channel.warehouse import connect

SUBMISSION = """
select
    s.submission_id, s.dealer_id, s.report, s.file_name, s.lines_read, s.lines_accepted,
    s.lines_quarantined,
    round(s.lines_quarantined::numeric
          / nullif(s.lines_accepted + s.lines_quarantined, 0), 4) as quarantined_share,
    round(s.lines_accepted::numeric / nullif(p.lines_accepted, 0), 4) as times_the_previous,
    p.submission_id as previous_submission_id
from ctl.submission as s
left join lateral (
    select e.submission_id, e.lines_accepted
    from ctl.submission as e
    where e.dealer_id = s.dealer_id and e.report = s.report and e.status = 'accepted'
        and e.mode = s.mode and e.period_start < s.period_start
    order by e.period_start desc, e.reported_at desc, e.sha256 desc
    limit 1
) as p on true
where s.submission_id = any({ids})
"""
"""One row per submission, beside the one for the period before."""

CANDIDATE = """
select m.*
from marts.{mart} as m
where m.batch_id = {batch}
    or exists (
        select 1
        from ctl.published_slice as p
        where p.mart = '{mart}' and p.slice = m.slice and p.batch_id = m.batch_id
            and not exists (
                select 1
                from ctl.slice_version as v
                where v.mart = p.mart and v.slice = p.slice and v.batch_id = {batch}
            )
    )
"""
"""A mart as readers would see it after publishing the batch."""


PROPOSAL = """
select
    line.*, statement.measure, statement.unit, statement.ineligible_reason,
    statement.amount as published_amount,
    coalesce((
        select sum(l.amount) from publish.fct_rebate_line as l
        where l.statement_id = line.statement_id
    ), 0) as amount_of_lines,
    coalesce((
        select sum(s.delta) from rebate.settlement as s where s.statement_id = line.statement_id
    ), 0) as settled_in_ledger
from rebate.proposal_line as line
left join publish.mart_rebate_statement as statement on line.statement_id = statement.statement_id
where line.proposal_id = {proposal}
"""
"""One row per proposed statement, beside what is published and what is in the ledger."""


class GateBlockedError(RuntimeError):
    """A gate blocked; readers keep what was published last."""


def judge_submissions(
    on_result: Callable[[GateResult], None] | None = None,
) -> tuple[dict[str, int], list[str]]:
    """Gate 1: judge every accepted submission that has no verdict.

    Returns verdicts by outcome, and the partitions (`dealer|month`) that came in.

    All new submissions of a report are checked in one go. Where a check blocks they are halved
    until the bad ones stand alone, so that one bad file does not hold up the others.
    """
    counts: dict[str, int] = {}
    partitions: set[str] = set()
    with connect("ingest") as connection:
        # two DAGs judge; a submission is judged once
        connection.execute("select pg_advisory_lock(hashtext('chip_channel.judge'))")
        waiting = connection.execute(
            "select s.report, array_agg(s.submission_id order by s.submission_id) "
            "from ctl.submission s where s.status = 'accepted' and not exists "
            "(select 1 from ctl.verdict v where v.submission_id = s.submission_id) "
            "group by s.report order by s.report"
        ).fetchall()
        connection.commit()
        for report, ids in waiting:
            for outcome, judged in _judge(connection, report, ids, on_result):
                counts[outcome] = counts.get(outcome, 0) + len(judged)
            partitions |= {
                row[0]
                for row in connection.execute(
                    "select dealer_id || '|' || to_char(period_start, 'YYYY-MM') "
                    "from ctl.submission where submission_id = any(%s) and period_start is not null",
                    (ids,),
                )
            }
            connection.commit()
    return counts, sorted(partitions)


def _judge(
    connection: psycopg.Connection[Any],
    report: str,
    ids: list[int],
    on_result: Callable[[GateResult], None] | None,
) -> list[tuple[str, list[int]]]:
    results = []
    for name, query in (("submission", SUBMISSION), (report, "select * from raw.{report} "
                        "where submission_id = any({ids})")):  # fmt: skip
        checks = suite("raw", name)
        if checks is not None:
            text = query.replace("{ids}", literal(ids)).replace("{report}", report)
            results.append(run(checks, text, connection))
    if len(ids) > 1 and any(r.outcome == "blocked" for r in results):
        halves = (ids[: len(ids) // 2], ids[len(ids) // 2 :])
        return [part for half in halves for part in _judge(connection, report, half, on_result)]
    worst = max((r.outcome for r in results), key=["passed", "warned", "blocked"].index,
                default="passed")  # fmt: skip
    run_ids = [record(connection, r, None) for r in results]
    for result in results:
        if on_result:
            on_result(result)
    connection.cursor().executemany(
        "insert into ctl.verdict (submission_id, verdict, gate_run_id, decided_by) "
        "values (%s, %s, %s, 'gate 1')",
        [(one, worst, run_ids[-1]) for one in ids],
    )
    return [(worst, ids)]


def release(submission_id: int, who: str, reason: str) -> None:
    """Let a blocked submission through: a person's verdict, with name and reason."""
    with connect("ingest") as connection:
        connection.execute(
            "insert into ctl.verdict (submission_id, verdict, decided_by) values (%s, 'warned', %s)",
            (submission_id, f"{who}: {reason}"),
        )


def check_marts(batch_id: int, on_result: Callable[[GateResult], None] | None = None) -> str:
    """Gate 2: the rows that a batch built; passed or warned.

    Raises GateBlockedError with the reasons; the batch is blocked then.
    """
    return _check("marts", batch_id, "select * from marts.{mart} where batch_id = {batch}",
                  on_result)  # fmt: skip


def check_publication(batch_id: int, on_result: Callable[[GateResult], None] | None = None) -> str:
    """Gate 3: the marts as readers would see them; passed or warned.

    Raises GateBlockedError with the reasons; the batch is blocked then.
    """
    return _check("publish", batch_id, CANDIDATE, on_result)


def check_proposal(proposal_id: int, on_result: Callable[[GateResult], None] | None = None) -> str:
    """The settlement gate: the statements of a proposal; passed or warned.

    Raises GateBlockedError with the reasons; the proposal cannot be approved then.
    """
    checks = suite("settle", "proposal")
    assert checks is not None  # noqa: S101 - part of the project
    with connect(ROLE["settle"]) as connection:
        result = run(checks, PROPOSAL.replace("{proposal}", str(proposal_id)), connection)
        result = replace(result, dataset=f"proposal {proposal_id}")
        record(connection, result, None)
        if on_result:
            on_result(result)
    if result.outcome == "blocked":
        raise GateBlockedError(f"proposal {proposal_id}: {result.reasons}")
    return result.outcome


def _check(
    gate: Any, batch_id: int, query: str, on_result: Callable[[GateResult], None] | None
) -> str:
    outcomes, reasons = ["passed"], []
    with connect(ROLE[gate]) as connection:
        kind = connection.execute(
            "select kind from ctl.batch where batch_id = %s", (batch_id,)
        ).fetchone()
        for mart in datasets(gate, kind[0] if kind else None):
            checks = suite(gate, mart)
            if checks is None:
                continue
            text = query.replace("{mart}", mart).replace("{batch}", str(batch_id))
            result = run(checks, text, connection)
            record(connection, result, batch_id)
            outcomes.append(result.outcome)
            if result.outcome == "blocked":
                reasons.append(f"{mart}: {result.reasons}")
            if on_result:
                on_result(result)
        worst = max(outcomes, key=["passed", "warned", "blocked"].index)
        if worst == "blocked":
            connection.execute(
                "update ctl.batch set status = 'blocked', finished_at = now(), reason = %s "
                "where batch_id = %s and status in ('open', 'built')",
                (f"gate {gate} blocked {'; '.join(reasons)}"[:2000], batch_id),
            )
    if worst == "blocked":
        raise GateBlockedError(f"batch {batch_id}, gate {gate}: {'; '.join(reasons)}")
    return worst
