"""How the commands talk to people."""

from rich.console import Console
from rich.table import Table

console = Console(highlight=False)


def table(title: str, *columns: str, rows: list[tuple[object, ...]]) -> Table:
    """A table for people; numbers stand to the right."""
    made = Table(title=title, title_justify="left", header_style="bold")
    for i, column in enumerate(columns):
        number = bool(rows) and all(isinstance(row[i], int | float) for row in rows)
        made.add_column(column, justify="right" if number else "left", overflow="fold")
    for row in rows:
        made.add_row(
            *(f"{c:,}" if isinstance(c, int) else "" if c is None else str(c) for c in row)
        )
    return made
