"""How dealers write dates; the day never moves, and is never guessed."""

import time
from datetime import UTC, date, datetime, timedelta

import pytest
from chip_channel.contracts import contract
from chip_channel.intake.normalise import FIRST_DAY, LAST_DAY, Form, repair
from hypothesis import given
from hypothesis import strategies as st
from support.reading import series

DAY = contract("stock").by_name["as_of"]
INSTANT = contract("market_index").by_name["published_at"]


def day(text: str, *formats: str) -> date | None | str:
    done = repair(series(text), DAY, Form(dates=formats))
    return "refused" if done.bad is not None and done.bad[0] else done.values[0]


FIFTH = date(2026, 3, 5)
WAYS = [
    "2026-03-05", "2026-3-5", "2026/03/05", "2026/3/5", "20260305", "2026年3月5日",
    "2026年03月05日", "2026.03.05", "2026.3.5", "２０２６－０３－０５", "２０２６年３月５日",
    " 2026-03-05 ", "2026-03-05 00:00:00", "2026-03-05 23:59:59", "2026/3/5 08:30",
    "2026-03-05T10:00:00", "2026-03-05 00:00:00.000", "20260305.0", "46086", "46086.0", "46086.99",
]  # fmt: skip
NO_DATE = [
    "2026-02-30", "2026-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "0000-00-00", "202603",
    "2026111", "202635", "26-03-05", "03/04/2026", "3/4/26", "05.03.2026", "12026-03-05", "1899-12-31",
    "2101-01-01", "1", "99999", "19999", "next week", "2026-03-05x", "2026-03-05 25:00:00", "=TODAY()",
]  # fmt: skip


@pytest.mark.parametrize("text", WAYS)
def test_every_known_way_gives_the_same_day(text):
    assert day(text) == FIFTH


@pytest.mark.parametrize("text", NO_DATE)
def test_what_is_no_day_or_may_be_two_is_refused(text):
    assert day(text) == "refused"


def test_leap_days():
    assert day("2028-02-29") == date(2028, 2, 29)
    assert day("2100-02-29") == "refused"


@pytest.mark.parametrize(
    ("formats", "text", "expected"),
    [
        pytest.param(["%d/%m/%Y"], "03/04/2026", date(2026, 4, 3), id="day first"),
        pytest.param(["%m/%d/%Y"], "03/04/2026", date(2026, 3, 4), id="month first"),
        pytest.param(["%d.%m.%Y"], "05.03.2026", FIFTH, id="the first of the agreed forms"),
        pytest.param(["%d/%m/%Y", "%d.%m.%Y"], "05.03.2026", FIFTH, id="the second of them"),
        pytest.param(["%d.%m.%Y"], " 05.03.2026", FIFTH, id="blanks around an agreed form"),
        pytest.param(["%d.%m.%Y"], "31.02.2026", "refused", id="no day of the calendar"),
        pytest.param(["%d/%m/%Y"], "04/13/2026", "refused", id="the month does not exist"),
        pytest.param(["%Y%m%d"], "2026111", "refused", id="a digit is missing"),
        pytest.param(["%Y%m%d"], "20261101", date(2026, 11, 1), id="all digits"),
    ],
)
def test_an_agreed_form_is_tried_first_and_alone_decides_between_day_and_month(
    formats, text, expected
):
    assert day(text, *formats) == expected


@given(st.dates(FIRST_DAY, LAST_DAY))
def test_any_day_in_any_way(value):
    serial = (value - date(1899, 12, 30)).days
    ways = [f"{value}", f"{value:%Y/%m/%d}", f"{value:%Y%m%d}", f"{value.year}/{value.month}/"
            f"{value.day}", f"{value.year}年{value.month}月{value.day}日"]  # fmt: skip
    if serial < 70_000:  # August 2091
        ways.append(str(serial))
    assert [day(text) for text in ways] == [value] * len(ways)


@given(st.text(max_size=12))
def test_any_text_is_a_day_within_bounds_or_refused(text):
    found = day(text)
    assert found in (None, "refused") or FIRST_DAY <= found <= LAST_DAY


def instant(text: str, zone: str) -> datetime | str:
    done = repair(series(text), INSTANT, Form(zone=zone))
    return "refused" if done.bad is not None and done.bad[0] else done.typed[0]


@pytest.mark.parametrize(
    ("text", "zone", "utc"),
    [
        pytest.param("2026-03-05T08:30:00+08:00", "UTC", "2026-03-05T00:30", id="own offset"),
        pytest.param("2026-03-05T00:30:00Z", "Asia/Shanghai", "2026-03-05T00:30", id="in UTC"),
        pytest.param("2026-03-05 08:30:00", "Asia/Shanghai", "2026-03-05T00:30", id="local"),
        pytest.param("2026-03-05", "Asia/Shanghai", "2026-03-04T16:00", id="local midnight"),
        pytest.param("2026-10-25 02:30:00", "Europe/Berlin", "2026-10-25T00:30", id="twice: first"),
        pytest.param("2026-07-01 12:00:00", "Europe/Berlin", "2026-07-01T10:00", id="summer"),
    ],
)
def test_an_instant_is_utc_by_the_dealers_zone(text, zone, utc):
    assert instant(text, zone) == datetime.fromisoformat(utc).replace(tzinfo=UTC)


def test_an_instant_that_the_clock_skipped_is_refused():
    assert instant("2026-03-29 02:30:00", "Europe/Berlin") == "refused"


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Shanghai",
                                  "America/New_York", "Europe/Berlin"])  # fmt: skip
def test_a_day_does_not_move_with_the_zone_of_the_process(zone, monkeypatch):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        edges = [date(2026, 3, 1), date(2026, 3, 29), date(2026, 3, 31), date(2026, 10, 25)]
        for value in edges:
            serial = value - date(1899, 12, 30)
            for text in (f"{value}", f"{value} 23:59:59", f"{value} 00:00:00",
                         str(serial / timedelta(days=1) + 0.999)):  # fmt: skip
                assert day(text) == value
        assert instant("2026-03-05 08:30:00", "Asia/Shanghai").hour == 0
    finally:
        monkeypatch.undo()
        time.tzset()
