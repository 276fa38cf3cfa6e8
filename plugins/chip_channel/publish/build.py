"""Build a batch with dbt: only the slices that its submissions touch."""

import hashlib
from collections.abc import Callable
from datetime import date, datetime

from chip_channel.documents import DocumentError
from chip_channel.policies import registry as policies
from chip_channel.publish.batch import Batch, finish, open_batch
from chip_channel.publish.dbt import DbtError, Node, dbt
from chip_channel.publish.graph import leave_idle
from chip_channel.publish.outbox import raise_alert
from chip_channel.rebates import registry as programmes
from chip_channel.settings import settings


def build(known_at: datetime | None = None, months: tuple[date, ...] = (),
          progress: Callable[[str], None] | None = None) -> Batch | None:  # fmt: skip
    """Open a batch and build its slices; None when nothing is new.

    Raises DbtError when a model or test failed; the batch is then abandoned, and the next one
    takes up its submissions.
    """
    if known_at is None:
        _release(progress)
    batch = open_batch(known_at, months)
    if batch is None:
        return None
    try:
        run_models(batch, progress)
    except DbtError as error:
        finish(batch.batch_id, "abandoned", str(error)[:2000])
        raise
    finish(batch.batch_id, "built")
    return batch


def _release(progress: Callable[[str], None] | None) -> None:
    """Register new versions of programmes and policies.

    A wrong document holds back its kind, not the reports.
    """
    for kind, register in (("programme", programmes.release), ("policy", policies.release)):
        try:
            added = register()
        except DocumentError as error:
            key = hashlib.sha256(str(error).encode()).hexdigest()[:16]
            raise_alert(f"{kind}:{key}", kind, "critical", str(error), {"error": str(error)})
            if progress:
                progress(f"No {kind} is released: {error}")
            continue
        if progress:
            for name, version in added:
                progress(f"Released {kind} {name}, version {version}")


def run_models(batch: Batch, progress: Callable[[str], None] | None = None,
               selector: str = "batch", simulation: int = 0) -> list[Node]:  # fmt: skip
    """Run dbt for an open batch; `simulation`: with the rebate rules of that what-if."""
    return dbt(
        "build", "--selector", selector, progress=progress,
        prepare=lambda manifest: leave_idle(manifest, batch.reports),
        variables={
            "batch_id": batch.batch_id, "known_at": batch.known_at.isoformat(),
            "vendor_currency": settings().vendor_currency, "simulation": simulation,
        },
    )  # fmt: skip
