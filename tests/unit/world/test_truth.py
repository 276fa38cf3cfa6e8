"""The world is consistent in itself, and looks like a channel."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml
from chip_channel.world import WorldFiles, WorldSpec, lines, write_feeds
from chip_channel.world.shapes import SHAPES
from chip_channel.world.simulate import Flows, simulate

KEY = ["dealer_id", "mpn", "month"]


@pytest.fixture(scope="module")
def flows() -> Flows:
    """The default world's flows."""
    return simulate(WorldSpec())


def _by_month(frame: pl.DataFrame, day: str, name: str) -> pl.DataFrame:
    return frame.group_by("dealer_id", "mpn", pl.col(day).dt.truncate("1mo").alias("month")).agg(
        pl.col("qty").sum().alias(name)
    )


@pytest.mark.parametrize("world", ["small", "wide"])
def test_stock_balances_when_summed_from_the_reports_alone(
    world: str, request: pytest.FixtureRequest
) -> None:
    truth = request.getfixturevalue(world).truth
    pos, stock = truth["pos"], truth["stock"]
    received = truth["sell_in"].filter(pl.col("received_date").is_not_null())
    from_vendor = _by_month(
        received.rename({"ship_to_dealer": "dealer_id"}), "received_date", "bought"
    )
    dealers = truth["dealer"]["dealer_code"].unique().to_list()
    from_parent = _by_month(
        pos.filter(pl.col("sold_to").is_in(dealers)).with_columns(dealer_id="sold_to"),
        "invoice_date",
        "fetched",
    )
    sold = _by_month(pos, "invoice_date", "sold")  # returns and cancellations are negative
    on_shelf = stock.filter(
        (pl.col("status") == "available") & (pl.col("as_of") == pl.col("as_of").dt.month_end())
    )
    months = on_shelf["as_of"].dt.truncate("1mo").unique()
    pairs = truth["inventory_month"].select("dealer_id", "mpn").unique()
    table = pairs.join(pl.DataFrame({"month": months}), how="cross")
    sent_back = _by_month(
        truth["return"].rename({"dealer_code": "dealer_id"}), "return_date", "sent_back"
    )
    on_shelf = _by_month(on_shelf, "as_of", "counted")
    for part in (from_vendor, from_parent, sold, sent_back, on_shelf):
        table = table.join(part, on=KEY, how="left")
    before = (
        from_vendor.filter(pl.col("month") < months.min())
        .group_by("dealer_id", "mpn")
        .agg(pl.col("bought").sum().alias("start"))
    )
    table = (
        table.join(before, on=["dealer_id", "mpn"], how="left")
        .fill_null(0)
        .sort(KEY)
        .with_columns(
            expected=pl.col("start")
            + (pl.col("bought") + pl.col("fetched") - pl.col("sold") - pl.col("sent_back"))
            .cum_sum()
            .over("dealer_id", "mpn")
        )
    )
    wrong = table.filter(pl.col("expected") != pl.col("counted"))
    assert len(table) > 200
    assert wrong.is_empty(), wrong
    closing = truth["inventory_month"].join(table, on=KEY)
    assert len(closing) == len(table)
    assert closing.filter(pl.col("closing") != pl.col("counted")).is_empty()
    assert closing.filter(
        pl.col("opening")
        + pl.col("receipts")
        - pl.col("pos")
        + pl.col("customer_returns")
        - pl.col("vendor_returns")
        != pl.col("closing")
    ).is_empty()


def test_the_last_word_on_each_shipment_is_the_truth(small: WorldFiles) -> None:
    sent = [
        pl.read_csv(small.directory / "files" / r.path, infer_schema=False)
        for r in small.records
        if r.report == "sell_in"
    ]
    last = pl.concat(sent).unique(["shipment_no", "line_no"], keep="last", maintain_order=True)
    truth = small.truth["sell_in"]
    assert len(last) == len(truth)
    both = truth.join(last, on=["shipment_no", "line_no"], suffix="_sent")
    assert both.filter(
        pl.col("received_date").dt.to_string().fill_null("")
        != pl.col("received_date_sent").fill_null("")
    ).is_empty()
    assert truth["received_date"].null_count() > 0


def test_stock_never_falls_below_nothing(flows: Flows) -> None:
    assert flows.on_hand.min() == 0
    assert flows.opening.min() >= 0


def test_dealers_that_sell_reels_hold_whole_reels(flows: Flows) -> None:
    reel = np.array([d.uom == "reel" for d in flows.spec.dealers])[flows.pairs.dealer]
    spq = flows.catalogue.parts.spq[flows.pairs.part[reel]]
    assert reel.any()
    assert (flows.on_hand[:, reel] % spq == 0).all()


def test_the_channel_looks_like_one(flows: Flows) -> None:
    """12-month turnover, dead share and lost sales by dealer, at the first list price."""
    spec, pairs, demand, moves = flows.spec, flows.pairs, flows.demand, flows.transfers
    price = flows.catalogue.list_price[0][pairs.part] / 10_000
    sold = np.zeros(flows.on_hand.shape)
    np.add.at(sold, (demand.day[demand.filled], demand.pair[demand.filled]),
              demand.qty[demand.filled])  # fmt: skip
    np.add.at(sold, (moves.shipped, pairs.parent[moves.pair]), moves.qty)
    for i, dealer in enumerate(spec.dealers):
        mine = pairs.dealer == i
        value = flows.on_hand[:, mine] * price[mine]
        turnover = (sold[-365:, mine] * price[mine]).sum() / value[-365:].sum(axis=1).mean()
        quiet = sold[-180:, mine].sum(axis=0) == 0
        dead = value[-1][quiet].sum() / value[-1].sum()
        assert 3 <= turnover <= 9, dealer.dealer_id
        assert 0 < dead < 0.2, dealer.dealer_id
    assert 0.005 < 1 - demand.qty[demand.filled].sum() / demand.qty.sum() < 0.1


def test_every_part_in_the_files_is_in_the_product_master_when_it_is_sold(
    wide: WorldFiles,
) -> None:
    master = wide.truth["product"].group_by("mpn").agg(pl.col("received_at").min())
    for report in ("pos", "sell_in", "price", "orders", "return", "dealer_forecast", "claim"):
        assert wide.truth[report].join(master, on="mpn", how="anti").is_empty(), report
    for report in ("enablement_event", "complaint", "quality_feedback"):
        named = wide.truth[report].drop_nulls("mpn")
        assert named.join(master, on="mpn", how="anti").is_empty(), report
    sold = wide.truth["pos"].join(master, on="mpn")
    assert sold.filter(pl.col("invoice_date") < pl.col("received_at").dt.date()).is_empty()


@pytest.mark.parametrize(
    "report",
    ["pos", "stock", "sell_in", "price", "market_index", "dealer", "orders", "logistics_event",
     "return", "certification", "enablement_event", "quality_feedback", "complaint", "claim",
     "dealer_forecast"],
)  # fmt: skip
def test_true_lines_keep_their_contract(wide: WorldFiles, root: Path, report: str) -> None:
    """Keys are unique, required columns are filled, row rules hold."""
    contract = yaml.safe_load((root / f"expectations/contracts/{report}.odcs.yaml").read_text())
    schema = contract["schema"][0]
    frame = wide.truth[report]
    key = [p["name"] for p in schema["properties"] if p.get("primaryKey")]
    key = [c for c in ["dealer_id", *key] if c in frame.columns]
    assert len(frame) > 4
    assert frame.select(key).is_duplicated().sum() == 0
    for p in schema["properties"]:
        if p.get("required"):
            assert frame[p["name"]].null_count() == 0, p["name"]
    absent = [p["name"] for p in schema["properties"] if p["name"] not in frame.columns]
    frame = frame.with_columns(pl.lit(None, dtype=pl.Date).alias(name) for name in absent)
    for rule in schema.get("quality", []):
        holds = rule["implementation"]["holds"].replace("<>", "!=")
        broken = pl.SQLContext(t=frame).execute(f"SELECT * FROM t WHERE NOT ({holds})", eager=True)
        assert broken.is_empty(), rule["name"]


def test_special_prices_are_used_within_their_cap(flows: Flows) -> None:
    spas = lines.choose_spas(flows)
    sold: dict[str, int] = {}
    for i in {s.dealer for s in spas}:
        frame = lines.pos(flows, i, spas).filter(
            (pl.col("type") == "sale") & pl.col("spa_no").is_not_null()
        )
        sold |= dict(frame.group_by("spa_no").agg(pl.col("qty").sum()).iter_rows())
    assert len(spas) == 8
    for spa in spas:
        assert 0 < sold[spa.doc_no] <= spa.cap


def test_committed_feeds_are_those_of_the_table_of_shapes(root: Path, tmp_path: Path) -> None:
    write_feeds(tmp_path)
    made = {str(p.relative_to(tmp_path)): p for p in tmp_path.rglob("*") if p.is_file()}
    assert len(made) == 13 + 3 * (12 * 2 + 5 + 4 + 12)  # pos, stock, claims, forecasts, vendor
    for name, path in made.items():
        assert (root / "feeds" / name).read_bytes() == path.read_bytes(), name


@pytest.mark.parametrize("dealer_id", sorted(SHAPES))
def test_a_feed_says_what_the_shape_says(root: Path, dealer_id: str) -> None:
    feed = yaml.safe_load((root / f"feeds/{dealer_id}/feed.yml").read_text())
    assert feed["dealer_id"] == dealer_id
    for report, columns in SHAPES[dealer_id].reports.items():
        mapped = feed["reports"][report]["columns"]
        assert set(mapped) == columns.reported
        assert all(isinstance(v, str | dict) for v in mapped.values())
