"""The reject file: what was refused and why, back to the dealer with the line as sent.

It is written from the quarantine after the commit, so that writing it again gives the same file.
"""

import csv
import os
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg

from chip_channel.intake.codes import codes
from chip_channel.intake.feed import DEALER_ID, feed_of
from chip_channel.settings import settings

HEADER = (
    "row_no 行号", "code 代码", "what was wrong 问题", "your column 贵司列名", "field 字段",
    "value 值", "expected 应为", "what to do 处理办法", "line as sent 原始行",
)  # fmt: skip
BATCH = 10_000
_FORMULA = tuple("=+-@＝＋－＠\t\r")


def inert(cell: object) -> str:
    """Text that no spreadsheet takes for a formula: an apostrophe before what could start one.

    Also before apostrophes of the dealer's own, so that the value can be told from ours.
    """
    text = "" if cell is None else str(cell)
    start = text.lstrip("' \n\xa0\u3000")
    return "'" + text if start.startswith(_FORMULA) else text


def write_reject_file(connection: psycopg.Connection[Any], submission_id: int) -> str | None:
    """Write the reject file of a submission; None when nothing was refused or warned of."""
    found = connection.execute(
        "select dealer_id, report, file_name, fatal_code, fatal_detail, "
        "lines_quarantined + lines_warned from ctl.submission where submission_id = %s",
        (submission_id,),
    ).fetchone()
    if found is None or not (found[3] or found[5]):
        return None
    dealer_id, report, file_name, fatal_code, fatal_detail, count = found
    safe = dealer_id if DEALER_ID.fullmatch(dealer_id) else "unknown"
    folder = settings().rejects / safe
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{submission_id}_{report}.csv"
    partial = path.with_suffix(f".{os.getpid()}.part")
    columns = _dealer_columns(dealer_id, report)
    with partial.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(HEADER)
        if fatal_code:
            writer.writerow(_row(None, fatal_code, None, None, fatal_detail, file_name,
                                 columns=columns))  # fmt: skip
        for rows in _issues(connection, submission_id, count or 0):
            writer.writerows(_row(*row, columns=columns) for row in rows)
    partial.replace(path)
    return str(path)


def _issues(connection: psycopg.Connection[Any], submission_id: int, count: int
            ) -> Iterator[list[tuple[Any, ...]]]:  # fmt: skip
    """Issues in batches of bounded size; by a cursor of the server only where one is not enough."""
    query = (
        "select row_no, code, field, value, expected, line_as_sent from quarantine.issue "
        "where submission_id = %s and severity <> 'skip' order by row_no, code, field"
    )
    if count <= BATCH:
        yield connection.execute(query, (submission_id,)).fetchall()
        return
    with connection.transaction(), connection.cursor("issues") as issues:
        issues.execute(query, (submission_id,))
        while rows := issues.fetchmany(BATCH):
            yield rows


def _dealer_columns(dealer_id: str, report: str) -> dict[str, str]:
    feed = feed_of(dealer_id)
    if feed is None or report not in feed.reports:
        return {}
    return {name: s.header or "" for name, s in feed.reports[report].columns.items()}


def _row(row_no: int | None, code: str, field: str | None, value: str | None,
         expected: str | None, line: str | None,
         *, columns: dict[str, str]) -> Sequence[Any]:  # fmt: skip
    words = codes()[code]
    return (
        row_no, code, f"{words['en']} {words['zh']}", inert(columns.get(field or "")),
        field or "", inert(value), inert(expected),
        f"{words.get('advice', '')} {words.get('advice_zh', '')}".strip(), inert(line),
    )  # fmt: skip
