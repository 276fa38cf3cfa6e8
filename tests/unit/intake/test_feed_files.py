"""A broken feed file names its line and what was expected; file names are read or refused."""

from datetime import date

import pytest
import yaml
from chip_channel.intake.codes import Fatal
from chip_channel.intake.feed import FeedError, feed_version, read_feed, recognise
from support.dealer import environment, feed_document, write_feed

TODAY = date(2026, 4, 15)


def text(**changes) -> str:
    return yaml.safe_dump(feed_document(**changes), allow_unicode=True, sort_keys=False)


def line_of(content: str, part: str) -> int:
    return next(i for i, line in enumerate(content.split("\n"), 1) if part in line)


BROKEN = [
    # what is changed from -> to, the line it must name, words it must say
    ("dealer_id: alpha", "dealer_id: Alpha", "dealer_id", "match pattern"),
    ("dealer_id: alpha", "dealer_id: beta", "dealer_id", "folder's name"),
    ("Asia/Shanghai", "China/Shanghai", "time_zone", "IANA"),
    ("currency: CNY", "currency: yuan", "currency", "pattern"),
    ("tax_basis: excl", "tax_basis: maybe", "tax_basis", "'incl' or 'excl'"),
    ("tax_basis: excl", "tax_basis: incl", "stock:", "needs tax_rate"),
    ("uom: pcs", "uom: box", "uom", "'pcs', 'reel' or 'kpcs'"),
    ("  stock:", "  stocks:", "stocks", "no such report"),
    ("kind: delimited", "kind: csv", "kind", "'delimited' or 'excel'"),
    ("encoding: utf-8", "encoding: utf-99", "stock:", "text encoding"),
    ("encoding: utf-8", "encoding: rot13", "stock:", "text encoding"),
    ("delimiter: ','", "delimiter: ';;'", "delimiter", "at most 1 character"),
    ("period: month", "period: year", "period: year", "'month', 'week'"),
    ("(?P<period>", "(?P<month>", "stock:", "needs a group"),
    ("(?P<period>", "((?P<period>", "stock:", "no regular expression"),
    ("period: month", "period: month\n    subtotal: ['']", "subtotal", "at least 1 character"),
    ("period: month", "period: month\n    control_total: qty", "stock:", "needs subtotal"),
    ("period: month", "period: month\n    subtotal: [T]\n    control_total: sum", "stock:", "no column"),
    ("period: month", "period: month\n    subtotal: [T]\n    control_total: maker", "stock:", "no column"),
    ("period: month", "period: month\n    header_rows: 9", "header_rows", "less than or equal to 3"),
    ("period: month", "period: month\n    subtotals: [T]", "subtotals", "not permitted"),
    ("period: month", "period: month\n    period: week", "period: week", "given twice"),
    ("      mpn: 料号\n", "", "columns", "missing mpn"),
    ("mpn: 料号", "mpm: 料号", "mpm", "not in its contract"),
    ("mpn: 料号", "mpn: {frm: 料号}", "mpn", "not permitted"),
    ("mpn: 料号", "mpn: {from: 料号, const: X}", "mpn", "exactly one of"),
    ("mpn: 料号", "mpn: {from: 料号, match: {'(': X}}", "mpn", "no regular expression"),
    ("mpn: 料号", "mpn: 料号\n      mpn: 型号", "mpn: 型号", "given twice"),
    ("mpn: 料号", "mpn: [料号", "", "not valid YAML"),
    ("period: month", "\tperiod: month", "", "not valid YAML"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "at", "says"), [pytest.param(*b, id=f"{b[1].strip()!r}"[:40]) for b in BROKEN]
)
def test_a_broken_feed_names_file_and_line_and_what_was_expected(tmp_path, old, new, at, says):
    good = text()
    assert old in good
    broken = good.replace(old, new, 1)
    path = tmp_path / "alpha" / "feed.yml"
    path.parent.mkdir()
    path.write_text(broken)
    with pytest.raises(FeedError) as caught:
        read_feed(path)
    message = str(caught.value)
    assert says in message
    if at:
        assert message.startswith(f"{path}:{line_of(broken, at)}:")
    else:
        assert message.startswith(f"{path}:")


@pytest.mark.parametrize("content", [b"", b"[]", b"just text", b"\xff\xfe\x00", b"a: &a [*a]"])
def test_what_is_no_feed_at_all_is_told_too(tmp_path, content):
    path = tmp_path / "feed.yml"
    path.write_bytes(content)
    with pytest.raises(FeedError, match=str(path)):
        read_feed(path)


def test_the_version_of_a_feed_changes_with_any_byte(tmp_path):
    path = write_feed(tmp_path)
    before = feed_version(path)
    path.write_text(path.read_text() + "\n# a remark\n")
    assert feed_version(path) != before


@pytest.fixture
def feeds_of(tmp_path):
    def make(**changes):
        write_feed(tmp_path, **changes)
        return environment(feeds=str(tmp_path))

    return make


@pytest.mark.parametrize(
    ("unit", "digits", "start", "end"),
    [
        ("month", "202603", date(2026, 3, 1), date(2026, 3, 31)),
        ("month", "2028-02", date(2028, 2, 1), date(2028, 2, 29)),
        ("month", "２０２６０３", date(2026, 3, 1), date(2026, 3, 31)),
        ("week", "202601", date(2025, 12, 29), date(2026, 1, 4)),
        ("week", "202053", date(2020, 12, 28), date(2021, 1, 3)),
        ("day", "20260305", date(2026, 3, 5), date(2026, 3, 5)),
    ],
)
def test_the_period_is_read_from_the_name(feeds_of, unit, digits, start, end):
    with feeds_of(period=unit, file_name=r"s_(?P<period>[\d-]+)\.csv"):
        found = recognise("alpha", f"s_{digits}.csv", date(2030, 1, 1))
    assert (found.period_start, found.period_end) == (start, end)


@pytest.mark.parametrize(
    ("unit", "digits"),
    [("month", "202613"), ("month", "202600"), ("month", "000001"), ("month", "20263"),
     ("month", "20260305"), ("week", "202653"), ("week", "202600"), ("day", "20260230"),
     ("day", "202603"), ("month", "202605"), ("day", "20260417"), ("month", "999912")],
)  # fmt: skip
def test_a_period_that_is_none_or_lies_ahead_is_refused(feeds_of, unit, digits):
    with feeds_of(period=unit, file_name=r"s_(?P<period>\d+)\.csv"), pytest.raises(Fatal) as caught:
        recognise("alpha", f"s_{digits}.csv", TODAY)
    assert caught.value.code == "F_PERIOD"


def test_today_may_be_tomorrow_where_the_dealer_is(feeds_of):
    with feeds_of(period="day", file_name=r"s_(?P<period>\d+)\.csv"):
        assert recognise("alpha", "s_20260416.csv", TODAY).period_start == date(2026, 4, 16)


@pytest.mark.parametrize(("name", "mode"), [
    ("stock_202603.csv", "full"), ("stock_202603_delta.csv", "delta"),
    ("STOCK_202603_DELTA.CSV", "delta"), ("stock_202603_v2.csv", "full"),
])  # fmt: skip
def test_the_mode_is_read_from_the_name_in_any_case(feeds_of, name, mode):
    with feeds_of():
        assert recognise("alpha", name, TODAY).mode == mode


@pytest.mark.parametrize(
    "dealer", ["beta", "../alpha", "", "ALPHA", "alpha\n", "阿尔法", "a" * 300]
)
def test_an_unknown_dealer_is_refused(feeds_of, dealer):
    with feeds_of(), pytest.raises(Fatal) as caught:
        recognise(dealer, "stock_202603.csv", TODAY)
    assert caught.value.code == "F_DEALER"


@pytest.mark.parametrize(
    "name",
    ["stock.csv", "stock_202603.csv.exe", "x/stock_202603.csv", "stock_202603.csv\n", "", "\n"],
)
def test_a_name_must_fit_as_a_whole(feeds_of, name):
    with feeds_of(), pytest.raises(Fatal) as caught:
        recognise("alpha", name, TODAY)
    assert caught.value.code == "F_DEALER"


def test_a_mode_that_is_neither_is_refused(feeds_of):
    with (
        feeds_of(file_name=r"s_(?P<period>\d{6})_(?P<mode>\w+)\.csv"),
        pytest.raises(Fatal) as caught,
    ):
        recognise("alpha", "s_202603_part.csv", TODAY)
    assert caught.value.code == "F_DEALER"
