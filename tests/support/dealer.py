"""A dealer made for tests: its feed, and the files it sends."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from chip_channel.intake.feed import Feed, ReportFeed, feed_of
from chip_channel.settings import settings

HEADER = "仓库,料号,数量,日期,成本,批次"
COLUMNS: dict[str, Any] = {
    "location_id": "仓库", "mpn": "料号", "qty": "数量", "as_of": "日期", "book_cost": "成本",
    "lot": "批次", "maker": {"const": "ACME"}, "ownership": {"const": "owned"},
    "status": {"const": "available"},
}  # fmt: skip


def stock_shape(**changes: Any) -> dict[str, Any]:
    """The report `stock` of a feed, as YAML holds it."""
    return {
        "file_name": r"stock_(?P<period>\d{6})(_(?P<mode>delta))?(_v\d+)?\.csv",
        "kind": "delimited", "encoding": "utf-8", "delimiter": ",", "period": "month",
        "columns": COLUMNS,
    } | changes  # fmt: skip


def feed_document(dealer_id: str = "alpha", **changes: Any) -> dict[str, Any]:
    """A whole feed; `changes` concern its report `stock`."""
    return {
        "dealer_id": dealer_id, "time_zone": "Asia/Shanghai", "currency": "CNY",
        "tax_basis": "excl", "uom": "pcs", "reports": {"stock": stock_shape(**changes)},
    }  # fmt: skip


def write_feed(folder: Path, dealer_id: str = "alpha", **changes: Any) -> Path:
    """Write the feed of a dealer below `folder`, and forget what was read before."""
    path = folder / dealer_id / "feed.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(feed_document(dealer_id, **changes), allow_unicode=True))
    feed_of.cache_clear()
    return path


def feed(**changes: Any) -> Feed:
    return Feed.model_validate(feed_document(**changes))


def shape_of(headers: list[str], **changes: Any) -> ReportFeed:
    """A shape that maps each header to itself, for tests of a reader alone."""
    return ReportFeed.model_validate(
        {"file_name": "x", "kind": "delimited", "period": "none",
         "columns": {h: h for h in headers}} | changes
    )  # fmt: skip


def stock_line(i: int, month: str = "2026-03", qty: str | None = None) -> str:
    """A good line; all keys differ."""
    return f"W{i % 7},PART-{i},{qty or i + 1},{month}-{i % 28 + 1:02d},{i}.25,L{i}"


def stock_file(n: int, month: str = "2026-03", first: int = 0) -> bytes:
    """A file of n good lines."""
    lines = (stock_line(i, month) for i in range(first, first + n))
    return ("\n".join([HEADER, *lines]) + "\n").encode()


@contextlib.contextmanager
def environment(**changes: str) -> Iterator[None]:
    """Other settings for a while; names without the prefix."""
    import pytest

    with pytest.MonkeyPatch.context() as patch:
        for name, value in changes.items():
            patch.setenv(f"CHIP_CHANNEL_{name.upper()}", value)
        settings.cache_clear()
        feed_of.cache_clear()
        yield
    settings.cache_clear()
    feed_of.cache_clear()
