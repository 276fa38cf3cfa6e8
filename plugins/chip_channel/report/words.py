"""Words and numbers for people, in English and Chinese."""

from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from markupsafe import Markup

NOTHING = "–"


class Text(NamedTuple):
    """The same in both languages."""

    en: str
    zh: str


REPORTS = {
    "pos": Text("sell-through (POS)", "销售流向"),
    "stock": Text("stock", "库存"),
    "sell_in": Text("sell-in", "原厂发货"),
    "product": Text("product master", "产品主数据"),
    "dealer": Text("dealer master", "经销商主数据"),
    "price": Text("price list", "价格表"),
    "market_index": Text("market index", "景气指数"),
}
GATES = {
    "raw": Text("Gate 1: files as received", "门禁 1：收到的文件"),
    "marts": Text("Gate 2: what a batch built", "门禁 2：批次构建结果"),
    "publish": Text("Gate 3: what readers would see", "门禁 3：发布前检查"),
}
OUTCOMES = {
    "passed": Text("passed", "通过"),
    "warned": Text("warned", "警告"),
    "blocked": Text("blocked", "拦截"),
    "published": Text("published", "已发布"),
    "built": Text("built, not published", "已构建，未发布"),
    "accepted": Text("accepted", "已接收"),
    "rejected": Text("refused", "拒收"),
}
REASONS = {
    "history_too_short": Text("needs 13 month-ends with a stock report", "需要 13 个月末库存报告"),
    "no_stock_report": Text("no stock report for the month", "当月无库存报告"),
    "no_cost": Text("reports no book cost", "未报送代理成本价"),
    "no_stock": Text("held no stock", "无库存"),
    "no_sales": Text("sold nothing in 12 months", "12 个月无销售"),
}
COMPONENTS = {
    "base": Text("base", "基础返利"),
    "incremental": Text("incremental", "增量奖励"),
    "special": Text("special", "专项奖励"),
}
STATES = {
    "accruing": Text("accruing", "计提中"),
    "open": Text("open", "未结算"),
    "settled": Text("settled", "已结算"),
}
UNITS = {
    "amount": Text("money", "金额"),
    "quantity": Text("pieces", "颗"),
    "new_customers": Text("new customers", "新客户"),
}
BOUNDS = {
    "cap": Text("the cap binds", "触及上限"),
    "floor": Text("the floor binds", "触及下限"),
}
INELIGIBLE = {
    "tier": Text("not of a tier that is paid", "等级不符"),
    "report_quality": Text("report quality too low", "报告质量不足"),
    "report_quality_unknown": Text("report quality not known", "报告质量未知"),
    "diversion": Text("open diversion case", "窜货案件未结"),
}
CAUSES = {
    "rule": Text("other rule version", "规则版本变更"),
    "reference": Text("baseline, earlier periods or lower levels", "基数、前期或下级返利变动"),
    "master_data": Text("master data", "主数据变更"),
    "restatement": Text("lines reported again", "重报"),
    "late": Text("late lines", "迟报"),
    "return": Text("returns", "退货"),
    "eligibility": Text("eligibility", "资格变化"),
    "rounding": Text("rounding", "尾差"),
}
CLAIM_OUTCOMES = {
    "approved": Text("approved", "已核准"),
    "partial": Text("in part", "部分核准"),
    "rejected": Text("rejected", "驳回"),
}
CLAIM_REASONS = {
    "part_unknown": Text("part not in the product master", "料号不在主数据中"),
    "spa_unknown": Text("no such authorisation", "无此特价授权"),
    "spa_other_part": Text("authorised for another part", "授权料号不符"),
    "spa_other_dealer": Text("authorised for another dealer", "授权经销商不符"),
    "spa_other_customer": Text("authorised for another customer", "授权客户不符"),
    "spa_not_valid": Text("authorisation not valid on the day", "授权不在有效期"),
    "sale_unknown": Text("no such sale was reported", "无对应销售流向"),
    "sale_other_part": Text("the sale is of another part", "销售料号不符"),
    "sale_without_spa": Text("the sale names no such authorisation", "销售未注明该授权"),
    "rate_unknown": Text("no exchange rate for the month", "当月无汇率"),
    "over_sale": Text("more pieces than were sold", "超出销售数量"),
    "over_spa_balance": Text("more than the authorisation has left", "超出授权余量"),
    "below_spa_price": Text("contract price below the authorised one", "合同价低于授权价"),
    "above_book_cost": Text("cost basis above the book cost", "成本基准高于代理成本价"),
}
HEALTH_LEVELS = {
    "healthy": Text("healthy", "健康"),
    "watch": Text("watch", "关注"),
    "at_risk": Text("at risk", "风险"),
}
PARTS = {
    "report_quality": Text("report quality", "报告质量"),
    "turnover": Text("turnover", "周转率"),
    "dead_stock": Text("dead stock", "呆滞占比"),
    "on_time_orders": Text("orders on time", "订单准时"),
    "diversion": Text("suspicion of diversion", "窜货嫌疑"),
    "load_in": Text("load-in", "压货"),
    "reconciliation": Text("unmatched", "未核销差异"),
}
ROLES = {
    "direct": Text("direct", "直供"),
    "core": Text("core", "核心经销商"),
    "sub": Text("sub-dealer", "二级经销商"),
}
TIERS = {
    "platinum": Text("platinum", "铂金"),
    "gold": Text("gold", "金牌"),
    "silver": Text("silver", "银牌"),
    "none": Text("none", "无等级"),
}
TIER_STATUSES = {
    "assessed": Text("assessed", "已评定"),
    "in_grace": Text("assessment ended, in grace", "评定到期，宽限期内"),
    "expired": Text("assessment ended", "评定已过期"),
    "not_assessed": Text("not assessed", "未评定"),
}
LEGS = {
    "order_shipment": Text("order → shipment", "订单 → 发货"),
    "shipment_order": Text("shipment → order", "发货 → 订单"),
    "shipment_receipt": Text("shipment → receipt", "发货 → 收货"),
    "receipt_stock": Text("movements → stock", "收发 → 库存"),
    "return_sale": Text("customer return → sale", "客户退货 → 原销售"),
    "return_shipment": Text("return to vendor → shipment", "退原厂 → 原发货"),
    "sale_claim": Text("claim → sale and authorisation", "补差申请 → 销售与授权"),
}
DIFFERENCES = {
    "backlog": Text("backlog, not due yet", "未交，未到期"),
    "overdue": Text("overdue", "逾期未交"),
    "shipped_without_order": Text("shipped without an order", "无订单发货"),
    "in_transit": Text("in transit", "在途"),
    "not_received": Text("not received", "未收货"),
    "within_tolerance": Text("within tolerance", "允差内"),
    "stock_gap": Text("stock gap", "库存差异"),
    "no_opening": Text("no opening stock reported", "无期初库存报告"),
    "no_closing": Text("no closing stock reported", "无期末库存报告"),
    "return_without_sale": Text("return without a sale", "退货无对应销售"),
    "return_without_shipment": Text("return without a shipment", "退货无对应发货"),
} | {
    f"claim_{key}": Text(f"claim: {w.en}", f"补差申请：{w.zh}") for key, w in CLAIM_REASONS.items()
}
ORDER_STATES = {
    "overdue": Text("overdue", "逾期"),
    "exception": Text("exception", "物流异常"),
    "open": Text("open", "未交"),
    "in_transit": Text("in transit", "在途"),
    "done": Text("done", "完成"),
}
SUSPICION_LEVELS = {
    "suspect": Text("suspect", "疑似"),
    "watch": Text("watch", "关注"),
}
SIGNALS = {
    "lot_elsewhere": Text("lot was shipped to another dealer", "批次系发给其他经销商"),
    "outside_region": Text("sold outside its regions", "销往授权区域外"),
    "spa_customer": Text("special price for another customer", "特价用于其他客户"),
    "two_dealers": Text("another dealer's registered project", "他人报备项目"),
    "above_usual": Text("volume far above usual", "销量远超常态"),
    "below_corridor": Text("price below the corridor", "低于价格下限"),
    "reversed_claim": Text("claimed, then taken back", "申请补差后退货"),
    "load_in": Text("loaded in at a quarter's end", "季末压货"),
    "broker_name": Text("customer's name is a broker's", "客户名称疑似贸易商"),
    "region_unassigned": Text("region assigned to nobody", "区域未授权给任何经销商"),
}
CORRIDOR_SIDES = {
    "below": Text("below the corridor", "低于下限"),
    "above": Text("above the corridor", "高于上限"),
}
AREAS = {
    "north": Text("north", "华北"),
    "northeast": Text("northeast", "东北"),
    "east": Text("east", "华东"),
    "central-south": Text("central-south", "中南"),
    "southwest": Text("southwest", "西南"),
    "northwest": Text("northwest", "西北"),
    "unknown": Text("not reported", "未报送"),
}
"""Areas of the demand map, and what stands for an industry that nobody reported."""
HEAT_LEVELS = {
    "country": Text("country", "国家"),
    "area": Text("area", "大区"),
    "industry": Text("industry", "行业"),
    "family": Text("family", "产品系列"),
    "region": Text("region", "地区"),
}


def tell(words: dict[str, Text], key: str | None) -> Text:
    """The words for a key; the key itself where there are none."""
    return words.get(key or "", Text(key or NOTHING, key or NOTHING))


def both(en: object, zh: object) -> Markup:
    """Both languages; the page shows one of them."""
    template = '<span class="en" lang="en">{}</span><span class="zh" lang="zh-Hans">{}</span>'
    return Markup(template).format(en, zh)  # noqa: S704 - a constant; format escapes


def number(value: Any, digits: int = 0) -> str:
    """A number with thousands separators."""
    return NOTHING if value is None else f"{float(value):,.{digits}f}"


def short(value: Any) -> str:
    """A number in three digits or so: 469,879 as 470k."""
    if value is None:
        return NOTHING
    size = abs(float(value))
    if size < 999.5:
        return f"{float(value):.0f}"
    unit, per = ("k", 1e3) if size < 999_500 else ("M", 1e6)
    return f"{float(value) / per:.{1 if size / per < 9.95 else 0}f}{unit}"


def signed(value: Any, digits: int = 1) -> str:
    """A change, with its sign."""
    return NOTHING if value is None else f"{float(value):+,.{digits}f}".replace("-", "−")


def percent(value: Any, digits: int = 1) -> str:
    """A share (0 to 1) as per cent."""
    return NOTHING if value is None else f"{100 * float(value):.{digits}f} %"


def day(value: date | None) -> str:
    """A day, ISO."""
    return NOTHING if value is None else f"{value:%Y-%m-%d}"


def month(value: date | None) -> str:
    """A month, ISO."""
    return NOTHING if value is None else f"{value:%Y-%m}"


def moment(value: datetime | None) -> str:
    """A moment, in UTC to the minute."""
    return NOTHING if value is None else f"{value.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
