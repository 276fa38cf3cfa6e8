"""A daily run beside the full build, and what history costs it."""

from chip_channel.publish.build import build
from chip_channel.publish.dbt import dbt
from chip_channel.warehouse import connect

from benchmarks.history import add_day, fill
from benchmarks.measure import Clock, Measure, at_most, workplace


def run() -> list[Measure]:
    """Seconds of dbt with 1 % new lines, as ratios: to the full build, and between histories."""
    full, day = _history(2_000_000)
    _, small = _history(1_000_000)
    _, large = _history(4_000_000)
    return [
        Measure("full build of 2 M lines", full, "s"),
        Measure("daily run with 1 % new lines on 2 M", day, "s"),
        at_most("daily run ÷ full build", day / full, "ratio", 0.1),
        Measure("daily run on 1 M", small, "s"),
        Measure("daily run on 4 M", large, "s"),
        at_most("daily run on 4 M ÷ on 1 M", large / small, "ratio", 1.2),
    ]


def _history(lines: int) -> tuple[float, float]:
    """Seconds of the full build, and of a daily run of 20,000 lines."""
    with workplace():
        dbt("build", "--selector", "deploy")
        fill(lines)
        with Clock() as full:
            assert build() is not None
        _publish_without_gates()
        add_day(20_000)
        with Clock() as day:
            assert build() is not None
        return full.seconds, day.seconds


def _publish_without_gates() -> None:
    """The pointers alone: gates are not what is measured here."""
    with connect() as connection:
        connection.execute(
            "insert into ctl.published_slice (mart, slice, batch_id) select mart, slice, batch_id "
            "from ctl.slice_version on conflict (mart, slice) do update set batch_id = excluded.batch_id"
        )
        connection.execute("update ctl.batch set status = 'published' where status = 'built'")
        connection.execute("insert into ctl.publication (batch_id, slices) select batch_id, '{}' "
                           "from ctl.batch on conflict do nothing")  # fmt: skip
