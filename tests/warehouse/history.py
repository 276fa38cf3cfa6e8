"""A history of three months, small enough to be worked out by hand."""

from typing import Any

from world import World

DEC = ("2025-12-01", "2025-12-31")
JAN = ("2026-01-01", "2026-01-31")
FEB = ("2026-02-01", "2026-02-28")


def part(mpn: str, spq: int, aliases: str | None = None) -> dict[str, Any]:
    return {"maker": "ACME", "mpn": mpn, "family": "F", "spq": spq, "moq": spq, "lead_time_days": 30,
            "stage": "ACTIVE", "aliases": aliases}  # fmt: skip


def dealer(code: str, role: str) -> dict[str, Any]:
    return {"dealer_code": code, "name": code, "role": role, "regions": "east", "currency": "CNY",
            "onboarding_date": "2020-01-01", "status": "active", "valid_from": "2020-01-01"}  # fmt: skip


def sale(invoice: str, day: str, mpn: str, qty: float, price: str, **more: Any) -> dict[str, Any]:
    return {"invoice_no": invoice, "line_no": "1", "type": "sale", "invoice_date": day, "maker": "ACME", "mpn": mpn,
            "qty": qty, "resale_price": price, "sold_to": "Customer A", "ship_to_country": "CN",
            "ship_to_region": "east"} | more  # fmt: skip


def stock(day: str, mpn: str, qty: float, cost: str | None = None, **more: Any) -> dict[str, Any]:
    return {"location_id": "main", "maker": "ACME", "mpn": mpn, "qty": qty, "ownership": "owned",
            "status": "available", "book_cost": cost, "as_of": day} | more  # fmt: skip


def shipment(
    number: str, to: str, day: str, received: str | None, mpn: str, qty: float, price: str
) -> dict[str, Any]:
    return {"shipment_no": number, "line_no": "1", "order_no": "O1", "ship_to_dealer": to, "maker": "ACME",
            "mpn": mpn, "qty": qty, "unit_price": price, "ship_date": day, "received_date": received,
            "ship_to_location": "main"}  # fmt: skip


def rate(period: str, vintage: int, value: str, published: str) -> dict[str, Any]:
    return {"series": "FX:USD/CNY", "period": period, "vintage": vintage, "value": value,
            "published_at": published, "source": "test", "licence": "open"}  # fmt: skip


JAN_POS = [
    sale("INV1", "2026-01-05", "AB-100", 100, "1.13", book_cost="0.565"),
    sale("INV2", "2026-01-10", "ab 100x", 10, "2.26"),  # an alias, in other spelling
    sale("INV3", "2026-01-11", "OLD100", 7, "1.13"),  # an alias of two parts
    sale("INV4", "2026-01-12", "ZZ-9", 8, "1.13"),  # unknown
    sale("INV5", "2026-01-20", "AB-100", -5, "1.13", type="return", original_invoice="INV1"),
    sale("INV6", "2026-01-15", "CD-200", 200, "3.39", sold_to="xiaomai"),
]


def master(world: World) -> None:
    world.submit("vendor", "product", [part("AB-100", 100, "AB-100X|OLD100"), part("CD-200", 1000, "OLD100")],
                 reported_at="2025-12-01 00:00+00")  # fmt: skip
    world.submit("vendor", "dealer", [dealer("huaxin", "core"), dealer("xiaomai", "sub")],
                 reported_at="2025-12-01 00:00+00")  # fmt: skip


def december(world: World) -> None:
    world.submit("vendor", "market_index", [rate("2025-12-01", 1, "7.2", "2025-12-02 00:00+00")],
                 reported_at="2025-12-03 00:00+00", period=DEC)  # fmt: skip
    world.submit("huaxin", "pos", [sale("INV0", "2025-12-10", "AB-100", 50, "1.13")],
                 reported_at="2026-01-04 02:00+00", period=DEC, tax_basis="incl", tax_rate="0.13")  # fmt: skip
    world.submit("huaxin", "stock", [stock("2025-12-31", "AB-100", 300, "0.5"), stock("2025-12-31", "CD-200", 500)],
                 reported_at="2026-01-04 02:00+00", period=DEC)  # fmt: skip
    world.submit("vendor", "sell_in", [shipment("S0", "huaxin", "2025-12-28", "2026-01-03", "AB-100", 2, "50")],
                 reported_at="2026-01-04 02:00+00", period=DEC, uom="reel")  # fmt: skip


def january(world: World) -> None:
    world.submit("vendor", "market_index", [rate("2026-01-01", 1, "7.0", "2026-01-05 00:00+00")],
                 reported_at="2026-01-06 00:00+00", period=JAN)  # fmt: skip
    world.submit("huaxin", "pos", JAN_POS, reported_at="2026-02-05 02:00+00", period=JAN,
                 tax_basis="incl", tax_rate="0.13")  # fmt: skip
    world.submit("xiaomai", "pos", [sale("X1", "2026-01-25", "AB-100", 2, "50")],
                 reported_at="2026-02-05 03:00+00", period=JAN, currency="USD", uom="reel")  # fmt: skip
    world.submit("huaxin", "stock", [stock("2026-01-31", "AB-100", 395, "0.5"), stock("2026-01-31", "CD-200", 1),
                                     stock("2026-01-31", "ZZ-9", 3)],
                 reported_at="2026-02-05 02:00+00", period=JAN)  # fmt: skip
