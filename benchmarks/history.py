"""A warehouse with history, made by the database itself: 200 dealers, so many months."""

from datetime import date

from chip_channel.publish.build import build
from chip_channel.publish.publish import publish
from chip_channel.quality.gates import check_marts, check_publication
from chip_channel.warehouse import connect

DEALERS, PARTS, POS = 200, 400, 416
"""So many POS lines a dealer and month: 83,200 a month, 2 M in 24 months."""
LAST = date(2026, 10, 1)

LEDGER = """
insert into ctl.submission (dealer_id, report, file_name, source, sha256, byte_size, status, mode,
    period_start, period_end, time_zone, currency, tax_basis, uom, reported_at, received_at,
    lines_read, lines_accepted)
select dealer, report, 'f', 'bench', md5(dealer || report || coalesce(first::text, '')), 1,
    'accepted', mode, first, last, 'Asia/Shanghai', 'CNY', 'excl', 'pcs',
    coalesce(last, '2020-01-15') + interval '3 days', coalesce(last, '2020-01-15') + interval '3 days',
    lines, lines
from (
    select 'd' || lpad(d::text, 3, '0') as dealer, r.report, 'full' as mode, m::date as first,
        (m + interval '1 month - 1 day')::date as last, r.lines
    from generate_series(1, {dealers}) as d,
        generate_series('{first}'::date, '{last}'::date, '1 month') as m,
        (values ('pos', {pos}), ('stock', 150)) as r (report, lines)
    union all
    select 'vendor', 'sell_in', 'delta', m::date, (m + interval '1 month - 1 day')::date, {dealers} * 100
    from generate_series('{first}'::date, '{last}'::date, '1 month') as m
    union all
    select 'vendor', report, 'full', null, null, 1 from (values ('product'), ('dealer')) as r (report)
) as s
order by first nulls first, report, dealer
"""

LINES = (
    """
insert into raw.product (submission_id, row_no, line_hash, maker, mpn, family, spq, moq,
    lead_time_days, stage, list_price)
select s.submission_id, p, p, 'ACME', 'P' || lpad(p::text, 4, '0'), 'F' || p % 12, 100, 100, 56,
    'ACTIVE', 1 + p % 50
from ctl.submission as s, generate_series(1, {parts}) as p where s.report = 'product'
""",
    """
insert into raw.dealer (submission_id, row_no, line_hash, dealer_code, name, role, regions,
    currency, onboarding_date, status, valid_from)
select s.submission_id, d, d, 'd' || lpad(d::text, 3, '0'), 'dealer ' || d, 'core', 'CN-GD', 'CNY',
    '2020-01-01', 'active', '2020-01-01'
from ctl.submission as s, generate_series(1, {dealers}) as d where s.report = 'dealer'
""",
    """
insert into raw.pos (submission_id, row_no, line_hash, invoice_no, line_no, type, invoice_date,
    maker, mpn, qty, resale_price, book_cost, sold_to, ship_to_country, ship_to_region)
select s.submission_id, l, hashint8(s.submission_id * 100000 + l), 'I' || s.submission_id || '-' || l / 4,
    (l % 4)::text, 'sale', s.period_start + l % 28, 'ACME',
    'P' || lpad((1 + (l * 7 + s.submission_id) % 150)::text, 4, '0'), 10 + l % 90, 2.5, 2,
    'c' || l % 300, 'CN', 'CN-GD'
from ctl.submission as s, generate_series(1, {pos}) as l where s.report = 'pos' {only}
order by s.submission_id, l
""",
    """
insert into raw.stock (submission_id, row_no, line_hash, location_id, maker, mpn, qty, ownership,
    status, book_cost, as_of)
select s.submission_id, p, p, 'WH', 'ACME', 'P' || lpad(p::text, 4, '0'), 200 + p, 'owned',
    'available', 2, s.period_end
from ctl.submission as s, generate_series(1, 150) as p where s.report = 'stock' {only}
order by s.submission_id, p
""",
    """
insert into raw.sell_in (submission_id, row_no, line_hash, shipment_no, line_no, order_no,
    ship_to_dealer, maker, mpn, qty, unit_price, ship_date, received_date, ship_to_location)
select s.submission_id, d * 1000 + l, d * 1000 + l, 'S' || s.submission_id || '-' || d, l::text,
    'O' || s.submission_id || '-' || d,
    'd' || lpad(d::text, 3, '0'), 'ACME', 'P' || lpad((1 + (l * 3 + d) % 150)::text, 4, '0'), 500, 2,
    s.period_start + l % 25, s.period_start + l % 25 + 3, 'WH'
from ctl.submission as s, generate_series(1, {dealers}) as d, generate_series(1, 100) as l
where s.report = 'sell_in' {only}
order by s.submission_id, d, l
""",
)

JUDGED = """
insert into ctl.verdict (submission_id, verdict, decided_by)
select submission_id, 'passed', 'bench' from ctl.submission as s
where not exists (select 1 from ctl.verdict as v where v.submission_id = s.submission_id)
"""

DAY = """
insert into ctl.submission (dealer_id, report, file_name, source, sha256, byte_size, status, mode,
    period_start, period_end, time_zone, currency, tax_basis, uom, reported_at, received_at,
    lines_read, lines_accepted)
select 'd' || lpad(d::text, 3, '0'), 'pos', 'day', 'bench', md5('{day}' || d), 1, 'accepted', 'full',
    '{day}', '{day}', 'Asia/Shanghai', 'CNY', 'excl', 'pcs', now(), now(), {pos}, {pos}
from generate_series(1, {dealers}) as d
"""


def fill(months: int) -> None:
    """So many months of history, judged and ready to be built.

    As intake writes it: the lines of one submission lie together.
    """
    year, month = divmod(LAST.year * 12 + LAST.month - months, 12)
    numbers = {
        "dealers": DEALERS, "parts": PARTS, "pos": POS, "first": date(year, month + 1, 1),
        "last": LAST, "only": "",
    }  # fmt: skip
    with connect() as connection:
        for statement in (LEDGER, *LINES, JUDGED):
            connection.execute(statement.format(**numbers))
    with connect(autocommit=True) as connection:
        connection.execute("vacuum analyze")


def add_day(lines: int, day: int = 29) -> None:
    """One more day of POS, from every dealer, in the newest month."""
    numbers = {"dealers": DEALERS, "pos": lines // DEALERS, "day": LAST.replace(day=day)}
    with connect() as connection:
        found = connection.execute("select max(submission_id) from ctl.submission").fetchone()
        newest = found[0] if found else 0
        connection.execute(DAY.format(**numbers))
        only = f"and s.submission_id > {newest}"
        pos = LINES[2].replace("s.period_start + l % 28", "s.period_start")
        connection.execute(pos.format(**numbers, only=only))
        connection.execute(JUDGED)


def build_and_publish() -> int:
    """What waits, to publication; the batch."""
    batch = build()
    assert batch is not None
    check_marts(batch.batch_id)
    check_publication(batch.batch_id)
    publish(batch.batch_id)
    return batch.batch_id
