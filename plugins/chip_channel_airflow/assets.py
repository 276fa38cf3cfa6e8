"""The assets that link the DAGs: landing → raw → marts → published."""

from airflow.sdk import Asset, AssetWatcher

from chip_channel_airflow.triggers import Kind, LandingTrigger

GROUP = "chip_channel"


def landing(kind: Kind) -> Asset:
    """Files that wait: of `dealers`, or of the `vendor`; an event comes when new ones are ready."""
    watcher = AssetWatcher(name=f"{kind}_files", trigger=LandingTrigger(kind=kind))
    return Asset(f"landing_{kind}", uri=f"chip-channel://landing/{kind}", group=GROUP,
                 watchers=[watcher])  # fmt: skip


RAW_DEALERS = Asset("raw_dealer_reports", uri="chip-channel://raw/dealers", group=GROUP)
RAW_REFERENCE = Asset("raw_reference_data", uri="chip-channel://raw/vendor", group=GROUP)
REPORTED_MONTHS = Asset("reported_months", uri="chip-channel://raw/months", group=GROUP)
"""Partitioned by `dealer|month`; apart from the others, as a partitioned event triggers only DAGs
that are partitioned themselves."""
MARTS = Asset("candidate_marts", uri="chip-channel://marts", group=GROUP)
PUBLISHED = Asset("published_data", uri="chip-channel://publish", group=GROUP)
PLANNED = Asset("published_plans", uri="chip-channel://publish/plans", group=GROUP)
SETTLED = Asset("settled_rebates", uri="chip-channel://rebate/settlement", group=GROUP)
