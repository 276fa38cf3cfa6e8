"""From a file landed to its lines published, on a warm stack with the sample world's history."""

import os
import shutil
import tempfile
import time
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from chip_channel.console import console
from chip_channel.intake.feed import feed_of
from chip_channel.local import run as running
from chip_channel.settings import settings
from chip_channel.warehouse import connect

from benchmarks.measure import Measure, at_most

# a gate's rows bear the moment at which its transaction began
STEPS = """
select v.loaded_at, v.decided_at, b.opened_at,
    (select max(run_at) from ctl.gate_run where batch_id = b.batch_id and gate = 'marts'),
    (select max(run_at) from ctl.gate_run where batch_id = b.batch_id and gate = 'publish'),
    p.published_at
from (
    select s.loaded_at, v.decided_at, v.batch_id from ctl.submission as s
    inner join ctl.verdict as v on v.submission_id = s.submission_id
    where s.submission_id = (select max(submission_id) from ctl.submission)
) as v
inner join ctl.batch as b on b.batch_id = v.batch_id
inner join ctl.publication as p on p.batch_id = b.batch_id
"""
NAMES = ("landed → loaded", "→ judged by gate 1", "→ batch opened",
         "→ built, gate 2 begun", "→ gate 3 begun", "→ published")  # fmt: skip


def run() -> list[Measure]:
    """Seconds of each step, and of the whole; the median of three files."""
    with tempfile.TemporaryDirectory(prefix="chip-bench-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        kept = dict(os.environ)
        os.environ |= {"CHIP_CHANNEL_HOME": name, "CHIP_CHANNEL_SETTLE_SECONDS": "1"}
        settings.cache_clear()
        feed_of.cache_clear()
        try:
            stack = running.start(console.print)
            running.land_history(stack, running.world(console.print, small=True), lambda _: None)
            found = sorted((_one(drop) for drop in (1, 2, 3)), key=sum)[1]
        finally:
            running.stop()
            os.environ.clear()
            os.environ.update(kept)
            settings.cache_clear()
            feed_of.cache_clear()
    return [
        *(
            Measure(f"latency {step}", round(s, 2), "s")
            for step, s in zip(NAMES, found, strict=True)
        ),
        at_most("file landed → published", sum(found), "s", 60),
    ]


def _one(drop: int) -> list[float]:
    """Land the newest POS report again, some lines shorter; seconds of each step."""
    with connect() as connection:
        found = connection.execute(
            "select dealer_id, file_name, sha256, (select count(*) from ctl.publication) from "
            "ctl.submission where report = 'pos' and status = 'accepted' and mode = 'full' and "
            "attempt = 1 and file_name ~ '\\.(csv|tsv|txt)$' order by period_start desc, "
            "submission_id limit 1"
        ).fetchone()
    assert found is not None
    dealer, name, sha256, publications = found
    target = settings().home / "landing" / dealer / name
    partial = target.with_name(f".{name}.part")
    shutil.copy(settings().store / sha256[:2] / sha256, partial)
    partial.chmod(0o644)
    lines = partial.read_bytes().splitlines(keepends=True)
    partial.write_bytes(b"".join(lines[:-drop]))
    partial.rename(target)
    landed = datetime.now(UTC)
    while True:
        time.sleep(0.2)
        with connect() as connection:
            count = connection.execute("select count(*) from ctl.publication").fetchone()
            if count and count[0] > publications:
                moments = connection.execute(STEPS).fetchone()
                break
    assert moments is not None
    ends = [landed, *moments]
    time.sleep(8)  # the report and the last tasks end
    return [(b - a).total_seconds() for a, b in pairwise(ends)]
