"""One changed month of the channel marts beside the full build: 2 M POS lines, 200 dealers, 24 months."""

from datetime import date

import polars as pl
from chip_channel.policies.registry import release
from chip_channel.publish.batch import finish, open_batch
from chip_channel.publish.build import run_models
from chip_channel.publish.dbt import dbt
from chip_channel.warehouse import connect

from benchmarks.daily import publish_without_gates
from benchmarks.history import JUDGED, LAST, add_day, fill
from benchmarks.measure import Measure, at_most, workplace

MONTHS = 24
# What the vendor's own systems and the dealers tell beside sales and stock: orders of all shipments,
# their events, and a handful of the rest a dealer and month.
FURTHER = (
    """
insert into raw.orders (submission_id, row_no, line_hash, dealer_code, order_no, line_no, version,
    order_date, maker, mpn, qty, unit_price, entered_at, accepted_at, requested_date, promised_date, status)
select {new}, row_number() over (), 0, ship_to_dealer, order_no, line_no, 1,
    ship_date, maker, mpn, qty, unit_price, ship_date - interval '9 hours', ship_date - interval '3 hours',
    ship_date + 5, ship_date + 5, 'shipped'
from raw.sell_in where ship_date between '{first}' and '{last}'
""",
    """
insert into raw.logistics_event (submission_id, row_no, line_hash, event_id, shipment_no, code, event_ts)
select {new}, row_number() over (), 0, s.shipment_no || c.code, s.shipment_no, c.code,
    s.ship_date + c.days * interval '1 day' + interval '20 hours'
from (select distinct shipment_no, ship_date from raw.sell_in
        where ship_date between '{first}' and '{last}' and line_no = '1') s,
    (values ('picked', 0), ('departed', 1), ('arrived', 2), ('signed', 3)) as c (code, days)
""",
    """
insert into raw.enablement_event (submission_id, row_no, line_hash, event_id, dealer_code, kind, opened_at,
    first_reply_at, closed_at, end_customer, topic, outcome)
select {new}, row_number() over (), 0, 'E' || d || '-' || m::date || '-' || k, 'd' || lpad(d::text, 3, '0'),
    case when k % 4 = 0 then 'fae_ticket' else 'doc_view' end, m + k * interval '1 day',
    m + k * interval '1 day' + interval '3 hours', m + k * interval '1 day' + interval '30 hours',
    'c' || (k * 7 + d) % 300, 'topic', 'open'
from generate_series(1, 200) d, generate_series(1, 20) k, (values ('{first}'::timestamp)) x (m)
""",
    """
insert into raw.quality_feedback (submission_id, row_no, line_hash, event_id, dealer_code, maker, mpn, lot,
    detected_at, failure_code, qty_failed, qty_inspected)
select {new}, row_number() over (), 0, 'Q' || d || '-' || m::date || '-' || k, 'd' || lpad(d::text, 3, '0'),
    'ACME', 'P' || lpad((1 + (k * 37 + d) % 150)::text, 4, '0'), 'L' || (k * 31 + d) % 400, m::date + k,
    'open_pin', k % 2, 500
from generate_series(1, 200) d, generate_series(1, 5) k, (values ('{first}'::date)) x (m)
""",
    """
insert into raw.certification (submission_id, row_no, line_hash, dealer_code, assessed_at, technical, capital,
    focus, evidence_ref, assessor, valid_to)
select {new}, row_number() over (), 0, 'd' || lpad(d::text, 3, '0'), m, 50 + d % 50, 40 + d % 60,
    30 + d % 70, 'e', 'a', m + 365
from generate_series(1, 200) d, (values ('{first}'::date)) x (m)
where extract(month from m) in (5, 11)
""",
)
LEDGER = """
insert into ctl.submission (dealer_id, report, file_name, source, sha256, byte_size, status, mode,
    period_start, period_end, time_zone, currency, tax_basis, uom, reported_at, received_at, lines_read,
    lines_accepted)
values ('vendor', '{report}', 'f', 'bench', md5('{report}{first}'), 1, 'accepted', 'delta', '{first}',
    '{last}', 'Asia/Shanghai', 'CNY', 'excl', 'pcs', '{last}'::date + 3, '{last}'::date + 3, 1, 1)
returning submission_id
"""


def run() -> list[Measure]:
    """Seconds that dbt spent in the channel marts, not counting its own start."""
    with workplace():
        dbt("build", "--selector", "deploy")
        release()
        fill(MONTHS)
        _further()
        full = _channel_seconds()
        publish_without_gates()
        add_day(20_000)
        month = _channel_seconds()
        publish_without_gates()
        every = _channel_seconds(LAST)
    slowest = sorted(month.items(), key=lambda pair: -pair[1])[:3]
    whole = sum(full.values())
    return [
        Measure("channel marts, full build", whole, "s"),
        Measure("channel marts, newest month changed by sales", sum(month.values()), "s"),
        at_most("changed month ÷ full", sum(month.values()) / whole, "ratio", 0.1),
        at_most("changed by every report ÷ full", sum(every.values()) / whole, "ratio", 0.1),
        *(Measure(f"of the changed month: {name}", seconds, "s") for name, seconds in slowest),
    ]


def _channel_seconds(*months: date) -> dict[str, float]:
    """Seconds by channel mart of the batch that waits, or of these months built again."""
    batch = open_batch(months=months)
    assert batch is not None
    nodes = run_models(batch)
    finish(batch.batch_id, "built")
    return {n.name: n.seconds for n in nodes if n.name in channel_marts()}


def channel_marts() -> set[str]:
    """Names of the marts in the folder `marts/channel`, and of the tables that several of them work on."""
    from chip_channel.publish.dbt import PROJECT

    marts = (PROJECT / "models" / "marts" / "channel").glob("*.sql")
    return {"int_enablement__stratum", "int_order__reopened"} | {path.stem for path in marts}


def _further() -> None:
    """The reports that only channel marts read, a submission a month each."""
    newest = pl.Series([LAST])
    oldest = newest.dt.offset_by(f"{1 - MONTHS}mo").item()
    firsts = pl.date_range(oldest, LAST, "1mo", eager=True)
    with connect() as connection:
        for first, last in zip(firsts, firsts.dt.month_end(), strict=True):
            for statement in FURTHER:
                report = statement.split("raw.")[1].split(" ")[0]
                ledger = LEDGER.format(report=report, first=first, last=last)
                found = connection.execute(ledger).fetchone()
                assert found
                connection.execute(statement.format(new=found[0], first=first, last=last))
        connection.execute(JUDGED)
    with connect(autocommit=True) as connection:
        connection.execute("vacuum analyze")
