"""What each dealer's files look like: the table of shapes.

A shape says all that the dealer's `feed.yml` says (which `samples` writes from it), and how the
file is dressed up: titles, quoting, byte order marks.
"""

from __future__ import annotations

from dataclasses import replace

from chip_channel.world.render import Style
from chip_channel.world.shape import DealerShape, ReportShape, headers
from chip_channel.world.shapes_channel import MORE

SALE_ZH = {"sale": "销售", "return": "退货", "sample": "样品", "cancel": "作废"}
SALE_ZH_LONG = {"sale": "正常销售", "return": "销售退回", "sample": "免费样品", "cancel": "冲销"}
STATUS_ZH = {"available": "可用", "in_transit": "在途"}
OWNER_ZH = {"owned": "自有", "consigned": "寄售"}
ACME = {"maker": "ACME"}


def _two(style: Style, pos: ReportShape, stock: ReportShape) -> DealerShape:
    return DealerShape(style, {"pos": pos, "stock": stock})


STOCK_AND_FLOW: dict[str, DealerShape] = {
    # UTF-8 with a byte order mark, Chinese headers; corrections come as deltas.
    "huaxin": _two(
        Style(bom=True, date="slash"),
        ReportShape(
            "HX_SALES_{period}{suffix}.csv",
            headers(
                "invoice_no=发票号 line_no=行号 type=类型 invoice_date=发票日期 mpn=型号 qty=数量"
                " resale_price=含税单价 book_cost=成本价 sold_to=客户名称 end_customer=终端客户"
                " ship_to_country=国家 ship_to_region=省份 end_application=应用"
                " customer_po=客户订单号 spa_no=特价单号 design_reg_no=报备号 lot=批次"
                " original_invoice=原发票号"
            ),
            words={"type": SALE_ZH},
            deltas=True,
        ),
        ReportShape(
            "HX_STOCK_{period}{suffix}.csv",
            headers(
                "as_of=库存日期 location_id=仓库 mpn=型号 qty=库存数量 ownership=归属 status=状态"
                " book_cost=成本价"
            ),
            words={"status": STATUS_ZH, "ownership": OWNER_ZH},
        ),
    ),
    # GB18030, full-width digits, thousands separators, a sum at the end that nothing relies on.
    "shenda": _two(
        Style(encoding="gb18030", date="chinese", thousands=True, full_width=True),
        ReportShape(
            "申达出货明细{period}{suffix}.csv",
            headers(
                "invoice_no=单据号 line_no=项次 type=业务类型 invoice_date=销售日期 maker=厂牌"
                " mpn=产品型号 qty=销售数量 resale_price=销售单价 sold_to=客户"
                " end_customer=最终客户 ship_to_region=收货地区 end_application=行业"
                " spa_no=特价号 original_invoice=原单号"
            ),
            const={"ship_to_country": "CN"},
            words={"type": SALE_ZH_LONG},
            title=("上海申达示例科技有限公司 出货明细", ""),
            subtotal="合计",
        ),
        ReportShape(
            "申达库存{period}{suffix}.csv",
            headers(
                "location_id=仓位 mpn=产品型号 qty=在库数 status=库存状态 book_cost=代理成本价"
                " as_of=盘点日期"
            ),
            const={**ACME, "ownership": "owned"},
            words={"status": {"available": "良品", "in_transit": "在途"}},
        ),
    ),
    # Excel: title block, two header rows with merged groups, a control total.
    "hongyuan": _two(
        Style(kind="excel", date="slash"),
        ReportShape(
            "宏远销售流向_{period}{suffix}.xlsx",
            headers(
                "invoice_no=发票号 line_no=行号 type=类型 invoice_date=日期 mpn=型号 maker=品牌"
                " qty=数量 resale_price=单价 book_cost=成本 sold_to=客户名称"
                " end_customer=终端客户 ship_to_country=国家 ship_to_region=省份"
                " end_application=行业 spa_no=特价单号 design_reg_no=报备号 lot=批次"
                " original_invoice=原发票号"
            ),
            const={},
            words={"type": SALE_ZH},
            title=("宏远集成 销售流向报告", "币种: CNY 不含税", ""),
            groups={
                "发票号": "单据", "行号": "单据", "类型": "单据", "日期": "单据",
                "型号": "产品", "品牌": "产品", "数量": "产品", "单价": "金额", "成本": "金额",
                "客户名称": "客户", "终端客户": "客户", "国家": "客户", "省份": "客户",
                "行业": "客户", "特价单号": "其他", "报备号": "其他", "批次": "其他",
                "原发票号": "其他",
            },
            subtotal="合计",
            control="qty",
            sheet="销售",
        ),
        ReportShape(
            "宏远库存_{period}{suffix}.xlsx",
            headers(
                "location_id=库位 mpn=型号 maker=品牌 qty=库存数量 ownership=所有权 status=状态"
                " book_cost=成本 as_of=库存日期"
            ),
            const={},
            words={"status": STATUS_ZH, "ownership": OWNER_ZH},
            title=("宏远集成 库存周报", ""),
            groups={
                "库位": "位置", "型号": "产品", "品牌": "产品", "库存数量": "库存",
                "所有权": "库存", "状态": "库存", "成本": "库存", "库存日期": "库存",
            },
            subtotal="合计",
            control="qty",
            sheet="库存",
        ),
    ),
    # TSV from an old system: yyyymmdd, brackets for negatives.
    "tianmu": _two(
        Style(delimiter="\t", date="compact", brackets=True, newline="\n"),
        ReportShape(
            "tm_pos_{period}{suffix}.tsv",
            headers(
                "invoice_no=DOC_NO line_no=LINE type=KIND invoice_date=SALES_DATE ship_date=SHIPPED"
                " mpn=PARTNO qty=QTY resale_price=PRICE book_cost=COST sold_to=CUSTOMER"
                " end_customer=END_CUSTOMER ship_to_country=COUNTRY ship_to_region=PROVINCE"
                " design_reg_no=PROJECT lot=LOT original_invoice=REF_INVOICE"
            ),
            words={"type": {"sale": "S", "return": "R", "sample": "F", "cancel": "C"}},
            extra=("SALESMAN",),
        ),
        ReportShape(
            "tm_stock_{period}{suffix}.tsv",
            headers("location_id=SITE mpn=PARTNO qty=ONHAND book_cost=COST as_of=STOCK_DATE"),
            const={**ACME, "ownership": "owned", "status": "available"},
        ),
    ),
    # Sells and counts whole reels.
    "lanjing": _two(
        Style(date="iso"),
        ReportShape(
            "lanjing-pos-{period}{suffix}.csv",
            headers(
                "invoice_no=Invoice line_no=Line type=Type invoice_date=Date maker=Brand"
                " mpn=Part~Number qty=Reels resale_price=Price~per~Reel sold_to=Customer"
                " end_customer=End~Customer ship_to_country=Country ship_to_region=Region"
                " customer_po=PO original_invoice=Original~Invoice"
            ),
            const={},
            words={"type": {"sale": "SALE", "return": "RETURN", "cancel": "CANCEL"}},
        ),
        ReportShape(
            "lanjing-stock-{period}{suffix}.csv",
            headers(
                "as_of=As~Of location_id=Warehouse maker=Brand mpn=Part~Number qty=Reels"
                " status=Status"
            ),
            const={"ownership": "owned"},
            words={"status": {"available": "OK"}},
        ),
    ),
    # Every field quoted; customers' names hold commas and line breaks; parts go by aliases.
    "qiming": _two(
        Style(quote_all=True, date="iso"),
        ReportShape(
            "QM销售{period}{suffix}.csv",
            headers(
                "invoice_no=出货单号 line_no=序号 type=类型 invoice_date=出货日期 mpn=料号"
                " qty=出货数量 resale_price=单价 sold_to=客户名称 end_customer=终端客户"
                " ship_to_region=省份 original_invoice=原单号"
            ),
            const={**ACME, "ship_to_country": "CN"},
            words={"type": SALE_ZH},
        ),
        ReportShape(
            "QM库存{period}{suffix}.csv",
            headers("location_id=仓库 mpn=料号 qty=数量 book_cost=成本 as_of=日期"),
            const={**ACME, "ownership": "owned", "status": "available"},
        ),
    ),
    # UTF-16 from a spreadsheet, thousands of pieces.
    "yunfan": _two(
        Style(encoding="utf-16", delimiter="\t", date="slash"),
        ReportShape(
            "云帆POS_{period}{suffix}.txt",
            headers(
                "invoice_no=发票号 line_no=行号 type=类型 invoice_date=日期 mpn=型号 qty=数量(K)"
                " resale_price=单价/K book_cost=成本/K sold_to=客户 end_customer=终端客户"
                " ship_to_region=省份 end_application=应用 original_invoice=原发票号"
            ),
            const={**ACME, "ship_to_country": "CN"},
            words={"type": SALE_ZH},
        ),
        ReportShape(
            "云帆库存_{period}{suffix}.txt",
            headers("as_of=日期 location_id=仓库 mpn=型号 qty=数量(K) status=状态"),
            const={**ACME, "ownership": "owned"},
            words={"status": STATUS_ZH},
        ),
    ),
    # German: semicolons, decimal commas, d.m.Y, code page 1252; the type is in the number range.
    "elbtal": _two(
        Style(encoding="cp1252", delimiter=";", date="dotted", decimal=","),
        ReportShape(
            "Elbtal_POS_{period}{suffix}.csv",
            headers(
                "invoice_no=Belegnummer line_no=Position invoice_date=Belegdatum"
                " ship_date=Lieferdatum mpn=Teilenummer qty=Menge resale_price=Einzelpreis"
                " book_cost=EK-Preis sold_to=Kunde end_customer=Endkunde ship_to_country=Land"
                " ship_to_region=Region end_application=Branche original_invoice=Bezugsbeleg"
            ),
            type_prefixes={"^GS": "return", "^MU": "sample", "^ST": "cancel"},
        ),
        ReportShape(
            "Elbtal_Bestand_{period}{suffix}.csv",
            headers(
                "as_of=Stichtag location_id=Lager mpn=Teilenummer qty=Menge status=Zustand"
                " book_cost=EK-Preis"
            ),
            const={**ACME, "ownership": "owned"},
            words={"status": {"available": "frei", "in_transit": "unterwegs"}},
        ),
    ),
    # Excel with real date cells.
    "lioncrest": _two(
        Style(kind="excel", date="cell"),
        ReportShape(
            "LC POS {period}{suffix}.xlsx",
            headers(
                "invoice_no=Invoice~Number line_no=Line type=Transaction~Type"
                " invoice_date=Invoice~Date mpn=Part~Number maker=Manufacturer qty=Quantity"
                " resale_price=Resale book_cost=Unit~Cost sold_to=Bill~To end_customer=End~User"
                " ship_to_country=Country ship_to_region=Ship~To~Region"
                " end_application=Application customer_po=Customer~PO"
                " original_invoice=Ref~Invoice"
            ),
            const={},
            words={
                "type": {
                    "sale": "Sale", "return": "Return", "sample": "FOC", "cancel": "Void",
                }
            },
            sheet="POS",
        ),
        ReportShape(
            "LC Stock {period}{suffix}.xlsx",
            headers(
                "location_id=Location mpn=Part~Number maker=Manufacturer qty=On~Hand"
                " status=Stock~Status book_cost=Unit~Cost as_of=Snapshot~Date"
            ),
            const={"ownership": "owned"},
            words={"status": {"available": "Free", "in_transit": "In Transit"}},
            title=("Lioncrest Example Components - stock on hand", ""),
            sheet="Stock",
        ),
    ),
    # Pipes, Excel serial dates, no line numbers.
    "jinyu": _two(
        Style(delimiter="|", date="serial", newline="\n"),
        ReportShape(
            "jinyu_sales_{period}{suffix}.csv",
            headers(
                "invoice_no=单号 type=类型 invoice_date=日期 mpn=料号 qty=数量 resale_price=单价"
                " sold_to=客户 end_customer=终端客户 ship_to_region=地区 end_application=行业"
                " customer_po=客户PO spa_no=特价号 design_reg_no=报备号 lot=批号"
                " original_invoice=原单号"
            ),
            const={**ACME, "ship_to_country": "CN"},
            words={"type": SALE_ZH},
            row_numbers=True,
        ),
        ReportShape(
            "jinyu_stock_{period}{suffix}.csv",
            headers("as_of=日期 location_id=仓库 mpn=料号 qty=库存 book_cost=成本"),
            const={**ACME, "ownership": "owned", "status": "available"},
        ),
    ),
    # Plain CSV with thousands separators in quotes.
    "beichen": _two(
        Style(date="iso", thousands=True),
        ReportShape(
            "beichen_pos_{period}{suffix}.csv",
            headers(
                "invoice_no=发票号 line_no=行号 type=类型 invoice_date=发票日期 maker=品牌 mpn=料号"
                " qty=数量 resale_price=含税单价 book_cost=成本价 sold_to=客户"
                " end_customer=终端客户 ship_to_country=国家 ship_to_region=省份"
                " end_application=应用 spa_no=特价单号"
                " original_invoice=原发票号"
            ),
            const={},
            words={"type": SALE_ZH},
            dashed_period=True,
        ),
        ReportShape(
            "beichen_stock_{period}{suffix}.csv",
            headers(
                "as_of=库存日期 location_id=仓库 maker=品牌 mpn=料号 qty=库存数量 status=状态"
                " book_cost=成本价"
            ),
            const={"ownership": "owned"},
            words={"status": STATUS_ZH},
            dashed_period=True,
        ),
    ),
    # Excel, yyyymmdd as numbers, two stores, own spellings of parts.
    "changfeng": _two(
        Style(kind="excel", date="compact", brackets=True),
        ReportShape(
            "长风销售{period}{suffix}.xlsx",
            headers(
                "invoice_no=单据号 line_no=项次 type=业务类型 invoice_date=日期 mpn=物料编码"
                " qty=销售数量 resale_price=单价 sold_to=客户名称 end_customer=终端客户"
                " ship_to_region=区域 end_application=行业 spa_no=特价号 design_reg_no=报备号"
                " original_invoice=原单号"
            ),
            const={**ACME, "ship_to_country": "CN"},
            words={"type": SALE_ZH_LONG},
            title=("长风半导体 销售明细",),
            subtotal="合计",
            sheet="明细",
        ),
        ReportShape(
            "长风库存{period}{suffix}.xlsx",
            headers(
                "location_id=仓库代码 mpn=物料编码 qty=库存数量 status=库存状态 book_cost=成本"
                " as_of=库存日期"
            ),
            const={**ACME, "ownership": "owned"},
            words={"status": STATUS_ZH},
            sheet="库存",
        ),
    ),
}  # fmt: skip

SHAPES: dict[str, DealerShape] = {
    dealer_id: replace(shape, reports={**shape.reports, **MORE.get(dealer_id, {})})
    for dealer_id, shape in STOCK_AND_FLOW.items()
}
