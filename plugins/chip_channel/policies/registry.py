"""Released policy versions in the warehouse: added once, never changed."""

from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from chip_channel.policies.policy import Policy, Version, policies
from chip_channel.released import Candidate, Key, add_new, fingerprint
from chip_channel.settings import settings
from chip_channel.warehouse import connect


def release(folder: Path | None = None) -> tuple[Key, ...]:
    """Register every version that is new; which ones.

    Raises DocumentError for a wrong document, and for a released version that was edited.
    """
    folder = folder or settings().policies
    found = policies(folder)
    with connect("transform") as connection:
        return add_new(
            connection,
            "select policy, version, sha256 from policy.version",
            (
                Candidate(folder / f"{policy.policy}.yml", (policy.policy, version.version),
                          _digest(version), partial(_store, connection, policy, version))
                for policy in found for version in policy.versions
            ),
        )  # fmt: skip


def _digest(version: Version) -> str:
    return fingerprint(version.model_dump(mode="json", by_alias=True))


def _store(connection: psycopg.Connection[Any], policy: Policy, version: Version) -> None:
    key = (policy.policy, version.version)
    cursor = connection.cursor()
    cursor.execute(
        "insert into policy.version (policy, version, name_en, name_zh, valid_from, approved_by, "
        "approved_on, sha256) values (%s, %s, %s, %s, %s, %s, %s, %s)",
        (*key, policy.name.en, policy.name.zh, version.valid_from, version.approved_by,
         version.approved_on, _digest(version)),
    )  # fmt: skip
    cursor.executemany(
        "insert into policy.weight values (%s, %s, %s, %s)",
        [(*key, part, weight) for part, weight in version.weights.items()],
    )
    cursor.executemany(
        "insert into policy.parameter values (%s, %s, %s, %s)",
        [(*key, name, value) for name, value in version.parameters.items()],
    )
    cursor.executemany(
        "insert into policy.level values (%s, %s, %s, %s, %s, %s, %s)",
        [
            (*key, level.level, rank, level.from_, level.benefits.en, level.benefits.zh)
            for rank, level in enumerate(version.levels, start=1)
        ],
    )
