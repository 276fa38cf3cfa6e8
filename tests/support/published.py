"""What readers see, and what was true."""

from pathlib import Path

import polars as pl
from chip_channel.warehouse import connect
from chip_channel.world import WorldFiles


def rows(query: str, role: str = "bi_reader") -> list[tuple]:
    """Rows as a reader of this role sees them."""
    with connect(role) as connection:
        return connection.execute(query).fetchall()


def truth(made: WorldFiles, name: str) -> pl.DataFrame:
    """A table of the truth."""
    return pl.read_parquet(Path(made.directory) / "truth" / f"{name}.parquet")
