"""Writes the pages: one file each, nothing loaded from anywhere."""

import base64
import hashlib
import os
import tempfile
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from chip_channel.report import words
from chip_channel.report.quality import quality
from chip_channel.report.queries import publication
from chip_channel.report.reading import Reader, reading
from chip_channel.settings import settings

TEMPLATES = Path(__file__).with_name("templates")
DOCS = "docs.html"
"""dbt's documentation, where somebody has written it beside the pages."""


def write_report() -> Path:
    """Write the report and the quality page; the path of the first.

    Each file is replaced whole: who opens it meanwhile sees the old or the new one.
    """
    with reading() as db:
        pages = {"quality.html": render_quality(db), "index.html": render_report(db)}
    return [write_beside(name, text.encode()) for name, text in pages.items()][-1]


def write_beside(name: str, content: bytes) -> Path:
    """Write another file into the folder of the report; its path."""
    folder = settings().report
    folder.mkdir(parents=True, exist_ok=True)
    _replace(folder / name, content)
    return folder / name


def render_report(db: Reader) -> str:
    """The report, as HTML."""
    from chip_channel.report.charts import libraries  # noqa: PLC0415 - Altair takes a second
    from chip_channel.report.sections import SECTIONS  # noqa: PLC0415

    common = _common(db)
    charts: dict[str, Any] = {}
    parts = []
    for section in SECTIONS:
        context = section.build(db)
        drawn = {f"{section.name}-{k}": v for k, v in context.get("charts", {}).items()}
        charts |= drawn
        template = _environment().get_template(f"sections/{section.name}.html")
        text = template.render({**common, **context, "section": section, "drawn": drawn})
        parts.append((section, Markup(text)))  # noqa: S704 - rendered with autoescape
    scripts = [libraries(), _asset("page.js"), _asset("charts.js")]
    return _page("index.html", scripts, {**common, "parts": parts, "charts": charts})


def render_quality(db: Reader) -> str:
    """The quality page, as HTML."""
    return _page("quality.html", [_asset("page.js")], {**_common(db), **quality(db)})


def _replace(path: Path, content: bytes) -> None:
    """Put a file in its place at once, readable by all."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    made = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
        made.chmod(0o644)
        made.replace(path)
    except BaseException:
        made.unlink(missing_ok=True)
        raise


def _page(template: str, scripts: list[str], context: dict[str, Any]) -> str:
    return (
        _environment()
        .get_template(template)
        .render(
            **context,
            page=template,
            style=Markup(_asset("page.css")),  # noqa: S704 - our own file
            scripts=[Markup(s) for s in scripts],  # noqa: S704 - our own, and Vega's
            policy=_policy(scripts),
        )
    )


def _policy(scripts: list[str]) -> str:
    """Content-Security-Policy: only these scripts run, nothing is loaded, nothing is sent.

    So a name that got past the escaping would still be no program.
    """
    hashes = [base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts]
    allowed = " ".join(f"'sha256-{h}'" for h in hashes)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _common(db: Reader) -> dict[str, Any]:
    """What every template knows."""
    return {
        "written_at": datetime.now(UTC),
        "dealer_names": {d["dealer_id"]: d["dealer_name"] for d in publication.dealers(db)}
        | {settings().vendor_id: "原厂 / the maker"},
        "money": settings().vendor_currency,
        "docs": DOCS if (settings().report / DOCS).exists() else None,
    }


@cache
def _asset(name: str) -> str:
    return (TEMPLATES / name).read_text()


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    made.globals |= {
        "t": words.both, "tell": words.tell, "REPORTS": words.REPORTS, "GATES": words.GATES,
        "OUTCOMES": words.OUTCOMES,
    }  # fmt: skip
    made.filters |= {
        "number": words.number, "percent": words.percent, "day": words.day, "month": words.month,
        "moment": words.moment, "short": words.short, "signed": words.signed,
    }  # fmt: skip
    return made
