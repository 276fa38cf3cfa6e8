"""Released programme versions in the warehouse: added once, never changed."""

from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Json

from chip_channel.rebates.programme import MONTHS, OPEN_BELOW, Programme, Version, programmes
from chip_channel.released import Candidate, Key, add_new, fingerprint
from chip_channel.settings import settings
from chip_channel.warehouse import connect


def release(folder: Path | None = None) -> tuple[Key, ...]:
    """Register every version that is new; which ones.

    Raises DocumentError for a wrong document, and for a released version that was edited.
    """
    folder = folder or settings().programmes
    found = programmes(folder)
    with connect("transform") as connection:
        return add_new(
            connection,
            "select programme, version, sha256 from rebate.programme where simulation = 0",
            (
                Candidate(folder / f"{programme.programme}.yml",
                          (programme.programme, version.version), _digest(programme, version),
                          partial(store, connection, programme, version))
                for programme in found for version in programme.versions
            ),
        )  # fmt: skip


def _digest(programme: Programme, version: Version) -> str:
    return fingerprint({"programme": programme.programme, "component": programme.component,
                        "version": version.model_dump(mode="json", by_alias=True)})  # fmt: skip


def store(connection: psycopg.Connection[Any], programme: Programme, version: Version,
          simulation: int = 0) -> None:  # fmt: skip
    """Write one version as rows that the engine joins with."""
    key = {"simulation": simulation, "programme": programme.programme, "version": version.version}
    measure, rounding = version.measure, version.rounding
    gross = measure.tax == "gross" and measure.value == "amount"
    _insert(connection, "programme", [key | {
        "component": programme.component, "name_en": programme.name.en, "name_zh": programme.name.zh,
        "valid_from": version.valid_from, "valid_to": version.valid_to,
        "period_months": MONTHS[version.period], "source": measure.of, "measure": measure.value,
        "tax_factor": 1 + version.vat_rate if gross else 1, "vat_rate": version.vat_rate,
        "deduct_debit": measure.debit == "after", "fx": measure.fx, "returns": measure.returns,
        "dealer_sales": measure.dealer_sales == "include",
        "design_registered_only": measure.lines == "design_registered",
        "mode": version.mode, "basis": version.basis, "includes_boundary": version.boundary == ">=",
        "baseline": version.baseline.of if version.baseline else "none",
        "cap": version.cap, "floor": version.floor,
        "rounding_mode": rounding.mode, "rounding_level": rounding.level,
        "stacking_level": version.stacking.level, "net_of_lower": version.stacking.base == "net",
        "min_report_quality": version.eligibility.min_report_quality,
        "blocked_by_diversion": version.eligibility.no_open_diversion_case,
        "approved_by": version.approved_by, "approved_on": version.approved_on,
        "sha256": _digest(programme, version),
        "document": Json(version.model_dump(mode="json", by_alias=True)),
    }])  # fmt: skip
    edges = [band.from_ for band in version.bands]
    _insert(connection, "band", [
        key | {
            "band_no": n + 1,
            # null: also a total below 0 is in the first band
            "from_value": None if edge == 0 and n == 0 and version.mode in OPEN_BELOW else edge,
            "upto_value": edges[n + 1] if n + 1 < len(edges) else None,
            "rate": band.rate if band.rate is not None else band.amount,
        }
        for n, (edge, band) in enumerate(zip(edges, version.bands, strict=True))
    ])  # fmt: skip
    _insert(connection, "scope", [
        key | {"kind": kind, "value": value}
        for kind, values in scope_of(version).items() for value in dict.fromkeys(values)
    ])  # fmt: skip
    targets = version.baseline.targets if version.baseline else {}
    _insert(connection, "target", [
        key | {"dealer_id": dealer, "baseline": value} for dealer, value in targets.items()
    ])  # fmt: skip


def scope_of(version: Version) -> dict[str, list[str]]:
    """What a version names, by kind."""
    return {
        "dealer": version.dealers.ids, "role": list(version.dealers.roles),
        "region": version.dealers.regions, "tier": list(version.eligibility.tiers),
        "family": version.parts.families, "part": version.parts.mpns,
        "except_part": version.parts.except_mpns,
    }  # fmt: skip


def _insert(connection: psycopg.Connection[Any], table: str, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    columns = list(rows[0])
    connection.cursor().executemany(
        sql.SQL("insert into {} ({}) values ({})").format(
            sql.Identifier("rebate", table), sql.SQL(", ").join(map(sql.Identifier, columns)),
            sql.SQL(", ").join(map(sql.Placeholder, columns)),
        ),
        rows,
    )  # fmt: skip


def unknown_names(folder: Path | None = None) -> list[str]:
    """Dealers, families and parts that documents name and no master data know.

    None can be said to be unknown before there are any.
    """
    queries = {
        "dealer": "select distinct dealer_code from raw.dealer",
        "family": "select distinct family from raw.product",
        "part": "select distinct mpn from raw.product",
    }
    with connect("transform") as connection:
        known = {
            kind: {row[0] for row in connection.execute(query)} for kind, query in queries.items()
        }
    known["except_part"] = known["part"]
    return [
        f"{programme.programme}, version {version.version}: {kind} {value!r} is not in the master data"
        for programme in programmes(folder) for version in programme.versions
        for kind, values in scope_of(version).items() if known.get(kind)
        for value in values if value not in known[kind]
    ]  # fmt: skip
