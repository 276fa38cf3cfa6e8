"""What dbt's graph says of a batch: which nodes have nothing to do in it."""

from collections.abc import Set
from functools import cache
from typing import Any

from chip_channel.publish.batch import EVERY


def leave_idle(manifest: Any, reports: Set[str]) -> None:
    """Take the tag `batch` off the marts that read no line of these reports, and off their tests.

    The macro affected_months gives such marts no month: dbt would compile them for nothing, and test
    them for new rows that are not there. What is built as a whole, by period, or for others to work
    on stays.
    """

    @cache
    def reads(key: str) -> frozenset[str]:
        if key in manifest.sources:
            source = manifest.sources[key]
            return frozenset({source.name} if source.source_name == "raw" else ())
        node = manifest.nodes[key]
        if node.config.get("reads_every_report"):
            return frozenset({EVERY})
        return frozenset().union(*map(reads, node.depends_on_nodes))

    def by_month(config: Any) -> bool:
        whole = config.get("one_slice") or config.get("slice_of") == "period"
        return config.materialized == "slices" and config.get("versioned", True) and not whole

    if EVERY in reports:
        return
    idle = {
        key
        for key, node in manifest.nodes.items()
        if node.resource_type == "model"
        and by_month(node.config)
        and reads(key)
        and reads(key).isdisjoint({EVERY, *reports})
    }
    for key, node in manifest.nodes.items():
        if getattr(node, "attached_node", key) in idle:
            node.tags = [tag for tag in node.tags if tag != "batch"]
