"""A daily run beside the full build, and what history costs it."""

from statistics import median

from chip_channel.publish.build import build
from chip_channel.publish.dbt import dbt
from chip_channel.warehouse import connect

from benchmarks.history import add_day, fill
from benchmarks.measure import Clock, Measure, at_most, workplace


def run() -> list[Measure]:
    """Seconds with 1 % new lines, as ratios: to the full build, and between lengths of history."""
    full, day = _history(24)
    _, small = _history(12)
    _, large = _history(48)
    return [
        Measure("full build of 24 months, 2 M lines", full, "s"),
        Measure("daily run, 20,000 lines, on 24 months", day, "s"),
        at_most("daily run ÷ full build", day / full, "ratio", 0.1),
        Measure("daily run on 12 months, 1 M lines", small, "s"),
        Measure("daily run on 48 months, 4 M lines", large, "s"),
        at_most("daily run on 4 M lines ÷ on 1 M", large / small, "ratio", 1.2),
    ]


def _history(months: int) -> tuple[float, float]:
    """Seconds of the full build, and of a daily run of 20,000 lines: the middle of three."""
    with workplace():
        dbt("build", "--selector", "deploy")
        fill(months)
        with Clock() as full:
            assert build() is not None
        with connect(autocommit=True) as connection:  # else autovacuum runs beside the days
            connection.execute("vacuum analyze")
        days = []
        for day in (29, 30, 31):
            publish_without_gates()
            add_day(20_000, day)
            with Clock() as one:
                assert build() is not None
            days.append(one.seconds)
        return full.seconds, median(days)


def publish_without_gates() -> None:
    """The pointers alone: gates are not what is measured here."""
    with connect() as connection:
        connection.execute(
            "insert into ctl.published_slice (mart, slice, batch_id) select mart, slice, max(batch_id) "
            "from ctl.slice_version group by mart, slice "
            "on conflict (mart, slice) do update set batch_id = excluded.batch_id"
        )
        connection.execute("update ctl.batch set status = 'published' where status = 'built'")
        connection.execute("insert into ctl.publication (batch_id, slices) select batch_id, '{}' "
                           "from ctl.batch on conflict do nothing")  # fmt: skip
