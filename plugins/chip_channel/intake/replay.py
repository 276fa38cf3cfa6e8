"""Replay: read kept files again after their feed was mended."""

from chip_channel.intake.feed import feed_version
from chip_channel.intake.ledger import Job
from chip_channel.intake.rejects import write_reject_file
from chip_channel.intake.service import Intake, Outcome
from chip_channel.intake.store import stored_path
from chip_channel.settings import settings
from chip_channel.warehouse import connect


def replay(dealer_id: str | None = None, submission_id: int | None = None) -> list[Outcome]:
    """Read again every refused or partly quarantined file whose feed has changed since.

    The bytes come from the content store. The new reading replaces the old one and keeps its
    place in time: it is as new as the dealer's file was. With `submission_id` that one file is
    read again in any case.
    """
    with connect("ingest") as connection:
        found = connection.execute(
            "select submission_id, dealer_id, file_name, source, sha256, byte_size, attempt, "
            "reported_at, feed_version from ctl.submission s where duplicate_of is null "
            "and (fatal_code is not null or lines_quarantined > 0 or submission_id = %(one)s) "
            "and (%(dealer)s::text is null or dealer_id = %(dealer)s) "
            "and (%(one)s::bigint is null or submission_id = %(one)s) "
            "and not exists (select 1 from ctl.submission n where n.replaces = s.submission_id) "
            "order by reported_at, submission_id",
            {"dealer": dealer_id, "one": submission_id},
        ).fetchall()
    outcomes = []
    with Intake() as intake:
        for old_id, dealer, name, source, sha256, size, attempt, reported_at, version in found:
            feed_file = settings().feeds / dealer / "feed.yml"
            changed = feed_file.exists() and feed_version(feed_file) != version
            if not changed and submission_id is None:
                continue
            if not stored_path(sha256).exists():  # no bytes were kept of what was no file
                continue
            job = Job(dealer, name, source, sha256, size, None, reported_at.isoformat(),
                      attempt + 1, old_id)  # fmt: skip
            outcome = intake.job(job)
            if outcome is None:
                continue
            outcome.reject_file = write_reject_file(intake.connection, outcome.submission_id)
            outcomes.append(outcome)
    return outcomes
