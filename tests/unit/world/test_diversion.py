"""Plain rules find the planted diversion in the reports, and nothing else."""

import polars as pl
import pytest
from chip_channel.world import WorldFiles

LINE = ["dealer_id", "invoice_no", "line_no"]
Lines = set[tuple[str, str, str]]
DIVERTERS = {"tianmu", "jinyu", "qiming"}


def _planted(world: WorldFiles, signal: str) -> Lines:
    cases = world.truth["diversion"].filter(pl.col("signal") == signal)
    return set(cases.select(LINE).iter_rows())


def _lines(frame: pl.DataFrame) -> Lines:
    return set(frame.select(LINE).iter_rows())


@pytest.fixture(scope="module")
def pos(whole: WorldFiles) -> pl.DataFrame:
    """What all dealers sold, with the regions, parent and currency of the dealer."""
    master = whole.truth["dealer"].sort("valid_from").unique("dealer_code", keep="last")
    return whole.truth["pos"].join(
        master.select("regions", "parent", "currency", dealer_id="dealer_code"), on="dealer_id"
    )


def test_three_dealers_divert_again_and_again_and_others_hardly_ever(whole: WorldFiles) -> None:
    cases = whole.truth["diversion"].filter(pl.col("suspicious")).unique("case_id")
    number = dict(cases.group_by("dealer_id").len().iter_rows())
    assert all(number[d] >= 4 for d in DIVERTERS)
    assert all(n <= 3 for d, n in number.items() if d not in DIVERTERS)
    assert set(cases["signal"]) == {
        "lot_elsewhere", "outside_region", "spa_customer", "two_dealers", "above_usual",
        "below_corridor", "reversed_claim", "load_in", "broker_name",
    }  # fmt: skip


def test_no_line_shows_two_cases(whole: WorldFiles) -> None:
    assert whole.truth["diversion"].select("report", *LINE).is_duplicated().sum() == 0


def test_lots_of_others_are_sold_only_where_planted(whole: WorldFiles, pos: pl.DataFrame) -> None:
    sent = whole.truth["sell_in"].select("lot", "ship_to_dealer", "mpn").unique()
    parent = dict(pos.select("dealer_id", "parent").unique().iter_rows())
    holders = {d: [d, parent.get(d), parent.get(parent.get(d))] for d in parent}
    lots = pos.filter(pl.col("lot").is_not_null()).join(sent, on=["lot", "mpn"], how="left")
    assert lots["ship_to_dealer"].null_count() == 0
    ours = pl.concat(
        [
            pl.DataFrame({"dealer_id": d, "ship_to_dealer": [h for h in hs if h]})
            for d, hs in holders.items()
        ]
    )
    astray = lots.join(ours, on=["dealer_id", "ship_to_dealer"], how="anti")
    assert _lines(astray) == _planted(whole, "lot_elsewhere") != set()


def test_goods_leave_the_regions_only_where_planted(whole: WorldFiles, pos: pl.DataFrame) -> None:
    dealers = pos["dealer_id"].unique().implode()
    outside = pos.filter(
        ~pl.col("sold_to").is_in(dealers)
        & ~pl.col("regions").str.split(";").list.contains(pl.col("ship_to_region"))
    )
    assert _lines(outside) == _planted(whole, "outside_region")
    benign = whole.truth["diversion"].filter(~pl.col("suspicious"))
    assert set(benign["dealer_id"]) == {"changfeng", "huaxin", "shenda"}


def test_special_prices_reach_others_only_where_planted(
    whole: WorldFiles, pos: pl.DataFrame
) -> None:
    spas = whole.truth["price"].filter(pl.col("kind") == "spa")
    spas = spas.select(spa_no="doc_no", asked="end_customer")
    other = pos.join(spas, on="spa_no").filter(pl.col("asked") != pl.col("end_customer"))
    assert _lines(other) == _planted(whole, "spa_customer") != set()


def test_projects_have_two_dealers_only_where_planted(whole: WorldFiles, pos: pl.DataFrame) -> None:
    projects = pos.filter(pl.col("design_reg_no").is_not_null())
    claimed = projects.group_by("design_reg_no").agg(pl.col("dealer_id").n_unique().alias("n"))
    twice = projects.join(claimed.filter(pl.col("n") > 1), on="design_reg_no")
    planted = _planted(whole, "two_dealers")
    assert set(twice["dealer_id"]) == {"tianmu", "jinyu", "huaxin", "changfeng"}
    assert _lines(twice.filter(pl.col("dealer_id").is_in(list(DIVERTERS)))) == planted != set()
    named = projects.group_by("dealer_id").agg(pl.len())
    assert len(named) == 5


def test_prices_are_below_the_corridor_only_where_planted(
    whole: WorldFiles, pos: pl.DataFrame
) -> None:
    listed = whole.truth["price"].filter(pl.col("kind") == "list")
    priced = pos.filter(
        (pl.col("type") == "sale") & pl.col("spa_no").is_null() & (pl.col("currency") == "CNY")
    ).join(listed.select("mpn", "min_resale", "valid_from", "valid_to"), on="mpn")
    low = priced.filter(
        pl.col("invoice_date").is_between(pl.col("valid_from"), pl.col("valid_to"))
        & (pl.col("resale_price") < pl.col("min_resale"))
    )
    assert _lines(low) == _planted(whole, "below_corridor") != set()
    assert (low["resale_price"] < low["book_cost"]).all()


def test_traders_are_customers_only_where_planted(whole: WorldFiles, pos: pl.DataFrame) -> None:
    traders = pos.filter(pl.col("sold_to").str.contains("贸易|商行|Trading|Brokers"))
    assert _lines(traders) == _planted(whole, "broker_name") != set()


def test_a_customer_buys_far_above_its_usual(whole: WorldFiles, pos: pl.DataFrame) -> None:
    cases = whole.truth["diversion"].filter(pl.col("signal") == "above_usual")
    monthly = (
        pos.filter(pl.col("type") == "sale")
        .group_by("dealer_id", "sold_to", "period")
        .agg((pl.col("qty") * pl.col("resale_price").cast(float)).sum().alias("amount"))
    )
    for _, case in cases.group_by("case_id"):
        month, dealer = case["month"][0], case["dealer_id"][0]
        lines = pos.join(case, on=LINE, how="semi")
        assert lines["sold_to"].n_unique() == 1
        mine = monthly.filter(
            (pl.col("dealer_id") == dealer) & (pl.col("sold_to") == lines["sold_to"][0])
        )
        usual = mine["amount"].median()
        spread = (mine["amount"] - usual).abs().median()
        assert mine.filter(pl.col("period") == month)["amount"][0] > usual + 6 * spread


def test_sales_come_back_after_their_claim_only_where_planted(
    whole: WorldFiles, pos: pl.DataFrame
) -> None:
    planted = _planted(whole, "reversed_claim")
    claims = whole.truth["claim"].select(
        "dealer_id", "claim_date", "mpn", original_invoice="invoice_no"
    )  # fmt: skip
    back = pos.filter(pl.col("type") == "return").join(
        claims, on=["dealer_id", "original_invoice", "mpn"]
    )
    back = back.filter(pl.col("invoice_date") > pl.col("claim_date"))
    sales = set(back.select("dealer_id", "original_invoice").iter_rows())
    returns = _lines(back)
    assert planted >= returns != set()
    assert {line[:2] for line in planted - returns} == sales


def test_a_quarter_ends_with_more_bought_than_sold(whole: WorldFiles, pos: pl.DataFrame) -> None:
    case = whole.truth["diversion"].filter(pl.col("signal") == "load_in")
    month, dealer = case["month"][0], case["dealer_id"][0]
    assert month.month % 3 == 0
    bought = whole.truth["sell_in"].filter(
        (pl.col("ship_to_dealer") == dealer) & (pl.col("ship_date").dt.truncate("1mo") == month)
    )
    sold = pos.filter((pl.col("dealer_id") == dealer) & (pl.col("period") == month))
    assert bought["qty"].sum() > 2 * sold["qty"].sum()
