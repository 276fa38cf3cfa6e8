"""Slow references, written apart from the code that they judge."""

import csv
import io

USC_VALUES = {c: i for i, c in enumerate("0123456789ABCDEFGHJKLMNPQRTUWXY")}
USC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
"""As printed in GB 32100-2015, table 2."""


def usc_check_character(first_17: str) -> str:
    """The 18th character of a unified social credit code."""
    total = sum(USC_VALUES[c] * w for c, w in zip(first_17, USC_WEIGHTS, strict=True))
    left = (31 - total % 31) % 31
    return next(c for c, i in USC_VALUES.items() if i == left)


def csv_rows(text: str, delimiter: str) -> dict[int, list[str]]:
    """Physical line -> fields, by Python's csv module; for well-formed text."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    found, before = {}, 0
    for fields in reader:
        found[before + 1] = fields
        before = reader.line_num
    return found
