"""Lines below the header that are no data, and the one that shows a change of layout."""

import polars as pl

from chip_channel.contracts import Contract
from chip_channel.intake.block import Block
from chip_channel.intake.codes import Fatal
from chip_channel.intake.feed import ReportFeed


def header_again(frame: pl.DataFrame) -> pl.Series:
    """Lines that repeat the header, every name in its own column."""
    again = (frame.to_series(0) == frame.columns[0]).fill_null(False)
    if again.any():
        same = pl.all_horizontal((pl.col(n) == n).fill_null(False) for n in frame.columns)
        again = frame.select(same.alias("same")).to_series()
    return again


def complete(frame: pl.DataFrame, shape: ReportFeed, contract: Contract) -> pl.Series:
    """Lines with all that is required: a customer may well be called as a total is."""
    headers = [s.header for name, s in shape.columns.items()
               if s.header and contract.by_name[name].required]  # fmt: skip
    if not headers:
        return pl.repeat(False, frame.height, eager=True)
    given = [(pl.col(h).str.strip_chars() != "").fill_null(False) for h in headers]
    return frame.select(pl.all_horizontal(given).alias("complete")).to_series()


def refuse_other_header(block: Block, wrong: list[int]) -> None:
    """Look for a second header among the lines (positions) that are wrong.

    Raises Fatal with F_HEADER: what stands below it may stand in other columns than above.
    """
    names = set(block.frame.columns)
    for position, cells in zip(wrong, block.frame[wrong].iter_rows(), strict=True):
        if 2 * sum(cell in names for cell in cells) > len(names):
            raise Fatal("F_HEADER", f"line {block.row_no[position]}: a second header that is not the "
                        "same as the first")  # fmt: skip
