"""What is urgent, in words a channel manager reads, the largest amount at stake first."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from chip_channel.report import targets
from chip_channel.report.queries import (
    channel,
    diversion,
    gates,
    inventory,
    orders,
    publication,
    reports,
    rollforward,
)
from chip_channel.report.reading import Reader, reading
from chip_channel.report.words import PARTS, REPORTS, Text, tell
from chip_channel.settings import settings

KINDS = {
    "gate_failed": Text("Held back", "已拦截"),
    "stock_out": Text("Runs out", "断货风险"),
    "overdue": Text("Order overdue", "订单逾期"),
    "suspect": Text("Open complaint", "投诉未结"),
    "at_risk": Text("Dealer at risk", "经销商风险"),
    "dead": Text("Dead stock", "呆滞库存"),
    "gap": Text("Stock gap", "库存差异"),
    "late_report": Text("Late report", "报告迟交"),
}
"""In order of urgency: what hides all news, stops sales, harms the channel, ties up money, clouds
the view."""
EACH = 5
"""Findings of one kind, at most."""


@dataclass(frozen=True)
class Finding:
    """One thing to do something about."""

    kind: str
    subject: str
    amount: float
    """Money at stake, in the vendor's currency; only for ranking and display."""
    text: str
    text_zh: str


def findings() -> list[Finding]:
    """All findings on what is published, the most urgent first."""
    with reading() as db:
        return find(db)


def find(db: Reader) -> list[Finding]:
    """All findings: what is held back, then the worst of each kind, the second of each, …

    So the first few tell of everything that is wrong, not of one kind of it.
    """
    found = [
        *_held_back(db), *_running_out(db), *_overdue(db), *_suspects(db), *_at_risk(db),
        *_dead(db), *_gaps(db), *_late(db),
    ]  # fmt: skip
    order = list(KINDS)
    places: dict[str, int] = {}
    ranked = []
    for finding in sorted(found, key=lambda f: -f.amount):
        place = places[finding.kind] = places.get(finding.kind, -1) + 1
        ranked.append(
            ((0 if finding.kind == "gate_failed" else place, order.index(finding.kind)), finding)
        )
    return [finding for _, finding in sorted(ranked, key=lambda r: r[0])]


def _held_back(db: Reader) -> Iterator[Finding]:
    newest = publication.newest_batch(db)
    if newest and newest["status"] == "blocked":
        yield Finding(
            "gate_failed", f"batch {newest['batch_id']}", 0.0,
            f"A gate blocked batch {newest['batch_id']}: readers see the publication before it.",
            f"质量门禁拦截了批次 {newest['batch_id']}：当前显示的是此前发布的数据。",
        )  # fmt: skip
    for r in gates.blocked_submissions(db)[:EACH]:
        yield Finding(
            "gate_failed", f"{r['dealer_id']} {r['file_name']}", 0.0,
            f"{r['dealer_id']}: {r['file_name']} ({r['lines_read']:,} lines) waits at gate 1 for "
            "somebody to release it or ask for another.",
            f"{r['dealer_id']}：{r['file_name']}（{r['lines_read']:,} 行）被门禁 1 拦截，"
            "待人工放行或要求重报。",
        )  # fmt: skip


def _running_out(db: Reader) -> Iterator[Finding]:
    money = settings().vendor_currency
    for r in inventory.running_out(db, EACH):
        transit = f"{r['in_transit']:,.0f} pieces" if r["in_transit"] else "nothing"
        transit_zh = f"在途 {r['in_transit']:,.0f} 颗" if r["in_transit"] else "无在途"
        yield Finding(
            "stock_out", f"{r['dealer_id']} {r['mpn']}", float(r["amount"]),
            f"{r['dealer_id']} runs out of {r['mpn']}: {r['weeks']:.1f} weeks of supply on "
            f"{r['as_of']}, {transit} in transit, {r['lead_weeks']:.1f} weeks to replenish; sales "
            f"of {r['amount']:,.0f} {money} are at stake.",
            f"{r['dealer_id']} 的 {r['mpn']} 即将断货：{r['as_of']} 库存仅 {r['weeks']:.1f} 周，"
            f"{transit_zh}，补货需 {r['lead_weeks']:.1f} 周，"
            f"影响销售额 {r['amount']:,.0f} {money}。",
        )  # fmt: skip


def _overdue(db: Reader) -> Iterator[Finding]:
    money = settings().vendor_currency
    for r in orders.overdue_by_dealer(db, EACH):
        yield Finding(
            "overdue", r["dealer_id"], float(r["amount"] or 0),
            f"{r['dealer_id']} waits for {r['lines']:,} overdue order "
            f"{'line' if r['lines'] == 1 else 'lines'} of {r['amount'] or 0:,.0f} {money}; the "
            f"first was due on {r['due_since']}.",
            f"{r['dealer_id']} 有 {r['lines']:,} 行订单逾期未交，金额 {r['amount'] or 0:,.0f} "
            f"{money}，最早应于 {r['due_since']} 到货。",
        )  # fmt: skip


def _suspects(db: Reader) -> Iterator[Finding]:
    money = settings().vendor_currency
    for r in diversion.with_open_complaint(db, EACH):
        yield Finding(
            "suspect", f"{r['dealer_id']} {r['region']}", float(r["amount"] or 0),
            f"{r['dealer_id']}: a complaint of diversion in {r['region']} is open, and "
            f"{r['parts']} {'part raises' if r['parts'] == 1 else 'parts raise'} a suspicion there "
            f"(score {100 * r['score']:.0f}, lines of {r['amount'] or 0:,.0f} {money}); ask the "
            "dealer, it may contest it.",
            f"{r['dealer_id']}：{r['region']} 的窜货投诉未结，当地 {r['parts']} 个料号存在嫌疑"
            f"（嫌疑分 {100 * r['score']:.0f}，涉及 {r['amount'] or 0:,.0f} {money}）；"
            "请经销商说明，经销商可提出异议。",
        )  # fmt: skip


def _at_risk(db: Reader) -> Iterator[Finding]:
    for r in channel.at_risk(db, EACH):
        part, change = tell(PARTS, r["moved_by"]), r["score_change"]
        yield Finding(
            "at_risk", r["dealer_id"], float(r["pos_amount_vendor"] or 0),
            f"{r['dealer_id']} is at risk: its score of {r['slice']:%Y-%m} is "
            f"{100 * r['score']:.0f} of 100"
            + (f" ({100 * change:+.1f}, most by {part.en})." if change else "."),
            f"{r['dealer_id']} 处于风险级别：{r['slice']:%Y-%m} 健康度 {100 * r['score']:.0f} / 100"
            + (f"（{100 * change:+.1f}，主要因{part.zh}）。" if change else "。"),
        )  # fmt: skip


def _dead(db: Reader) -> Iterator[Finding]:
    money = settings().vendor_currency
    above = [r for r in inventory.dead_by_dealer(db) if r["share"] > targets.DEAD_SHARE]
    for r in sorted(above, key=lambda r: -r["dead_value"])[:EACH]:
        yield Finding(
            "dead", r["name"], float(r["dead_value"]),
            f"{r['name']} holds dead stock of {r['dead_value']:,.0f} {money}, "
            f"{100 * r['share']:.1f} % of its stock at the end of {r['slice']:%Y-%m} "
            f"(target: under {100 * targets.DEAD_SHARE:.0f} %).",
            f"{r['name']} 呆滞库存 {r['dead_value']:,.0f} {money}，占 {r['slice']:%Y-%m} 月末库存 "
            f"{100 * r['share']:.1f} %（目标 < {100 * targets.DEAD_SHARE:.0f} %）。",
        )  # fmt: skip


def _gaps(db: Reader) -> Iterator[Finding]:
    for r in rollforward.dealers_with_gaps(db, EACH):
        yield Finding(
            "gap", r["dealer_id"], float(r["amount"] or 0),
            f"{r['dealer_id']}: stock of {r['slice']:%Y-%m} does not follow from its movements, "
            f"{r['pieces']:,.0f} pieces in {r['parts']} parts.",
            f"{r['dealer_id']}：{r['slice']:%Y-%m} 库存与进销不符，{r['parts']} 个料号共 "
            f"{r['pieces']:,.0f} 颗。",
        )  # fmt: skip


def _late(db: Reader) -> Iterator[Finding]:
    last = publication.last(db)
    known_on = (last["known_at"] if last else datetime.now(UTC)).date()
    for r in reports.late_or_missing(db, known_on, EACH):
        report, days = tell(REPORTS, r["report"]), r["business_days_late"]
        missing = r["reported_on"] is None
        yield Finding(
            "late_report", f"{r['dealer_id']} {r['report']}", float(r["amount"] or 0),
            f"{r['dealer_id']}: the {report.en} report of {r['slice']:%Y-%m} "
            + (f"is missing; it was due on {r['due_date']}." if missing
               else f"came {days} working {'day' if days == 1 else 'days'} late."),
            f"{r['dealer_id']}：{r['slice']:%Y-%m} 的{report.zh}报告"
            + (f"缺失，应于 {r['due_date']} 前报送。" if missing else f"迟交 {days} 个工作日。"),
        )  # fmt: skip
