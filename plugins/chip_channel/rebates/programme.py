"""Rebate programmes: `programmes/<programme>.yml`, all versions of one programme in one file.

Nothing is implied by code: every switch stands in the document. What they mean is told in
docs/rebates.md, what they may be in `programmes/programme.schema.json`.
"""

from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from chip_channel.documents import DocumentError, percent, read
from chip_channel.settings import settings

MONTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
GROWTH = ("growth_retro", "growth_retro_on_growth", "growth_marginal")
OPEN_BELOW = ("retro", "marginal", "flat", "per_unit")
"""Modes whose first band, if it starts at 0, also holds a total below 0: returns take back."""


Rate = Annotated[Decimal, BeforeValidator(percent)]
Money = Annotated[Decimal, Field(max_digits=18, decimal_places=2)]
Name = Annotated[str, Field(min_length=1)]
Names = list[Name]


class Part(BaseModel):
    """Part of a document: no key that is not known, no key that is implied."""

    model_config = ConfigDict(extra="forbid")


class Title(Part):
    """A name in both languages."""

    en: Name
    zh: Name


class Measure(Part):
    """What is counted: pieces, money, or customers who bought for the first time in 12 months."""

    of: Literal["pos", "sell_in"]
    value: Literal["quantity", "amount", "new_customers"]
    tax: Literal["net", "gross"] = Field(description="gross: with VAT at vat_rate")
    debit: Literal["before", "after"] = Field(
        description="after: less approved ship-and-debit claims"
    )
    fx: Literal["invoice_month", "period_end"] = Field(description="Which month's exchange rate")
    returns: Literal["own_period", "original_period", "ignore"] = Field(
        description="Which period a return reduces: its own, or that of the invoice it returns"
    )
    dealer_sales: Literal["include", "exclude"] = Field(description="Sales to another dealer")
    lines: Literal["all", "design_registered"]


class Dealers(Part):
    """Whom the programme covers; a list that is left out covers all."""

    ids: Names = []
    roles: list[Literal["core", "sub", "direct"]] = []
    regions: Names = []


class Parts(Part):
    """Which parts count; a list that is left out covers all."""

    families: Names = []
    mpns: Names = []
    except_mpns: Names = []


class Eligibility(Part):
    """What a dealer must be to be paid; else the statement is 0 and says why."""

    tiers: list[Literal["platinum", "gold", "silver"]] = []
    min_report_quality: Annotated[Decimal, Field(ge=0, le=1)] | None = None
    no_open_diversion_case: bool


class Band(Part):
    """From which total on which rate holds."""

    from_: Annotated[Rate, Field(alias="from", ge=0, decimal_places=6)]
    rate: Annotated[Rate, Field(ge=0, decimal_places=8)] | None = None
    amount: Annotated[Decimal, Field(ge=0, decimal_places=6)] | None = Field(
        None, description="per_unit: money per piece or customer; lump_sum: money"
    )


class Baseline(Part):
    """What growth is measured against: the same period a year before, or an agreed figure."""

    of: Literal["prior_year", "targets"]
    targets: dict[str, Annotated[Decimal, Field(gt=0)]] = {}


class Rounding(Part):
    """To cents: how, and whether each line or the statement."""

    mode: Literal["half_up", "half_even", "down"]
    level: Literal["statement", "line"]


class Stacking(Part):
    """Programmes of a higher level come later; net: on what the lower levels left."""

    level: Annotated[int, Field(ge=1, le=9)]
    base: Literal["gross", "net"]


class Version(Part):
    """One version of the rules; a released version never changes."""

    version: Annotated[int, Field(ge=1)]
    valid_from: date
    valid_to: date | None = None
    approved_by: Name
    approved_on: date
    period: Literal["month", "quarter", "half_year", "year"]
    measure: Measure
    vat_rate: Annotated[Rate, Field(ge=0, lt=1, decimal_places=4)]
    dealers: Dealers = Dealers()
    parts: Parts = Parts()
    eligibility: Eligibility
    mode: Literal[
        "retro", "marginal", "growth_retro", "growth_retro_on_growth", "growth_marginal",
        "per_unit", "flat", "lump_sum",
    ]  # fmt: skip
    basis: Literal["line", "period", "year_to_date"]
    boundary: Literal[">=", ">"]
    bands: Annotated[list[Band], Field(min_length=1)]
    baseline: Baseline | None = None
    cap: Annotated[Money, Field(ge=0)] | None = None
    floor: Money | None = None
    rounding: Rounding
    stacking: Stacking

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.valid_to and self.valid_to < self.valid_from:
            raise ValueError("valid_to: lies before valid_from")
        self._bands()
        if (self.mode in GROWTH) != (self.baseline is not None):
            raise ValueError("baseline: a growth mode needs one, and no other mode may have one")
        if self.baseline and (self.baseline.of == "targets") != bool(self.baseline.targets):
            raise ValueError("baseline: give targets by dealer exactly for `of: targets`")
        if self.mode in GROWTH and self.basis != "period":
            raise ValueError(f"basis: growth is measured by period, not by {self.basis}")
        if self.basis == "line" and self.mode == "lump_sum":
            raise ValueError(f"basis: a line has no {self.mode.replace('_', ' ')}; use period")
        if self.cap is not None and self.floor is not None and self.cap < self.floor:
            raise ValueError("cap: lies below the floor")
        if self.measure.value != "amount" and self.mode not in ("per_unit", "lump_sum"):
            raise ValueError(
                f"measure.value: {self.mode} pays a share of money; {self.measure.value} is paid "
                "per_unit or as a lump_sum"
            )
        if self.measure.value == "amount" and self.mode == "per_unit":
            raise ValueError("measure.value: per_unit counts quantity or new_customers, not amount")
        if self.measure.of == "sell_in" and (
            self.measure.value == "new_customers" or self.measure.lines != "all"
            or self.measure.debit == "after"
        ):  # fmt: skip
            raise ValueError(
                "measure.of: customers, design registrations and debits are known of pos"
            )
        if self.stacking.base == "net" and (
            self.stacking.level == 1
            or self.measure.value != "amount"
            or self.basis != "period"
            or self.mode in GROWTH
        ):
            raise ValueError(
                "stacking.base: net needs level 2 or more, amounts, basis period, and no growth"
            )
        return self

    def _bands(self) -> None:
        paid = "amount" if self.mode in ("per_unit", "lump_sum") else "rate"
        for n, band in enumerate(self.bands):
            if getattr(band, paid) is None or (band.rate is not None and band.amount is not None):
                raise ValueError(
                    f"bands.{n}: {self.mode} needs `{paid}`, and nothing else, per band"
                )
            if band.rate is not None and band.rate > 1:
                raise ValueError(
                    f"bands.{n}.rate: {band.rate:.0%} is more than all of it; write 2% or 0.02"
                )
        for n, (lower, upper) in enumerate(pairwise(self.bands)):
            if upper.from_ <= lower.from_:
                raise ValueError(
                    f"bands.{n + 1}.from: {upper.from_} is not above {lower.from_}: bands would overlap; "
                    "each begins where the one before ends"
                )
        if self.mode == "flat" and (len(self.bands) > 1 or self.bands[0].from_ != 0):
            raise ValueError("bands: flat has one band, from 0")


class Programme(Part):
    """A programme: one component of what a dealer earns, by versions."""

    programme: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
    component: Literal["base", "incremental", "special"]
    name: Title
    versions: Annotated[list[Version], Field(min_length=1)]

    @model_validator(mode="after")
    def _versions(self) -> Self:
        for n, (older, newer) in enumerate(pairwise(self.versions)):
            if newer.version <= older.version:
                raise ValueError(
                    f"versions.{n + 1}.version: {newer.version} after {older.version}: a programme has one "
                    "version of a number, in rising order"
                )
        return self


def programme_of(path: Path) -> Programme:
    """Read one file.

    Raises DocumentError with the file, the line and what was expected.
    """
    found = read(path, Programme)
    if found.programme != path.stem:
        raise DocumentError(f"{path}:1: programme is {found.programme!r}, but the file is {path.name}: "
                            "two programmes must not have one key")  # fmt: skip
    return found


def programmes(folder: Path | None = None) -> list[Programme]:
    """All programmes, by name.

    Raises DocumentError for the first wrong one.
    """
    folder = folder or settings().programmes
    found = [programme_of(p) for p in sorted(folder.glob("*.yml"))]
    for programme in found:
        for n, version in enumerate(programme.versions):
            if version.stacking.base == "net" and not _lower(found, version):
                path = folder / f"{programme.programme}.yml"
                raise DocumentError(
                    f"{path}: versions.{n}.stacking.base: net of what? No programme of a lower level "
                    f"measures {version.measure.of} by {version.period}"
                )
    return found


def _lower(found: list[Programme], net: Version) -> bool:
    return any(
        other.stacking.level < net.stacking.level
        and (other.period, other.measure.of) == (net.period, net.measure.of)
        for programme in found
        for other in programme.versions
    )


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a programme file, for editors and other tools."""
    made = Programme.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | made
