"""CSV, TSV and the like: bytes become blocks of fields, and no field ever shifts.

The width law: a line whose number of fields differs from its header's is refused, never squeezed
into its neighbour's columns. A quote that is never closed costs its own line, not the rest.
"""

import codecs
import contextlib
import csv
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from chip_channel.intake.block import (
    HEADER_WITHIN,
    Block,
    Header,
    Refused,
    column_names,
    find_header,
    wanted,
)
from chip_channel.intake.codes import Fatal
from chip_channel.intake.feed import ReportFeed
from chip_channel.settings import settings

CHUNK = 2 * 1024 * 1024
MAX_RECORD_LINES = 20
"""Physical lines that one quoted record may span before its quote counts as never closed."""
_REPLACED = "\ufffd"


def read(path: Path, shape: ReportFeed) -> Iterator[Block]:
    """Read a delimited file in blocks of bounded memory.

    Raises Fatal: F_HEADER, F_UNREADABLE (wrong encoding), F_TOO_LARGE (columns, line length).
    """
    chunks = _chunks(path, shape.encoding)
    first = next(chunks, "")
    lines, header = _find_header(first, shape, path)
    refused = Refused()
    row_no, rest = 1, first
    for i, (text, _) in enumerate(lines[: header.first_row + shape.header_rows]):
        code = "S_TITLE" if i < header.first_row else "S_HEADER"
        refused.add(row_no, code if text.strip() else "S_BLANK", text)
        row_no += text.count("\n") + 1
        rest = rest[len(text) + 1 :]
    reader, held = _Reader(header, shape), ""
    for chunk in _chain(rest, chunks):
        text = held + chunk
        block, held = reader.block(text, row_no, refused)
        refused = Refused()
        row_no += text.count("\n") + (not text.endswith("\n")) - held.count("\n")
        yield block
    if held or refused.row_no:  # a quote left open at the end, or nothing after the header
        yield reader.block(held, row_no, refused, last=True)[0]


def _chain(rest: str, chunks: Iterator[str]) -> Iterator[str]:
    if rest:
        yield rest
    yield from chunks


def _chunks(path: Path, encoding: str) -> Iterator[str]:
    """Text in chunks that end with a line, `\\n` alone as line end, no byte order mark."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    carry, held, first, only_cr = "", "", True, False
    with path.open("rb") as source:
        while True:
            data = source.read(CHUNK)
            text = held + decoder.decode(data, final=not data)
            held = ""
            if first and text:
                text = text.removeprefix("\ufeff")
                only_cr = "\r" in text[:-1] and "\n" not in text
                first = False
            if data and text.endswith("\r"):  # the \n may follow in the next chunk
                text, held = text[:-1], "\r"
            if "\r" in text:
                text = text.replace("\r\n", "\n")
                if only_cr:
                    text = text.replace("\r", "\n")
            text = carry + text
            if not data:
                if text:
                    yield text
                return
            cut = text.rfind("\n") + 1
            carry = text[cut:]
            if len(carry) > 2 * CHUNK:
                raise Fatal("F_TOO_LARGE", f"a line is longer than {2 * CHUNK:,} characters")
            if cut:
                yield text[:cut]


def _find_header(text: str, shape: ReportFeed, path: Path
                 ) -> tuple[list[tuple[str, list[str]]], Header]:  # fmt: skip
    """The first records of a file and the header among them: most often the first of all."""
    lines = _first_lines(text, shape.delimiter, shape.header_rows)
    if not lines:
        raise Fatal("F_UNREADABLE", "the file is empty")
    with contextlib.suppress(Fatal):
        return lines, _header(lines, shape, path)
    lines = _first_lines(text, shape.delimiter, HEADER_WITHIN + 5)
    return lines, _header(lines, shape, path)


def _first_lines(text: str, delimiter: str, count: int) -> list[tuple[str, list[str]]]:
    """The first records of a file, each with its fields."""
    lines: list[tuple[str, list[str]]] = []
    position = 0
    while position < len(text) and len(lines) < count:
        end = position
        while True:
            end = text.find("\n", end)
            end = len(text) if end < 0 else end
            record = text[position:end]
            if record.count('"') % 2 == 0 or end == len(text) or record.count("\n") >= 3:
                break
            end += 1
        if record.count('"') % 2:  # an open quote: its line alone
            end = text.find("\n", position)
            end = len(text) if end < 0 else end
            record = text[position:end]
        lines.append((record, _fields(record, delimiter) or [record]))
        position = end + 1
    return lines


def _fields(record: str, delimiter: str) -> list[str]:
    """The fields of a record; none when a quote is not closed, or not doubled inside a field."""
    csv.field_size_limit(2 * CHUNK)
    try:
        return next(csv.reader([record], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return []


def _header(lines: list[tuple[str, list[str]]], shape: ReportFeed, path: Path) -> Header:
    widest = max(len(fields) for _, fields in lines)
    if widest > settings().max_columns:
        raise Fatal("F_TOO_LARGE", f"{widest:,} columns; at most {settings().max_columns:,}")
    try:
        return find_header([fields for _, fields in lines], shape)
    except Fatal as fatal:
        start = "\n".join(text for text, _ in lines[:5])
        if _REPLACED in start or "\x00" in start:
            raise Fatal("F_UNREADABLE", f"not text in {shape.encoding}; {_guess(path)}") from fatal
        raise


def _guess(path: Path) -> str:
    from charset_normalizer import from_bytes  # noqa: PLC0415 - slow, and only for a message

    with path.open("rb") as source:
        best = from_bytes(source.read(64 * 1024)).best()
    return f"it looks like {best.encoding}" if best else "no known encoding fits"


class _Reader:
    """Cuts chunks of one file into fields."""

    def __init__(self, header: Header, shape: ReportFeed) -> None:
        self.width = header.width
        self.delimiter = shape.delimiter
        self.schema = dict.fromkeys(column_names(header, header.width), pl.String)
        self.wanted = wanted(header, header.width, shape)
        around = (f" {shape.delimiter}", f"{shape.delimiter} ", " \n", "\n ")
        self.blanks = [blank.encode() for blank in around]
        d, quoted = re.escape(shape.delimiter), r'"[^"]*"'
        cell = rf'(?:{quoted}|[^"{d}]*)'
        self.regular = f"^{cell}(?:{d}{cell}){{{header.width - 1}}}$"

    def block(self, text: str, first_row: int, refused: Refused, last: bool = False
              ) -> tuple[Block, str]:  # fmt: skip
        """One chunk of whole lines, and what it ends with if its record may go on in the next."""
        data = text.encode("utf-8", "replace")
        if not data.endswith(b"\n"):
            data += b"\n"
        sent, data = data, self._unframed(data)
        octets = np.frombuffer(data, dtype=np.uint8)
        breaks = _count(octets, "\n")
        clean = (  # no control characters
            np.count_nonzero(octets < 32) == breaks + _count(octets, "\t") and b"\x7f" not in data
        )
        tidy = (
            clean
            and b'"' not in data  # a quoted field may hold a line break
            and (self.delimiter == "\t" or b"\t" not in data)
            and not (b" " in data and any(blank in data for blank in self.blanks))
        )
        whole = text and clean and (text.isascii() or _REPLACED not in text)
        settled = text.isascii() or _chinese(octets)
        frame = self._fast(data, octets, breaks) if whole else None
        if frame is not None:
            row_no = pl.int_range(first_row, first_row + frame.height, eager=True)
            lines = _Lines(sent)
            return Block(self._named(frame), row_no, lines.pick, refused, tidy, settled), ""
        tidy = tidy and sent is data
        return self._careful(text, first_row, refused, tidy, settled, last)

    def _unframed(self, data: bytes) -> bytes:
        """The same lines without quotes when each quote only opens or closes a whole field.

        A separator or line break between two quotes is not looked for: it would make a line too
        long or the separators too few, and `_fast` sees both.
        """
        if b'"' not in data:
            return data
        octets = np.frombuffer(data, dtype=np.uint8)
        quotes = np.flatnonzero(octets == ord('"'))
        if len(quotes) % 2:
            return data
        around = np.concatenate([octets[quotes[0::2] - 1], octets[quotes[1::2] + 1]])
        framed = (around == ord(self.delimiter)) | (around == ord("\n"))
        return data.replace(b'"', b"") if framed.all() else data

    def _named(self, frame: pl.DataFrame) -> pl.DataFrame:
        return frame if len(self.wanted) == frame.width else frame.select(self.wanted)

    def _cut(self, data: bytes) -> pl.DataFrame:
        if data.startswith(codecs.BOM_UTF8):  # taken off by the parser, and here it is a character
            data = codecs.BOM_UTF8 + data
        return pl.read_csv(data, has_header=False, schema=self.schema, separator=self.delimiter)

    def _fast(self, data: bytes, octets: np.ndarray, count: int) -> pl.DataFrame | None:
        """All lines at once, when every line is sure to have the header's width.

        Without quotes polars raises on a line that is too long; as the separators add up, then,
        none can be too short.
        """
        separator = self.delimiter.encode()
        blank = separator * (self.width - 1) + b"\n"
        regular = (
            b'"' not in data
            and b"\n\n" not in data
            and b"\n" + blank not in data
            and not data.startswith((b"\n", blank))
            and _count(octets, self.delimiter) == count * (self.width - 1)
        )
        if not regular:
            return None
        try:
            frame = self._cut(data)
        except pl.exceptions.PolarsError:
            return None
        return frame if frame.height == count else None

    def _careful(self, text: str, first_row: int, refused: Refused, tidy: bool,
                 settled: bool, last: bool) -> tuple[Block, str]:  # fmt: skip
        """Line by line where it must be: only lines out of the ordinary leave the vector path."""
        if not text:
            empty = pl.DataFrame(schema=self.schema)
            none = pl.Series([], dtype=pl.Int64)
            return Block(self._named(empty), none, lambda _: [], refused, tidy, settled), ""
        lines = text.removesuffix("\n").split("\n")
        series = pl.Series(lines)
        odd = (series.str.count_matches('"', literal=True) % 2 == 1).arg_true()
        records, whole = self._join_open_quotes(lines, odd.to_list(), last)
        held = "".join(line + "\n" for line in lines[whole:])
        lines, series = lines[:whole], series.head(whole)
        regular = self._regular(series, records)
        extra_rows: list[list[str]] = []
        extra_at: list[tuple[int, int]] = []
        joined, skip_to = dict(records), -1
        for i in (~regular).arg_true().to_list():
            if i <= skip_to:
                continue
            end = joined.get(i, i)
            skip_to = end
            record = "\n".join(lines[i : end + 1])
            if not record.strip() or not record.strip(self.delimiter):
                refused.add(first_row + i, "S_BLANK", record)
                continue
            if "\x00" in record or _REPLACED in record:
                refused.add(first_row + i, "E_ENCODING", record, "text in the agreed encoding")
                continue
            fields = _fields(record, self.delimiter)
            if len(fields) == self.width:
                extra_rows.append(fields)
                extra_at.append((i, end))
            else:
                found = f", not {len(fields)}" if fields else "; a quote is not closed or doubled"
                refused.add(first_row + i, "E_WIDTH", record, f"{self.width} fields{found}")
        at = regular.arg_true()
        data = "\n".join(series.gather(at).to_list()).encode() + b"\n"
        frame = self._cut(data) if len(at) else pl.DataFrame(schema=self.schema)
        if extra_rows:
            extra = pl.DataFrame(extra_rows, schema=self.schema, orient="row")
            extra = extra.with_columns(pl.all().replace("", None))
            position = pl.concat(
                [at.cast(pl.Int64), pl.Series([a for a, _ in extra_at], dtype=pl.Int64)]
            )
            order = position.arg_sort()
            frame = pl.concat([frame, extra])[order]
            at = position.gather(order)
        spans = dict(extra_at)
        positions = at.to_list()

        def as_sent(rows: Sequence[int]) -> list[str]:
            starts = [positions[r] for r in rows]
            return ["\n".join(lines[s : spans.get(s, s) + 1]) for s in starts]

        row_no = at.cast(pl.Int64) + first_row
        return Block(self._named(frame), row_no, as_sent, refused, tidy, settled), held

    def _regular(self, lines: pl.Series, records: list[tuple[int, int]]) -> pl.Series:
        """Lines that are sure to be one record of the right width."""
        regular = lines.str.contains(self.regular) & ~lines.str.contains(f"[\x00{_REPLACED}]")
        regular &= (lines.str.strip_chars() != "") & (lines.str.strip_chars(self.delimiter) != "")
        inside = [i for start, end in records for i in range(start, end + 1)]
        return regular.scatter(inside, False) if inside else regular

    def _join_open_quotes(self, lines: list[str], odd: list[int], last: bool
                          ) -> tuple[list[tuple[int, int]], int]:  # fmt: skip
        """Records over several lines: (first, last) of each whose fields then fit the header.

        And the number of lines whose records are whole; the rest may go on in the next chunk.
        """
        records: list[tuple[int, int]] = []
        i = 0
        while i < len(odd):
            start = odd[i]
            end = odd[i + 1] if i + 1 < len(odd) else len(lines)
            if end == len(lines) and not last and end - start < MAX_RECORD_LINES:
                return records, start
            if end - start < MAX_RECORD_LINES and end < len(lines):
                fields = _fields("\n".join(lines[start : end + 1]), self.delimiter)
                if len(fields) == self.width:
                    records.append((start, end))
                    i += 2
                    continue
            i += 1
        return records, len(lines)


def _chinese(octets: np.ndarray) -> bool:
    """Whether UTF-8 text holds nothing but ASCII and U+4000 to U+9FFF: three octets, E4 to E9 first."""
    high = np.count_nonzero(octets >= 0x80)
    heads = np.count_nonzero((octets >= 0xE4) & (octets <= 0xE9))
    return high == 3 * heads and np.count_nonzero(octets >= 0xC0) == heads


def _count(octets: np.ndarray, character: str) -> int:
    return int(np.count_nonzero(octets == ord(character)))


class _Lines:
    """The lines of a chunk, found only when one is asked for."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.ends: np.ndarray | None = None

    def pick(self, rows: Sequence[int]) -> list[str]:
        if self.ends is None:
            octets = np.frombuffer(self.data, dtype=np.uint8)
            self.ends = np.append(np.flatnonzero(octets == ord("\n")), -1)  # -1: before the first
        return [self.data[self.ends[r - 1] + 1 : self.ends[r]].decode() for r in rows]


def text_stream(path: Path, encoding: str) -> io.StringIO:
    """The beginning of a file as text, for drafting a feed."""
    return io.StringIO(next(_chunks(path, encoding), ""))
