"""What is urgent, in words a channel manager reads, the largest amount at stake first."""

from dataclasses import dataclass

from psycopg.rows import namedtuple_row

from chip_channel.settings import settings
from chip_channel.warehouse import connect


@dataclass(frozen=True)
class Finding:
    """One thing to do something about."""

    kind: str
    subject: str
    amount: float
    """Money at stake, in the vendor's currency; only for ranking and display."""
    text: str
    text_zh: str


RUNNING_OUT = """
with newest as (
    select s.*
    from publish.fct_inventory_daily as s
    inner join (
        select dealer_id, max(as_of) as as_of from publish.fct_inventory_daily group by dealer_id
    ) as last on last.dealer_id = s.dealer_id and last.as_of = s.as_of
),
part as (
    select
        n.dealer_id, n.product_id, max(n.as_of) as as_of, sum(n.on_hand_qty) as on_hand,
        sum(n.in_transit_qty) as in_transit, min(n.weeks_of_supply) as weeks
    from newest as n
    group by n.dealer_id, n.product_id
)
select
    p.dealer_id, p.product_id, p.as_of, p.on_hand, p.in_transit, round(p.weeks, 1) as weeks,
    round(d.lead_time_days / 7.0, 1) as lead_weeks,
    round(sum(f.amount_vendor) / 13 * d.lead_time_days / 7.0) as amount
from part as p
inner join publish.dim_product as d on d.product_id = p.product_id and d.is_current
inner join publish.fct_pos as f
    on f.dealer_id = p.dealer_id and f.product_id = p.product_id
    and f.invoice_date > p.as_of - 91 and f.invoice_date <= p.as_of
where d.stage in ('ACTIVE', 'NPI')
    and p.weeks < d.lead_time_days / 7.0 and p.in_transit = 0
group by p.dealer_id, p.product_id, p.as_of, p.on_hand, p.in_transit, p.weeks, d.lead_time_days
order by amount desc nulls last
limit 5
"""

DEAD = """
select
    h.dealer_id, h.slice, sum(h.dead_value_vendor) as amount,
    sum(h.dead_value_vendor) / nullif(sum(h.stock_value_vendor), 0) as share
from publish.mart_inventory_health as h
inner join (
    select dealer_id, max(slice) as slice from publish.mart_inventory_health
    where stock_value_vendor is not null group by dealer_id
) as last on last.dealer_id = h.dealer_id and last.slice = h.slice
group by h.dealer_id, h.slice
having sum(h.dead_value_vendor) / nullif(sum(h.stock_value_vendor), 0) > 0.03
order by amount desc
limit 5
"""

GAP = """
select
    r.dealer_id, r.slice, sum(abs(r.gap_qty)) as pieces, count(*) as parts,
    sum(abs(r.gap_qty) * r.closing_value_vendor / nullif(r.closing_qty, 0)) as amount
from publish.fct_inventory_rollforward as r
where r.status = 'gap' and r.slice >= (select max(slice) from publish.fct_inventory_rollforward) - 92
group by r.dealer_id, r.slice
order by amount desc nulls last
limit 5
"""

LATE = """
select
    q.dealer_id, q.report, q.slice, q.business_days_late, q.score,
    sum(f.amount_vendor) as amount
from publish.mart_report_quality as q
left join publish.fct_pos as f on f.dealer_id = q.dealer_id and f.slice = q.slice
where q.slice = (select max(slice) from publish.mart_report_quality where report = 'pos')
    and (q.business_days_late > 0 or q.reported_on is null)
group by q.dealer_id, q.report, q.slice, q.business_days_late, q.score
order by amount desc nulls last
limit 5
"""


def findings() -> list[Finding]:
    """All findings on what is published, the most urgent first.

    What stops sales now (parts that run out) stands before what ties up money (dead stock), before
    what clouds the view (gaps, late reports); within each the larger amount first.
    """
    found: list[Finding] = []
    money = settings().vendor_currency
    with connect("bi_reader", row_factory=namedtuple_row) as connection:
        for r in connection.execute(RUNNING_OUT):
            part = r.product_id.split("|")[1]
            found.append(Finding(
                "stock_out", f"{r.dealer_id} {part}", float(r.amount or 0),
                f"{r.dealer_id} runs out of {part}: {r.weeks} weeks of supply on {r.as_of}, nothing "
                f"in transit, {r.lead_weeks} weeks to replenish; sales of {r.amount:,.0f} {money} "
                "are at stake.",
                f"{r.dealer_id} 的 {part} 即将断货：{r.as_of} 库存仅 {r.weeks} 周，无在途，补货需 "
                f"{r.lead_weeks} 周，影响销售额 {r.amount:,.0f} {money}。",
            ))  # fmt: skip
        for r in connection.execute(DEAD):
            found.append(Finding(
                "dead", r.dealer_id, float(r.amount),
                f"{r.dealer_id} holds dead stock of {r.amount:,.0f} {money}, {100 * r.share:.1f} % "
                f"of its stock at the end of {r.slice:%Y-%m} (target: under 3 %).",
                f"{r.dealer_id} 呆滞库存 {r.amount:,.0f} {money}，占 {r.slice:%Y-%m} 月末库存 "
                f"{100 * r.share:.1f} %（目标 < 3 %）。",
            ))  # fmt: skip
        for r in connection.execute(GAP):
            found.append(Finding(
                "gap", r.dealer_id, float(r.amount or 0),
                f"{r.dealer_id}: stock of {r.slice:%Y-%m} does not follow from its movements, "
                f"{r.pieces:,.0f} pieces in {r.parts} parts.",
                f"{r.dealer_id}：{r.slice:%Y-%m} 库存与进销不符，{r.parts} 个料号共 "
                f"{r.pieces:,.0f} 颗。",
            ))  # fmt: skip
        for r in connection.execute(LATE):
            late = "is missing" if r.business_days_late is None else (
                f"came {r.business_days_late} working days late")  # fmt: skip
            found.append(Finding(
                "late_report", f"{r.dealer_id} {r.report}", float(r.amount or 0),
                f"{r.dealer_id}: {r.report} of {r.slice:%Y-%m} {late}.",
                f"{r.dealer_id}：{r.slice:%Y-%m} 的 {r.report} 报告"
                + ("缺失。" if r.business_days_late is None else f"迟交 {r.business_days_late} 个工作日。"),
            ))  # fmt: skip
    order = ["stock_out", "dead", "gap", "late_report"]
    firsts: dict[str, int] = {}
    ranked = []
    for finding in sorted(found, key=lambda f: -f.amount):
        firsts[finding.kind] = firsts.get(finding.kind, -1) + 1
        ranked.append((firsts[finding.kind], order.index(finding.kind), finding))
    return [f for _, _, f in sorted(ranked, key=lambda r: r[:2])]
