"""A kept file, read again for one line: what a dealer sent, as it was sent."""

from pathlib import Path

from chip_channel.intake import delimited, excel
from chip_channel.intake.feed import ReportFeed


def line_as_sent(path: Path, shape: ReportFeed, row_no: int) -> str | None:
    """The line of a file that intake knows as `row_no`; None when it has no such line of data.

    Raises Fatal when the file cannot be read as its feed says.
    """
    read = excel.read if shape.kind == "excel" else delimited.read
    for block in read(path, shape):
        found = (block.row_no == row_no).arg_true()
        if len(found):
            return block.as_sent([int(found[0])])[0]
    return None
