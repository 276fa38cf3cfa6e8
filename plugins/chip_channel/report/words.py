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
