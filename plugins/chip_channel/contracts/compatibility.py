"""Whether a contract still keeps what it promised: breaking changes need a version step."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chip_channel.contracts.model import Contract

RELEASED = "expectations/contracts/released.json"
"""What readers were promised last; written by `make contracts`."""


class ContractBreakError(ValueError):
    """A change would break readers; the message says which and what to do."""


def signature(contract: Contract) -> dict[str, Any]:
    """What readers rely on."""
    return {
        "version": contract.version,
        "columns": {
            c.name: {
                "type": c.physical_type, "required": c.required, "key": c.key_position,
                "unit": c.unit, "values": sorted(c.values),
            }
            for c in contract.columns
        },
    }  # fmt: skip


def check_released(known: Mapping[str, Contract], released: Path) -> None:
    """Compare with what was released.

    Raises ContractBreakError for a breaking change without a major step, and for an addition
    without at least a minor one.
    """
    if not released.exists():
        return
    for name, old in json.loads(released.read_text()).items():
        if name not in known:
            raise ContractBreakError(f"{name}: its contract is gone; readers still rely on it")
        new = signature(known[name])
        breaks, additions = _changes(old["columns"], new["columns"])
        was, is_now = _version(old["version"]), _version(new["version"])
        if breaks and is_now[0] <= was[0]:
            raise ContractBreakError(
                f"{name}: {'; '.join(breaks)}. This breaks readers: step the version from "
                f"{old['version']} to {was[0] + 1}.0.0, or undo it."
            )
        if additions and is_now <= was:
            raise ContractBreakError(
                f"{name}: {'; '.join(additions)}. Step the version from {old['version']} to "
                f"{was[0]}.{was[1] + 1}.0."
            )


def _changes(old: dict[str, Any], new: dict[str, Any]) -> tuple[list[str], list[str]]:
    breaks = [f"column {c} is gone" for c in old if c not in new]
    additions = [f"column {c} is new" for c in new if c not in old and not new[c]["required"]]
    breaks += [f"column {c} is new and required" for c in new
               if c not in old and new[c]["required"]]  # fmt: skip
    for c in old.keys() & new.keys():
        for what in ("type", "key", "unit"):
            if old[c][what] != new[c][what]:
                breaks.append(f"{c}: {what} was {old[c][what]!r}, now {new[c][what]!r}")
        if new[c]["required"] and not old[c]["required"]:
            breaks.append(f"{c} became required")
        if old[c]["required"] and not new[c]["required"]:
            breaks.append(f"{c} may now be empty")
        gone = set(old[c]["values"]) - set(new[c]["values"])
        if gone or (new[c]["values"] and not old[c]["values"]):
            breaks.append(f"{c}: no longer allowed: {', '.join(sorted(gone)) or 'free text'}")
        more = set(new[c]["values"]) - set(old[c]["values"])
        if more and old[c]["values"]:
            additions.append(f"{c}: now also {', '.join(sorted(more))}")
    return sorted(breaks), sorted(additions)


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))
