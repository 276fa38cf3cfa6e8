"""Names and cells that try to be something else."""

import os
import stat

import pytest
from support.channel import reject_rows
from support.dealer import HEADER, stock_file

NAMES = [
    "~stock_202603.csv",
    "-rf stock_202603.csv",
    "stock_202603.csv'; drop table raw.stock; --",
    'stock_202603".csv',
    "stock\n202603.csv",
    "stock_202603\u202evsc.csv",
    "📦_202603.csv",
    "%2e%2e%2f.csv",
    "stock_202603.csv\\..\\..\\x",
    "$(touch x).csv",
    "=1+1.csv",
    "x" * 251 + ".csv",
    "NUL",
    "\\N",
    "\\.",
    "stock_202603.csv ",
    "CON.csv",
]
DEALERS = ["~alpha", "alpha'; drop table raw.stock; --", "阿尔法", "📦", "x" * 255, "ALPHA", "-"]
CELLS = [
    "\\.",
    "\\N",
    "\\",
    "\\\\",
    "\\t",
    "a\\",
    "tab\there",
    "'; drop table raw.stock; --",
    'a"; --',
    "%s",
    "{}",
    "$1",
    "${x}",
    "NULL",
    "null",
    "None",
    "NaN",
    "=1+1",
    "+1",
    "-1",
    "@x",
    "<script>",
    "📦",
    "a\u2028b",
    "ﷺ",
    "\u0085",
    "Ω" * 3000,
    "copy (select 1) to program 'x'",
    "\\x00",
    "E'\\n'",
    "--",
    "/*",
]


def schema_of(channel) -> list:
    return channel.query(
        "select table_schema, table_name, column_name, data_type from information_schema.columns "
        "where table_schema in ('raw', 'ctl', 'quarantine', 'public') "
        "order by 1, 2, ordinal_position"
    )


@pytest.mark.parametrize("name", NAMES, ids=lambda n: ascii(n)[:30])
def test_a_hostile_file_name_is_refused_and_touches_nothing(channel, name):
    schema, above = schema_of(channel), set(channel.home.parent.iterdir())
    outcome = channel.take_one(stock_file(1), name)
    assert (outcome.outcome, outcome.code) == ("rejected", "F_DEALER")
    assert not channel.left()
    assert channel.ledger()[0]["file_name"] == name
    assert reject_rows(outcome)[0]["line"].lstrip("'") == name.lstrip("'")
    assert schema_of(channel) == schema
    assert set(channel.home.parent.iterdir()) == above
    assert {p.parent.name for p in channel.home.glob("rejects/*/*")} == {"alpha"}


@pytest.mark.parametrize("dealer", DEALERS, ids=lambda n: ascii(n)[:30])
def test_a_hostile_dealer_folder_is_refused_and_its_reject_file_has_a_safe_place(channel, dealer):
    outcome = channel.take_one(stock_file(1), dealer_id=dealer)
    assert outcome.code == "F_DEALER"
    assert {p.parent.name for p in channel.home.glob("rejects/*/*")} == {"unknown"}


def test_a_name_in_gb18030_is_read_as_its_sender_meant_it(channel):
    channel.feed(file_name=r"库存_(?P<period>\d{6})\.csv")
    path = channel.put(stock_file(3), "x.csv")
    path.rename(path.with_name(os.fsdecode("库存_202603.csv".encode("gb18030"))))
    (outcome,) = channel.take()
    assert (outcome.outcome, outcome.file) == ("accepted", "库存_202603.csv")
    assert not channel.left()


def test_a_name_in_no_encoding_wedges_nothing(channel):
    path = channel.put(stock_file(3), "x.csv")
    path.rename(path.with_name(os.fsdecode(b"\xff\xff\x80.csv")))
    channel.put(stock_file(4))
    assert sorted(o.outcome for o in channel.take()) == ["accepted", "rejected"]
    assert not channel.left()


def test_hostile_cells_reach_the_database_as_they_are(channel):
    """As text, and in quarantine; the schema stands."""
    schema = schema_of(channel)
    columns = dict(channel_columns(), lot="批次")
    channel.feed(delimiter="|", columns=columns)
    lines = [f"W|P{i}|1|2026-03-01|1|{cell}" for i, cell in enumerate(CELLS)]
    bad = [f"W|Q{i}|{cell}x|2026-03-01|1|{cell}" for i, cell in enumerate(CELLS)]
    data = "\n".join([HEADER.replace(",", "|"), *lines, *bad]).encode()
    outcome = channel.take_one(data)
    assert (outcome.counts["accepted"], outcome.counts["quarantined"]) == (len(CELLS), len(CELLS))
    got = {int(r["mpn"][1:]): r["lot"] for r in channel.lines()}
    for i, cell in enumerate(CELLS):
        if cell.isprintable() and cell != "ﷺ":  # what is invisible or folded is tested elsewhere
            assert got[i] == cell
    sent = [i["line_as_sent"] for i in channel.issues() if i["code"] == "E_QTY_NUMBER"]
    assert sorted(sent) == sorted(bad)
    assert schema_of(channel) == schema
    live = [
        v
        for row in reject_rows(outcome)
        for v in row.values()
        if v.lstrip(" ")[:1] in "=+-@\t\r" and v
    ]
    assert not live


def channel_columns() -> dict:
    from support.dealer import COLUMNS

    return dict(COLUMNS)


def test_numbers_reach_numeric_without_a_float_in_between(channel):
    exact = ["123456789012345.678", "899999999999999.999", "0.001", "900719925474099.301"]
    prices = ["123456789012.345678", "899999999999.999999", "0.000001", "9007199254.740993"]
    lines = [
        f"W,P{i},{q},2026-03-01,{p},L" for i, (q, p) in enumerate(zip(exact, prices, strict=True))
    ]
    channel.take_one("\n".join([HEADER, *lines]).encode())
    got = [(str(r["qty"]), str(r["book_cost"])) for r in channel.lines()]
    assert got == list(zip(exact, prices, strict=True))


@pytest.mark.parametrize(
    "kind", ["symlink", "symlink to nothing", "symlink to a folder", "fifo", "socket"]
)
def test_what_is_no_file_is_refused_and_what_it_points_to_stands(channel, kind, tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_bytes(stock_file(3))
    place = channel.landing / "alpha" / "stock_202603.csv"
    place.parent.mkdir(parents=True)
    if kind == "fifo":
        os.mkfifo(place)
    elif kind == "socket":
        os.mknod(place, stat.S_IFSOCK | 0o600)
    else:
        place.symlink_to(
            {"symlink": secret, "symlink to a folder": tmp_path}.get(kind, tmp_path / "no")
        )
    channel.put(stock_file(5), "stock_202602.csv".replace("02.csv", "03_v2.csv"))
    outcomes = {o.file: o.code for o in channel.take()}
    assert outcomes == {"stock_202603.csv": "F_UNREADABLE", "stock_202603_v2.csv": None}
    assert not channel.left()
    assert secret.read_bytes() == stock_file(3)
    assert len(channel.lines()) == 5


def test_folders_and_unfinished_files_are_left_alone(channel):
    for name in ("a.part", "a.PART", "a.tmp", ".hidden", "a.filepart", "a.crdownload"):
        channel.put(stock_file(1), name)
    (channel.landing / "alpha" / "folder").mkdir()
    (channel.landing / "stock_202603.csv").write_bytes(stock_file(1))
    assert channel.take() == []
    assert len(channel.left()) == 7
