"""A proposal in a sentence, for a channel manager, in English and Chinese."""

import polars as pl

from chip_channel.planning.replenish import Lines, Proposals

_EN = {
    "history": "{} expected from the sales history over lead time and review",
    "market_index": "{} for the market index",
    "lifecycle": "{} for the lifecycle stage",
    "safety_stock": "{} safety stock",
    "cap": "{} because of the cap on stock",
    "position": "{} for what is on hand and on order, less backlog and reservations",
    "covered": "{} that need not be ordered, as stock exceeds the need",
    "transfer": "{} covered by transfers from other dealers",
    "rounding": "{} to fit MOQ and SPQ",
    "allocation": "{} because supply is short and shared",
}
_ZH = {
    "history": "按销售历史预计在交期加盘点期内的需求 {}",
    "market_index": "景气指数调整 {}",
    "lifecycle": "产品生命周期调整 {}",
    "safety_stock": "安全库存 {}",
    "cap": "库存上限调整 {}",
    "position": "在库与在途（扣除未交订单和预留）{}",
    "covered": "库存已超过需求，冲回 {}",
    "transfer": "由其他经销商调拨 {}",
    "rounding": "按起订量和最小包装取整 {}",
    "allocation": "供应不足按比例分配 {}",
}


def sentences(lines: Lines, made: Proposals) -> pl.DataFrame:
    """`dealer_id`, `mpn`, `quantity`, `sentence_en`, `sentence_zh` per line; factors of 0 are left out."""
    frame = pl.DataFrame(
        {"dealer_id": lines.dealer, "mpn": lines.part, "quantity": made.quantity}
        | {f"by_{name}": amount for name, amount in made.contributions.items()}
    )
    some, what = pl.col("quantity") > 0, (pl.col("dealer_id"), pl.col("mpn"))
    amount = _number("quantity", signed=False)
    en = pl.when(some).then(pl.format("Order {} pieces of {} for {}: ", amount, what[1], what[0]))
    zh = pl.when(some).then(pl.format("建议 {} 订购 {} 共 {} 片：", *what, amount))
    return frame.select(
        "dealer_id", "mpn", "quantity",
        pl.concat_str(
            en.otherwise(pl.format("Order no {} for {}: ", what[1], what[0])),
            _reasons(_EN, ", "), pl.lit("."),
        ).alias("sentence_en"),
        pl.concat_str(
            zh.otherwise(pl.format("{} 无需订购 {}：", *what)), _reasons(_ZH, "，"), pl.lit("。")
        ).alias("sentence_zh"),
    )  # fmt: skip


def _reasons(words: dict[str, str], between: str) -> pl.Expr:
    said = [
        pl.when(pl.col(f"by_{name}") != 0).then(pl.format(text, _number(f"by_{name}")))
        for name, text in words.items()
    ]
    nothing = {", ": "no demand is expected", "，": "预计没有需求"}[between]
    joined = pl.concat_str(said, separator=between, ignore_nulls=True)
    return pl.when(joined == "").then(pl.lit(nothing)).otherwise(joined)


def _number(name: str, signed: bool = True) -> pl.Expr:
    """Whole pieces with thousands separators, as +1,200 and −300."""
    digits = pl.col(name).abs().cast(pl.String).str.reverse()
    grouped = digits.str.replace_all(r"(\d{3})", "${1},").str.strip_suffix(",").str.reverse()
    sign = pl.when(pl.col(name) < 0).then(pl.lit("−")).otherwise(pl.lit("+"))
    return pl.concat_str(sign, grouped) if signed else grouped
