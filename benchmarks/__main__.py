"""`python -m benchmarks [--only name]`: measure, print a table, write build/bench.json.

Each benchmark measures ratios against a peer or a limit in one run, so that the machine's speed
cancels out.
"""

import argparse
import importlib
import json
import os
import platform
from dataclasses import asdict

from chip_channel.console import console, table
from chip_channel.settings import ROOT

from benchmarks.measure import Measure

NAMES = (
    "ingest", "memory", "read", "daily", "latency", "forecast", "forecast_speed", "stock",
    "rebates", "channel", "diversion",
)  # fmt: skip


def main() -> None:
    """Run the benchmarks that were asked for."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--only", choices=NAMES)
    only = parser.parse_args().only
    measures: list[Measure] = []
    for name in [only] if only else NAMES:
        console.print(f"[bold]{name}[/bold]")
        module = importlib.import_module(f"benchmarks.{name}")
        measures += module.run()
    cores = os.cpu_count()
    load = ", ".join(f"{x:.1f}" for x in os.getloadavg())
    console.print(
        f"{platform.platform()}, Python {platform.python_version()}, {cores} cores, load {load}"
    )
    console.print(table("Measured", "name", "value", "unit", "target", "met", rows=[
        (m.name, f"{m.value:,.3f}", m.unit, m.target, {True: "yes", False: "NO", None: ""}[m.met])
        for m in measures
    ]))  # fmt: skip
    path = ROOT / "build" / "bench.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps([asdict(m) for m in measures], indent=1) + "\n")
    console.print(f"Written to {path}")


if __name__ == "__main__":
    main()
