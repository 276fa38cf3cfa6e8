"""Suspicions of diversion, and the lines they rest on."""

from collections import defaultdict

from chip_channel.report.reading import Reader, Row

LINES = 6
"""Evidence lines of one suspicion, at most."""


def suspicions(db: Reader, level: str, limit: int, months: int | None = None) -> list[Row]:
    """Suspicions at a level, the newest month first, each with its `lines` and how many are the `rest`.

    `found` is how many there are in all of these months.
    """
    found = db.published.execute(
        """
        select
            d.*, coalesce(p.mpn, d.product_id) as mpn, count(*) over () as found
        from publish.mart_diversion as d
        left join publish.dim_product as p on p.product_id = d.product_id and p.is_current
        where d.level = %(level)s and (%(months)s::int is null or d.slice > (
            select max(slice) - make_interval(months => %(months)s) from publish.mart_channel_health
        ))
        order by d.slice desc, d.score desc, d.evidence_amount_vendor desc nulls last, d.dealer_id,
            d.product_id, d.region
        limit %(limit)s
        """,
        {"level": level, "limit": limit, "months": months},
    ).fetchall()
    lines = _evidence(db, found)
    for row in found:
        row["lines"] = lines[_key(row)]
        row["rest"] = row["evidence_lines"] - len(row["lines"])
    return found


def counts(db: Reader, months: int = 15) -> list[Row]:
    """How many suspicions at each level by month, the newest months."""
    return db.published.execute(
        """
        select slice, level, count(*) as cells
        from publish.mart_diversion
        where level <> 'none' and slice > (
            select max(slice) - make_interval(months => %s) from publish.mart_channel_health
        )
        group by slice, level
        order by slice, level
        """,
        (months,),
    ).fetchall()


def with_open_complaint(db: Reader, limit: int) -> list[Row]:
    """Suspects of half a year that a complaint, still open, is about; by dealer and region."""
    return db.published.execute(
        """
        select
            d.dealer_id, d.region, max(d.score) as score, max(d.slice) as slice,
            count(distinct d.product_id) as parts, sum(d.evidence_amount_vendor) as amount,
            max(c.complaints) as complaints
        from publish.mart_diversion as d
        inner join lateral (
            select count(*) as complaints
            from publish.fct_complaint as c
            where c.complaint_kind = 'diversion' and c.closed_on is null
                and c.against_dealer_id = d.dealer_id and c.region = d.region
                and c.slice between d.slice - interval '1 month' and d.slice + interval '1 month'
        ) as c on c.complaints > 0
        where d.level = 'suspect' and d.slice > (
            select max(slice) - interval '6 months' from publish.mart_channel_health
        )
        group by d.dealer_id, d.region
        order by amount desc nulls last, d.dealer_id, d.region
        limit %s
        """,
        (limit,),
    ).fetchall()


def _key(row: Row) -> tuple[object, ...]:
    return row["slice"], row["dealer_id"], row["product_id"], row["region"]


def _evidence(db: Reader, suspicions: list[Row]) -> dict[tuple[object, ...], list[Row]]:
    """The largest lines of each suspicion, of the signals that it counts."""
    rows = db.published.execute(
        """
        select ranked.*, s.invoice_no, s.line_no, i.shipment_no
        from (
            select
                e.*, c.region as cell_region,
                row_number() over (
                    partition by e.slice, e.dealer_id, e.product_id, c.region
                    order by abs(e.amount_vendor) desc nulls last, e.signal, e.submission_id, e.row_no
                ) as place
            from unnest(%s::date[], %s::text[], %s::text[], %s::text[], %s::text[])
                as c (slice, dealer_id, product_id, region, signals)
            inner join publish.fct_diversion_evidence as e
                on e.slice = c.slice and e.dealer_id = c.dealer_id and e.product_id = c.product_id
                and coalesce(e.region, '*') = c.region
                and e.signal = any(string_to_array(c.signals, ', '))
        ) as ranked
        left join publish.fct_pos as s
            on ranked.report = 'pos' and s.submission_id = ranked.submission_id
            and s.row_no = ranked.row_no
        left join publish.fct_sell_in as i
            on ranked.report = 'sell_in' and i.submission_id = ranked.submission_id
            and i.row_no = ranked.row_no
        where ranked.place <= %s
        order by ranked.place
        """,
        (
            *([r[k] for r in suspicions] for k in ("slice", "dealer_id", "product_id", "region",
                                                   "signals")),
            LINES,
        ),
    ).fetchall()  # fmt: skip
    files = {
        row["submission_id"]: row["file_name"]
        for row in db.ledger.execute(
            "select submission_id, file_name from ctl.submission where submission_id = any(%s)",
            ([row["submission_id"] for row in rows],),
        )
    }
    lines: dict[tuple[object, ...], list[Row]] = defaultdict(list)
    for row in rows:
        row["file_name"] = files.get(row["submission_id"])
        lines[row["slice"], row["dealer_id"], row["product_id"], row["cell_region"]].append(row)
    return lines
