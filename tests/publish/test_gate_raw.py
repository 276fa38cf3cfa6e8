"""Gate 1: one bad submission is blocked, alone; a person can let it through, by name."""

from pathlib import Path

from chip_channel.intake.landing import waiting
from chip_channel.intake.service import ingest
from chip_channel.quality.gates import judge_submissions, release
from chip_channel.warehouse import connect
from support.pipeline import small_world


def verdicts() -> dict[int, str]:
    """The newest verdict of every submission."""
    with connect() as connection:
        return dict(
            connection.execute(
                "select distinct on (submission_id) submission_id, verdict from ctl.verdict "
                "order by submission_id, verdict_id desc"
            ).fetchall()
        )


def test_one_bad_submission_is_blocked_and_no_other(fresh_home: Path) -> None:
    small_world(fresh_home / "world")
    ingest(waiting())
    with connect() as connection:
        accepted = connection.execute(
            "select submission_id from ctl.submission where status = 'accepted' and report = 'pos' "
            "order by submission_id"
        ).fetchall()
        bad = accepted[len(accepted) // 2][0]
        (rows,) = connection.execute(
            "with spoilt as (update raw.pos set qty = 0 where submission_id = %s returning 1) "
            "select count(*) from spoilt",
            (bad,),
        ).fetchone()
    counts, partitions = judge_submissions()
    found = verdicts()
    assert counts["blocked"] == 1
    assert [s for s, v in found.items() if v == "blocked"] == [bad]
    assert len(found) == sum(counts.values()) > 20
    assert "hongyuan|2025-08" in partitions
    with connect() as connection:
        reason = connection.execute(
            "select c.check_name, c.failing_rows from ctl.gate_check c join ctl.verdict v "
            "using (gate_run_id) where v.submission_id = %s and not c.passed and c.severity = 'block'",
            (bad,),
        ).fetchall()
        alerts = connection.execute("select kind, severity from ctl.outbox").fetchall()
    assert reason == [("sign_follows_type", rows)]
    assert alerts == [("gate_failed", "critical")]
    assert judge_submissions() == ({}, [])

    release(bad, "Li Na", "zero lines are cancelled orders, agreed with the dealer")
    assert verdicts()[bad] == "warned"
    with connect() as connection:
        (who,) = connection.execute(
            "select decided_by from ctl.verdict where submission_id = %s order by verdict_id desc",
            (bad,),
        ).fetchone()
    assert who.startswith("Li Na: zero lines")
