"""The reports beside pos and stock: claims and forecasts of dealers, and the maker's own files."""

from __future__ import annotations

from collections.abc import Mapping

from chip_channel.world.render import Style
from chip_channel.world.shape import DealerShape, ReportShape, headers
from chip_channel.world.spec import VENDOR, DealerSpec


def _claim(stem: str, names: str, sheet: str = "") -> ReportShape:
    """Claims are without tax, whatever the dealer's other reports are."""
    return ReportShape(stem, headers(names), mode="delta", tax_basis="excl", sheet=sheet)


MORE: Mapping[str, Mapping[str, ReportShape]] = {
    "huaxin": {
        "claim": _claim(
            "HX_CLAIM_{period}{suffix}.csv",
            "claim_no=申请单号 line_no=行号 claim_date=申请日期 spa_no=特价单号 invoice_no=发票号"
            " invoice_line=发票行号 mpn=型号 claim_qty=数量 basis_price=成本价 contract_price=特价"
            " claim_amount=申请金额",
        ),
        "dealer_forecast": ReportShape(
            "HX_FORECAST_{period}{suffix}.csv",
            headers("submitted_on=提交日期 week=周 mpn=型号 qty=预测数量"),
        ),
    },
    "shenda": {
        "claim": _claim(
            "申达特价补差{period}{suffix}.csv",
            "claim_no=补差单号 line_no=项次 spa_no=特价号 invoice_no=单据号 invoice_line=单据项次"
            " mpn=产品型号 claim_qty=申请数量 basis_price=代理成本价 contract_price=批准价"
            " claim_amount=补差金额 claim_date=申请日期",
        ),
    },
    "hongyuan": {
        "claim": _claim(
            "宏远特价申请_{period}{suffix}.xlsx",
            "claim_no=申请单号 line_no=行号 spa_no=特价单号 invoice_no=发票号 invoice_line=发票行号"
            " mpn=型号 claim_qty=数量 basis_price=成本 contract_price=特价 claim_amount=金额"
            " claim_date=日期",
            sheet="特价申请",
        ),
        "dealer_forecast": ReportShape(
            "宏远预测_{period}{suffix}.xlsx",
            headers("mpn=型号 week=周 qty=预测数量 submitted_on=提交日期"),
            sheet="预测",
        ),
    },
    "yunfan": {
        "dealer_forecast": ReportShape(
            "云帆预测_{period}{suffix}.txt",
            headers("submitted_on=提交日期 mpn=型号 week=周 qty=预测数量(K)"),
        ),
    },
    "lioncrest": {
        "dealer_forecast": ReportShape(
            "LC Forecast {period}{suffix}.xlsx",
            headers("mpn=Part~Number week=Week~Starting qty=Forecast submitted_on=Submitted"),
            sheet="Forecast",
        ),
    },
    "beichen": {
        "claim": _claim(
            "beichen_claim_{period}{suffix}.csv",
            "claim_no=申请单号 line_no=行号 claim_date=申请日期 spa_no=特价单号 invoice_no=发票号"
            " invoice_line=发票行号 mpn=料号 claim_qty=数量 basis_price=成本价 contract_price=特价"
            " claim_amount=金额",
        ),
    },
    "changfeng": {
        "claim": _claim(
            "长风补差{period}{suffix}.xlsx",
            "claim_no=补差单号 line_no=项次 spa_no=特价号 invoice_no=单据号 invoice_line=单据项次"
            " mpn=物料编码 claim_qty=申请数量 basis_price=成本 contract_price=批准价"
            " claim_amount=补差金额 claim_date=申请日期",
            sheet="补差",
        ),
    },
}

VENDOR_SPEC = DealerSpec(VENDOR, "ACME", "vendor", (), (), 0)
VENDOR_SHAPE = DealerShape(
    Style(newline="\n"),
    {
        report: ReportShape(
            report + "_{period}{suffix}.csv",
            {name: name for name in names.split()},
            const={},
            mode=mode,
            period="none",
        )
        for report, mode, names in (
            (
                "sell_in",
                "delta",
                "shipment_no line_no order_no ship_to_dealer maker mpn qty unit_price ship_date"
                " received_date lot ship_to_location invoice_no",
            ),
            (
                "price",
                "delta",
                "doc_no line_no revision kind for_dealer end_customer region maker mpn price"
                " min_resale max_resale qty_cap valid_from valid_to approved_by",
            ),
            (
                "product",
                "full",
                "maker mpn family spq moq lead_time_days stage launch_date pcn_date last_buy"
                " last_ship successor list_price aliases",
            ),
            (
                "dealer",
                "full",
                "dealer_code name parent role regions industries usc_code currency credit_limit"
                " onboarding_date status valid_from",
            ),
            ("market_index", "delta", "series period vintage value published_at source licence"),
            (
                "orders",
                "delta",
                "order_no line_no version order_date dealer_code maker mpn qty unit_price entered_at"
                " accepted_at requested_date promised_date status",
            ),
            ("logistics_event", "delta", "event_id shipment_no code event_ts place carrier"),
            (
                "return",
                "delta",
                "rma_no line_no return_date dealer_code kind maker mpn qty original_shipment lot"
                " reason condition credit_price status",
            ),
            (
                "certification",
                "delta",
                "dealer_code assessed_at technical capital focus evidence_ref assessor valid_to"
                " override_tier override_reason override_approved_by",
            ),
            (
                "enablement_event",
                "delta",
                "event_id dealer_code kind opened_at first_reply_at closed_at maker mpn end_customer"
                " topic outcome csat",
            ),
            (
                "quality_feedback",
                "delta",
                "event_id dealer_code maker mpn lot serial end_customer detected_at failure_code"
                " qty_failed qty_inspected disposition",
            ),
            (
                "complaint",
                "delta",
                "event_id dealer_code kind against_dealer region maker mpn opened_on closed_on"
                " outcome",
            ),
        )
    },
)
