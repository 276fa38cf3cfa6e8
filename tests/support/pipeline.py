"""The pipeline without a scheduler: what the DAGs call, in their order."""

from pathlib import Path

import polars as pl
from chip_channel.intake.landing import waiting
from chip_channel.intake.service import ingest
from chip_channel.publish.batch import Batch
from chip_channel.publish.build import build
from chip_channel.publish.dbt import dbt
from chip_channel.publish.publish import Publication, publish
from chip_channel.quality.gates import check_marts, check_publication, judge_submissions
from chip_channel.settings import settings
from chip_channel.warehouse import connect
from chip_channel.world import WorldFiles, WorldSpec, write_world
from chip_channel.world.landing import land_month


def deploy() -> None:
    """dbt's tables and views."""
    dbt("build", "--selector", "deploy")


def small_world(folder: Path) -> WorldFiles:
    """Three dealers, three months, written and landed."""
    made = write_world(WorldSpec.small(), folder)
    land_month(folder, "all")
    return made


def take_and_build() -> Batch:
    """Landing to built batch; both later gates passed."""
    ingest(waiting())
    judge_submissions()
    batch = build()
    assert batch is not None
    check_marts(batch.batch_id)
    check_publication(batch.batch_id)
    return batch


def publish_what_waits() -> Publication:
    """Landing to publication."""
    return publish(take_and_build().batch_id)


def restated(lines: int, report: str = "pos", newest: bool = True) -> Batch:
    """A report of the newest or oldest month again, up to a built batch.

    A full one, where any is, is so many lines shorter; of a delta, where fewer lines would say the
    same, all quantities are one piece less.
    """
    with connect() as connection:
        found = connection.execute(
            "select dealer_id, file_name, sha256, mode from ctl.submission where report = %s "
            "and status = 'accepted' and file_name ~ '\\.(csv|tsv|txt)$' "
            "and mode = (select max(mode) from ctl.submission where report = %s) "
            "and lines_accepted > 40 order by period_start {0}, reported_at {0} limit 1".format(
                "desc" if newest else "asc"
            ),
            (report, report),
        ).fetchone()
    assert found is not None
    dealer, name, sha256, mode = found
    sent = (settings().store / sha256[:2] / sha256).read_bytes()
    target = Path(settings().landing_url) / dealer / name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(_one_less(sent) if mode == "delta" else _shorter(sent, lines))
    return take_and_build()


def _shorter(sent: bytes, lines: int) -> bytes:
    return b"".join(sent.splitlines(keepends=True)[:-lines])


def _one_less(sent: bytes) -> bytes:
    frame = pl.read_csv(sent, infer_schema=False)
    qty = pl.col("qty").cast(pl.Float64, strict=False)
    return (
        frame.with_columns(qty=pl.coalesce((qty - 1).cast(pl.String), "qty")).write_csv().encode()
    )
