"""What leaves the house after posting: credit notes for the ledger, a statement for each dealer."""

import csv
import os
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape
from xlsxwriter import Workbook

from chip_channel.intake.rejects import inert
from chip_channel.settings import settings
from chip_channel.settlement.propose import proposal
from chip_channel.warehouse import connect

CREDIT_NOTES = """
select
    s.credit_note_no, s.dealer_id, d.dealer_name, d.usc_code, s.statement_id, s.version, s.programme,
    s.period_start, s.period_end, s.delta as net, s.vat_rate, s.vat, s.delta + s.vat as gross,
    x.approved_by, to_char(x.approved_at, 'YYYY-MM-DD HH24:MI:SS') as approved_at, x.numbers_hash
from rebate.settlement as s
join publish.mart_rebate_settlement as x using (statement_id, version)
left join publish.dim_dealer as d on d.dealer_id = s.dealer_id and d.is_current
where s.proposal_id = %s
order by s.credit_note_no
"""
LINES = """
select
    l.statement_id, l.document_no, l.line_no, l.business_date, p.mpn, l.line_type, l.measure, l.band_no,
    l.rate, l.amount
from publish.fct_rebate_line as l
join rebate.settlement as s using (statement_id)
left join publish.dim_product as p on p.product_id = l.product_id and p.is_current
where s.proposal_id = %s and s.dealer_id = %s
order by l.statement_id, l.business_date, l.document_no, l.line_no
"""
NOTE_HEADINGS = {
    "credit_note_no": "Credit note 贷项通知单号", "statement_id": "Statement 对账单号",
    "version": "Version 版本", "programme": "Programme 返利方案", "period_start": "From 起",
    "period_end": "To 止", "net": "Net 不含税金额", "vat_rate": "VAT rate 税率", "vat": "VAT 税额",
    "gross": "Gross 价税合计",
}  # fmt: skip
LINE_HEADINGS = {
    "statement_id": "Statement 对账单号", "document_no": "Document 单据号", "line_no": "Line 行号",
    "business_date": "Date 日期", "mpn": "Part 型号", "line_type": "Kind 类型", "measure": "Counted 计算基数",
    "band_no": "Band 档位", "rate": "Rate 比例", "amount": "Rebate 返利金额",
}  # fmt: skip


def write_statements(proposal_id: int) -> list[Path]:
    """Write the credit-note file of a posted proposal, and per dealer a workbook and a page.

    Writing again gives the same files; they come from the ledger. Texts are in both languages, and
    no cell is taken for a formula.
    """
    proposal(proposal_id)
    with connect("poster") as connection:
        cursor = connection.execute(CREDIT_NOTES, (proposal_id,))
        notes = _dicts(cursor)
        folder = settings().statements / f"proposal-{proposal_id:05}"
        folder.mkdir(parents=True, exist_ok=True)
        written = [_credit_notes(folder / "credit_notes.csv", notes)]
        for dealer in sorted({n["dealer_id"] for n in notes}):
            mine = [n for n in notes if n["dealer_id"] == dealer]
            lines = _dicts(connection.execute(LINES, (proposal_id, dealer)))
            written.append(_workbook(folder / f"{dealer}.xlsx", mine, lines))
            written.append(_page(folder / f"{dealer}.html", mine, lines))
    return written


def _dicts(cursor: Any) -> list[dict[str, Any]]:
    names = [column.name for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _credit_notes(path: Path, notes: list[dict[str, Any]]) -> Path:
    partial = path.with_suffix(f".{os.getpid()}.part")
    with partial.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(notes[0] if notes else [])
        writer.writerows([inert(v) if isinstance(v, str) else v for v in n.values()] for n in notes)
    partial.replace(path)
    return path


def _workbook(path: Path, notes: list[dict[str, Any]], lines: list[dict[str, Any]]) -> Path:
    partial = path.with_suffix(f".{os.getpid()}.part")
    # text stays text: xlsxwriter would make formulas and links of it
    with Workbook(str(partial), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        form = {
            "money": book.add_format({"num_format": "#,##0.00"}),
            "day": book.add_format({"num_format": "yyyy-mm-dd"}),
            "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True}),
        }
        for title, headings, rows in (
            ("Credit notes 贷项通知单", NOTE_HEADINGS, notes), ("Lines 明细", LINE_HEADINGS, lines),
        ):  # fmt: skip
            sheet = book.add_worksheet(title)
            sheet.set_column(0, len(headings) - 1, 18)
            sheet.freeze_panes(1, 0)
            for x, heading in enumerate(headings.values()):
                sheet.write_string(0, x, heading, form["head"])
            for y, row in enumerate(rows, 1):
                for x, name in enumerate(headings):
                    _cell(sheet, y, x, row[name], form)
            if title.startswith("Credit"):
                for x, name in enumerate(headings):
                    if name in ("net", "vat", "gross"):
                        total = float(sum(r[name] for r in rows))
                        sheet.write_number(len(rows) + 1, x, total, form["money"])
    partial.replace(path)
    return path


def _cell(sheet: Any, y: int, x: int, value: Any, form: dict[str, Any]) -> None:
    if value is None:
        sheet.write_blank(y, x, None)
    elif hasattr(value, "isoformat"):
        sheet.write_datetime(y, x, value, form["day"])
    elif isinstance(value, str):
        sheet.write_string(y, x, inert(value))
    else:
        sheet.write_number(y, x, float(value), form["money"] if value % 1 else None)


def _page(path: Path, notes: list[dict[str, Any]], lines: list[dict[str, Any]]) -> Path:
    pages = Environment(
        loader=PackageLoader("chip_channel.settlement"), autoescape=select_autoescape(default=True),
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    text = pages.get_template("statement.html").render(
        notes=notes,
        lines=lines,
        note_headings=NOTE_HEADINGS,
        line_headings=LINE_HEADINGS,
        total=sum(n["gross"] for n in notes),
    )
    partial = path.with_suffix(f".{os.getpid()}.part")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
    return path
