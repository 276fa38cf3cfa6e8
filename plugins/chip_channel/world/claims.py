"""Ship-and-debit claims on sales under a special price, some of them wrong."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from chip_channel.world.flows import Flows
from chip_channel.world.instants import month_of
from chip_channel.world.lines import Spa
from chip_channel.world.spec import MAKER, dates

LAG = (6, 13)  # days from a sale to its claim
CLAIMANTS = ("huaxin", "shenda", "hongyuan", "beichen", "changfeng")  # their invoices number lines
WRONG = ("above_sold", "spa_unknown")  # planted one after the other in each dealer's claims


def use_up(flows: Flows, dealer: int, pos: pl.DataFrame, spas: Sequence[Spa]) -> pl.DataFrame:
    """The dealer goes on selling at a special price once more after its quantity is used up."""
    spec = flows.spec
    for spa in (s for s in spas if s.dealer == dealer):
        same = (pl.col("buyer") == spa.customer) & (pl.col("part") == spa.part)
        sale = same & (pl.col("type") == "sale")
        inside = pl.col("month").is_between(spa.first_month, spa.last_month)
        taken = pos.filter(pl.col("spa_no") == spa.doc_no)
        alone = ~pl.col("row").is_duplicated()
        after = pos.with_row_index("at").filter(
            sale
            & inside
            & alone
            & pl.col("spa_no").is_null()
            & (pl.col("day") < spec.days - LAG[1])
        )
        if len(after) and len(taken):
            at = int(after["at"][0])
            pos = pos.with_columns(
                spa_no=pos["spa_no"].scatter(at, spa.doc_no),
                resale_price=pos["resale_price"].scatter(at, taken["resale_price"][0]),
            )
    return pos


def claims(
    flows: Flows, dealer: int, pos: pl.DataFrame, spas: Sequence[Spa]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A dealer's claim lines, and what is wrong with some: the second frame.

    One claim a month. What came back before the claim is not claimed.
    """
    spec = flows.spec
    who = spec.dealers[dealer]
    rng = spec.rng("claim", who.dealer_id)
    by_no = {s.doc_no: s for s in spas if s.dealer == dealer}
    back = pos.filter(pl.col("type").is_in(["return", "cancel"])).select(
        "row", back_day="day", back_qty="qty"
    )
    sold = pos.filter((pl.col("type") == "sale") & pl.col("spa_no").is_not_null())
    lag = rng.integers(*LAG, len(sold))
    sold = sold.with_columns(claim_day=pl.col("day") + pl.Series(lag, dtype=pl.Int64))
    sold = sold.join(back, on="row", how="left", maintain_order="left")
    before = pl.col("back_day") < pl.col("claim_day")
    price = {no: s.price_e4 for no, s in by_no.items()}
    customer = {no: s.customer for no, s in by_no.items()}
    frame = sold.with_columns(
        claim_qty=pl.col("qty") + pl.when(before).then("back_qty").otherwise(0),
        contract_price=pl.col("spa_no").replace_strict(price, return_dtype=pl.Int64),
        asked=pl.col("spa_no").replace_strict(customer, return_dtype=pl.Int64),
    ).filter(
        (pl.col("claim_day") < spec.days) & (pl.col("claim_qty") > 0)
        & (pl.col("contract_price") < pl.col("book_cost"))
    ).sort("claim_day", "invoice_no", "line_no")  # fmt: skip
    fault = pl.when(pl.col("asked") != pl.col("buyer")).then(pl.lit("other_customer"))
    frame = frame.with_columns(
        fault=fault, day=pl.col("claim_day"), reversed=pl.col("back_day") > pl.col("claim_day")
    )
    fine = (frame["fault"].is_null() & ~frame["reversed"].fill_null(False)).arg_true().to_numpy()
    wrong = rng.choice(fine, min(len(WRONG), len(fine) // 4), replace=False)
    frame = frame.with_columns(fault=frame["fault"].scatter(wrong, list(WRONG[: len(wrong)])))
    spq = pl.Series(flows.catalogue.parts.spq[frame["part"].to_numpy()])
    extra = pl.when(pl.col("fault") == "above_sold").then(spq).otherwise(0)
    unknown = pl.when(pl.col("fault") == "spa_unknown").then(pl.lit("SPA-2399-001"))
    # First come, first served: what a right claim takes from the authorised quantity.
    takes = pl.when(pl.col("fault").fill_null("above_sold") == "above_sold").then("claim_qty")
    cap = pl.col("spa_no").replace_strict({no: s.cap for no, s in by_no.items()})
    over = takes.fill_null(0).cum_sum().over("spa_no") > cap
    frame = frame.with_columns(
        fault=pl.when(pl.col("fault").is_null() & over)
        .then(pl.lit("over_balance"))
        .otherwise("fault")
    )
    month = month_of(spec, frame["day"].to_numpy())
    stamp = dates(spec, frame["day"].to_numpy()).dt.strftime("%y%m")
    frame = frame.with_columns(
        claim_qty=pl.col("claim_qty") + extra, spa_no=unknown.otherwise("spa_no"),
        month=pl.Series(month, dtype=pl.Int64),
        claim_no=pl.format("CL{}{}", pl.lit(who.dealer_id[:2].upper()), stamp),
    ).with_columns(
        "part", "spa_no", "invoice_no", "mpn", "claim_qty", "contract_price",
        line_no=pl.int_range(1, pl.len() + 1).over("claim_no").cast(pl.String),
        invoice_line="line_no",
        maker=pl.lit(MAKER),
        basis_price="book_cost",
        claim_amount=pl.col("claim_qty") * (pl.col("book_cost") - pl.col("contract_price")),
        claim_date=dates(spec, frame["day"].to_numpy()),
    )  # fmt: skip
    wanted = (
        "month", "part", "claim_no", "line_no", "spa_no", "invoice_no", "invoice_line", "maker",
        "mpn", "claim_qty", "basis_price", "contract_price", "claim_amount", "claim_date",
    )  # fmt: skip
    told = frame.select(
        "row", "claim_no", "line_no", "spa_no", "invoice_no", "invoice_line", "fault", "reversed",
        dealer_id=pl.lit(who.dealer_id),
    )  # fmt: skip
    back_later = told.filter("reversed").with_columns(fault=pl.lit("reversed"))
    faults = pl.concat([told.filter(pl.col("fault").is_not_null()), back_later]).drop("reversed")
    return frame.select(wanted), faults
