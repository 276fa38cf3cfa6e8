"""Policies: `policies/<policy>.yml`, all versions of one policy in one file.

A policy turns parts into a score by weights, and a score into a level by thresholds. What each
does is told in docs/channel.md, what it may hold in `policies/policy.schema.json`.
"""

from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from chip_channel.documents import DocumentError, percent, read
from chip_channel.settings import settings

Share = Annotated[Decimal, BeforeValidator(percent), Field(ge=0, le=1, decimal_places=6)]
Number = Annotated[Decimal, BeforeValidator(percent), Field(ge=0, decimal_places=6)]
Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
Name = Annotated[str, Field(min_length=1)]
SUM_TO_ONE = ("tier", "channel_health")
"""Policies whose weights share one score out; those of others stand alone."""


class Part(BaseModel):
    """Part of a document: no key that is not known."""

    model_config = ConfigDict(extra="forbid")


class Words(Part):
    """The same in both languages."""

    en: Name
    zh: Name


class Level(Part):
    """From which score on a level holds, and what follows from it."""

    level: Key
    from_: Annotated[Number, Field(alias="from")]
    benefits: Words


class Version(Part):
    """One version of a policy; a released version never changes."""

    version: Annotated[int, Field(ge=1)]
    valid_from: date
    approved_by: Name
    approved_on: date
    weights: Annotated[dict[Key, Share], Field(min_length=1)]
    parameters: dict[Key, Number] = {}
    levels: Annotated[list[Level], Field(min_length=1)]

    @model_validator(mode="after")
    def _levels(self) -> Self:
        for n, (higher, lower) in enumerate(pairwise(self.levels)):
            if lower.from_ >= higher.from_:
                raise ValueError(
                    f"levels.{n + 1}.from: {lower.from_} is not below {higher.from_}: levels stand "
                    "from the highest to the lowest"
                )
        if self.levels[-1].from_ != 0:
            raise ValueError("levels: the lowest level begins at 0, so that every score has one")
        names = [level.level for level in self.levels]
        if len(set(names)) < len(names):
            raise ValueError("levels: each has a name of its own")
        return self


class Policy(Part):
    """A policy by versions."""

    policy: Key
    name: Words
    versions: Annotated[list[Version], Field(min_length=1)]

    @model_validator(mode="after")
    def _versions(self) -> Self:
        for n, (older, newer) in enumerate(pairwise(self.versions)):
            if newer.version <= older.version or newer.valid_from <= older.valid_from:
                raise ValueError(
                    f"versions.{n + 1}: versions stand in rising order of number and valid_from"
                )
        for n, version in enumerate(self.versions):
            total = sum(version.weights.values())
            if self.policy in SUM_TO_ONE and total != 1:
                raise ValueError(f"versions.{n}.weights: they add up to {total:.0%}, not to 100%")
        return self


def policies(folder: Path | None = None) -> list[Policy]:
    """All policies, by name.

    Raises DocumentError for the first wrong one.
    """
    found = []
    for path in sorted((folder or settings().policies).glob("*.yml")):
        policy = read(path, Policy)
        if policy.policy != path.stem:
            raise DocumentError(
                f"{path}:1: policy is {policy.policy!r}, but the file is {path.name}"
            )
        found.append(policy)
    return found


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a policy file, for editors and other tools."""
    made = Policy.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | made
