"""Flows as the canonical lines of the reports pos, stock and sell_in, in pieces and excl. tax.

Frames carry `month` (index of the reporting month) and `part` (index into the catalogue) beside
the contract's columns, and those of `pos` also `HELPERS`; money columns are int64 in 1/10,000 of
the dealer's currency.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from chip_channel.world.catalogue import whole_cents
from chip_channel.world.enablement import with_support
from chip_channel.world.flows import Flows
from chip_channel.world.spec import MAKER, DealerSpec, WorldSpec, dates

HELPERS = ("row", "day", "buyer")  # the sale it belongs to, day of the world, index of the customer
TYPES = np.array(["sale", "return", "sample", "cancel"], dtype=object)
SALE, RETURN, SAMPLE, CANCEL = range(4)
NOTHING = np.array(None, dtype=object)
# An invoice prefix per type, where the dealer's system tells types by their number range.
NUMBER_RANGES = {"elbtal": ("RE", "GS", "MU", "ST")}


@dataclass(frozen=True)
class Spa:
    """A special price authorisation for one customer and part of a dealer."""

    doc_no: str
    dealer: int
    customer: int
    part: int
    first_month: int
    last_month: int
    price_e4: int  # to the dealer, CNY per piece
    resale_e4: int  # to the customer
    cap: int  # pieces


def choose_spas(flows: Flows, count: int = 8) -> list[Spa]:
    """Give special prices where a customer buys a part again and again (CNY dealers only)."""
    spec, demand, pairs = flows.spec, flows.demand, flows.pairs
    rng = spec.rng("spa")
    month = spec.month_of_day()[demand.day]
    cny = np.array([d.currency == "CNY" and not d.parent for d in spec.dealers])
    spas: list[Spa] = []
    for k in range(count):
        first = (k * spec.months) // (count + 2)
        last = min(first + 3 + k % 3, spec.months - 1)
        inside = demand.filled & ~demand.sample & (month >= first) & (month <= last)
        inside &= cny[pairs.dealer[demand.pair]]
        lines = np.flatnonzero(inside)
        key = demand.pair[lines] * 10_000 + demand.customer[lines]
        keys, inverse, times = np.unique(key, return_inverse=True, return_counts=True)
        best = np.argsort(-times, kind="stable")[: 3 * count]
        taken = {(s.dealer, s.customer, s.part) for s in spas}
        for b in rng.permutation(best):
            pair, customer = divmod(int(keys[b]), 10_000)
            dealer, part = int(pairs.dealer[pair]), int(pairs.part[pair])
            if (dealer, customer, part) not in taken:
                break
        else:
            continue
        spq = int(flows.catalogue.parts.spq[part])
        wanted = int(demand.qty[lines][inverse == b].sum())
        cost = flows.catalogue.book_cost(spec.dealers[dealer], np.array([first]), np.array([part]))
        spas.append(
            Spa(
                f"SPA-{spec.month_start(first):%y%m}-{k + 1:03d}", dealer, customer, part,
                first, last, int(cost[0]) * 86 // 10_000 * 100, int(cost[0]) * 94 // 10_000 * 100,
                # Every third one runs out before its time.
                -(-wanted * (60 if k % 3 == 2 else 120) // 100 // spq) * spq,
            )
        )  # fmt: skip
    return spas


def text(values: np.ndarray) -> pl.Series:
    """Python strings and None as a column."""
    return pl.Series(values.tolist(), dtype=pl.String)


def _rank(group: np.ndarray) -> np.ndarray:
    """1, 2, 3, … within each run of equal values of a sorted array."""
    start = np.flatnonzero(np.r_[True, group[1:] != group[:-1]]) if len(group) else group
    return np.arange(len(group)) - start.repeat(np.diff(np.r_[start, len(group)])) + 1


def pos(flows: Flows, dealer: int, spas: list[Spa]) -> pl.DataFrame:
    """Every line that a dealer invoices, sorted by day: sales, samples, returns, cancellations."""
    spec, demand, pairs, catalogue = flows.spec, flows.demand, flows.pairs, flows.catalogue
    who = spec.dealers[dealer]
    customers = catalogue.customers
    lines = np.flatnonzero(demand.filled & (pairs.dealer[demand.pair] == dealer))
    moves = flows.transfers
    out = np.flatnonzero(pairs.dealer[pairs.parent[moves.pair]] == dealer)
    # End customers first, then sub-dealers; buyers are numbered through.
    day = np.r_[demand.day[lines], moves.shipped[out]]
    part = pairs.part[np.r_[demand.pair[lines], moves.pair[out]]]
    qty = np.r_[demand.qty[lines], moves.qty[out]]
    buyer = np.r_[demand.customer[lines], len(customers.name) + pairs.dealer[moves.pair[out]]]
    source = np.r_[lines, np.full(len(out), -1)]
    order = np.lexsort((buyer, day))
    day, part, qty, buyer, source = (x[order] for x in (day, part, qty, buyer, source))

    month = spec.month_of_day()[day]
    to_sub = source < 0
    sample = ~to_sub & demand.sample[source]
    _, invoice = np.unique(day * 100_000 + buyer, return_inverse=True)
    cost = catalogue.book_cost(who, month, part)
    rng = spec.rng("pos", who.dealer_id)
    margin = np.clip(rng.normal(900, 220, len(day)), 150, 2500).astype(np.int64)
    price = np.where(to_sub, cost * 104 // 100, cost * (10_000 + margin) // 10_000)
    price = whole_cents(with_support(flows, price, cost, buyer, day))
    spa_no = np.full(len(day), None, dtype=object)
    for spa in (s for s in spas if s.dealer == dealer):
        hit = (buyer == spa.customer) & (part == spa.part) & ~sample
        hit &= (month >= spa.first_month) & (month <= spa.last_month)
        hit &= np.cumsum(np.where(hit, qty, 0)) <= spa.cap
        spa_no[hit], price[hit] = spa.doc_no, spa.resale_e4
    price = np.where(sample, 0, catalogue.in_currency(price, who.currency, month))
    back = np.flatnonzero(~to_sub & (demand.back_lag[source] > 0))
    cancel = demand.cancel[source[back]]

    # Returns and cancellations are further lines that point back at theirs.
    row = np.r_[np.arange(len(day)), back]
    kind = np.r_[np.where(sample, SAMPLE, SALE), np.where(cancel, CANCEL, RETURN)]
    when = np.r_[day, day[back] + demand.back_lag[source[back]]]
    amount = np.r_[qty, -demand.back_qty[source[back]]]
    plain = kind != RETURN
    number = np.r_[invoice, np.where(cancel, invoice[back], 0)]
    number[~plain] = invoice.max(initial=0) + 1 + np.arange((~plain).sum())
    number_text = _invoice_numbers(spec, who, np.where(plain, day[row], when), number, kind)
    line = np.where(plain, _rank(invoice)[row], 1)
    original = np.full(len(row), None, dtype=object)
    original[~plain] = number_text[: len(day)][back[~cancel]]
    frame = pl.DataFrame(
        {
            "month": spec.month_of_day()[when],
            "part": part[row],
            "row": row,
            "day": when,
            "buyer": buyer[row],
            "invoice_no": text(number_text),
            "line_no": pl.Series(line).cast(pl.String),
            "type": text(TYPES[kind]),
            "invoice_date": dates(spec, when),
            "ship_date": dates(spec, when),
            "maker": pl.repeat(MAKER, len(row), eager=True),
            "mpn": pl.Series(catalogue.parts.mpn[part[row]]),
            "qty": amount,
            "resale_price": price[row],
            "book_cost": catalogue.in_currency(cost, who.currency, month)[row],
            **_buyers(flows, buyer[row]),
            "customer_po": pl.Series([f"PO{who.dealer_id[:2].upper()}{k:07d}" for k in row]),
            "spa_no": text(np.where(kind == SAMPLE, NOTHING, spa_no[row])),
            "original_invoice": text(original),
        }
    )
    return frame.sort("invoice_date", "invoice_no", "line_no", "type", maintain_order=True)


def _buyers(flows: Flows, buyer: np.ndarray) -> dict[str, pl.Series]:
    """The columns on the customer; a buyer beyond the customers is a dealer (a sub-dealer)."""
    customers, dealers = flows.catalogue.customers, flows.spec.dealers

    def pick(of_customers: np.ndarray, of_dealers: list[str | None]) -> np.ndarray:
        return np.concatenate([of_customers, np.array(of_dealers, dtype=object)])[buyer]

    nobody: list[str | None] = [None] * len(dealers)
    return {
        "sold_to": text(pick(customers.name, [d.dealer_id for d in dealers])),
        "end_customer": text(pick(customers.name, nobody)),
        "ship_to_country": text(pick(customers.country, [d.country for d in dealers])),
        "ship_to_region": text(pick(customers.region, [d.regions[0] for d in dealers])),
        "end_application": text(pick(customers.industry, nobody)),
    }


def _invoice_numbers(
    spec: WorldSpec, who: DealerSpec, day: np.ndarray, number: np.ndarray, kind: np.ndarray
) -> np.ndarray:
    letters = who.dealer_id[:2].upper()
    prefixes = NUMBER_RANGES.get(who.dealer_id, (letters, letters + "R", letters, letters))
    prefix = np.array(prefixes)[kind]
    stamp = dates(spec, day).dt.strftime("%y%m").to_numpy()
    parts = pl.DataFrame({"p": prefix, "s": stamp, "n": number}).select(
        pl.concat_str("p", "s", pl.col("n").cast(pl.String).str.zfill(6))
    )
    return np.array(parts.to_series().to_list(), dtype=object)


def in_transit(flows: Flows) -> np.ndarray:
    """Pieces shipped by the vendor and not yet received, at the end of each day: (days, pairs)."""
    moves = flows.vendor
    change = np.zeros((flows.spec.days + 200, len(flows.pairs.part)), dtype=np.int64)
    known = moves.shipped < len(change)
    np.add.at(change, (np.maximum(moves.shipped[known], 0), moves.pair[known]), moves.qty[known])
    np.subtract.at(change, (moves.arrived[known], moves.pair[known]), moves.qty[known])
    return change[: flows.spec.days].cumsum(axis=0)


def snapshot_days(spec: WorldSpec) -> np.ndarray:
    """Sundays and month ends."""
    days = np.arange(spec.days)
    month_end = np.r_[np.diff(spec.month_of_day()) > 0, True]
    return days[((days + spec.first_day.weekday()) % 7 == 6) | month_end]


def stock(flows: Flows, dealer: int, transit: np.ndarray) -> pl.DataFrame:
    """All snapshots of one dealer; `transit` as of `in_transit`."""
    spec, pairs, catalogue = flows.spec, flows.pairs, flows.catalogue
    who = spec.dealers[dealer]
    mine = np.flatnonzero(pairs.dealer == dealer)
    days = snapshot_days(spec)
    day = days.repeat(len(mine))
    month = spec.month_of_day()[day]
    pair = np.tile(mine, len(days))
    part = pairs.part[pair]
    held = flows.on_hand[np.ix_(days, mine)].ravel()
    spq, second = catalogue.parts.spq[part], pairs.second[pair]
    there = np.where(second == 1, held, (held * second / spq).astype(np.int64) * spq)
    seen = np.maximum.accumulate(flows.on_hand, axis=0)[np.ix_(days, mine)].ravel() > 0
    coming = transit[np.ix_(days, mine)].ravel()
    home = np.where(second == 1, len(who.locations) - 1, 0)
    cost = catalogue.in_currency(catalogue.book_cost(who, month, part), who.currency, month)

    none_left = who.zeros & seen
    first_store, last_store = np.zeros_like(home), np.full_like(home, len(who.locations) - 1)
    blocks = [
        (first_store, held - there, "available", ((held - there) > 0) | (none_left & (second < 1))),
        (last_store, there, "available", (there > 0) | (none_left & (second == 1))),
        (home, coming, "in_transit", (coming > 0) & who.shows_transit),
    ]
    frames = []
    for place, qty, status, keep in blocks:
        at = place[keep]
        consigned = pairs.consigned[pair][keep]
        frames.append(
            pl.DataFrame(
                {
                    "month": month[keep],
                    "part": part[keep],
                    "location_id": pl.Series(np.array(who.locations)[at]),
                    "maker": pl.repeat(MAKER, len(at), eager=True),
                    "mpn": pl.Series(catalogue.parts.mpn[part[keep]]),
                    "qty": qty[keep],
                    "ownership": pl.Series(np.where(consigned, "consigned", "owned")),
                    "status": pl.repeat(status, len(at), eager=True),
                    "book_cost": pl.Series(cost[keep]).set(pl.Series(consigned), None),
                    "as_of": dates(spec, day[keep]),
                }
            )
        )
    return pl.concat(frames).sort("as_of", "location_id", "mpn", "status", maintain_order=True)


def sell_in(flows: Flows, whole: bool = False) -> pl.DataFrame:
    """All shipments of the vendor that left by the last day, the opening ones included.

    With `whole` those that leave later too, in the numbers that they would have.

    The opening stock of sub-dealers came from the vendor too: it is older than their contracts
    with the parents. `arrived` and `shipped` (days of the world) tell what a report knows.
    """
    spec, pairs, catalogue, moves = flows.spec, flows.pairs, flows.catalogue, flows.vendor
    rng = spec.rng("sell_in")
    first = np.flatnonzero(flows.opening > 0)
    # Stock that nobody asks for came long ago, the rest within the last half year.
    age = np.where(pairs.dead[first], rng.integers(220, 400, len(first)), 0)
    age = np.where(age == 0, rng.integers(30, 180, len(first)), age)
    gone = (moves.shipped < spec.days) | whole
    pair = np.r_[first, moves.pair[gone]]
    shipped = np.r_[-age, moves.shipped[gone]]
    arrived = np.r_[-age + rng.integers(2, 9, len(first)), moves.arrived[gone]]
    ordered = np.r_[-age - 40, moves.ordered[gone]]
    qty = np.r_[flows.opening[first], moves.qty[gone]]
    dealer, part = pairs.dealer[pair], pairs.part[pair]
    order = np.lexsort((part, arrived, dealer, shipped))
    pair, shipped, arrived, ordered, qty, dealer, part = (
        x[order] for x in (pair, shipped, arrived, ordered, qty, dealer, part)
    )
    _, shipment = np.unique(np.stack([shipped, dealer, arrived]), axis=1, return_inverse=True)
    shipment = shipment.ravel()
    month = spec.month_of_day()[np.clip(shipped, 0, spec.days - 1)]
    price = np.zeros(len(pair), dtype=np.int64)
    place = np.full(len(pair), "", dtype=object)
    for i, who in enumerate(spec.dealers):
        mine = dealer == i
        price[mine] = catalogue.book_cost(who, month[mine], part[mine])
        home = np.where(pairs.second[pair[mine]] == 1, len(who.locations) - 1, 0)
        place[mine] = np.array(who.locations, dtype=object)[home]
    ids = np.array([d.dealer_id for d in spec.dealers])[dealer]
    labels = pl.DataFrame(
        {"d": ids, "o": dates(spec, ordered).dt.strftime("%y%m%d"), "s": shipment, "k": order}
    ).select(
        shipment_no=pl.format("SH{}", pl.col("s").cast(pl.String).str.zfill(6)),
        order_no=pl.format("{}-{}", pl.col("d").str.to_uppercase().str.slice(0, 4), pl.col("o")),
        lot=pl.format("L{}", (pl.col("k") * 7919 % 999_983).cast(pl.String).str.zfill(6)),
        invoice_no=pl.format("INV{}", pl.col("s").cast(pl.String).str.zfill(6)),
    )
    return pl.DataFrame(
        {
            "shipped": shipped,
            "arrived": arrived,
            "ordered": ordered,
            "part": part,
            "shipment_no": labels["shipment_no"],
            "line_no": pl.Series(_rank(shipment)).cast(pl.String),
            "order_no": labels["order_no"],
            "ship_to_dealer": pl.Series(ids),
            "maker": pl.repeat(MAKER, len(pair), eager=True),
            "mpn": pl.Series(catalogue.parts.mpn[part]),
            "qty": qty,
            "unit_price": price,
            "ship_date": dates(spec, shipped),
            "received_date": dates(spec, arrived),
            "lot": labels["lot"],
            "ship_to_location": text(place),
            "invoice_no": labels["invoice_no"],
        }
    )
