"""Released policy versions in the warehouse: added once, never changed."""

import hashlib
import json
from pathlib import Path
from typing import Any

import psycopg

from chip_channel.documents import DocumentError
from chip_channel.policies.policy import Policy, Version, policies
from chip_channel.settings import settings
from chip_channel.warehouse import connect


def release(folder: Path | None = None) -> tuple[tuple[str, int], ...]:
    """Register every version that is new; which ones.

    Raises DocumentError for a wrong document, and for a released version that was edited.
    """
    folder = folder or settings().policies
    found, added = policies(folder), []
    with connect("transform") as connection:
        connection.execute("select pg_advisory_xact_lock(hashtext('chip_channel.policies'))")
        known = {
            (name, version): digest
            for name, version, digest in connection.execute(
                "select policy, version, sha256 from policy.version"
            )
        }
        for policy in found:
            for version in policy.versions:
                key, digest = (policy.policy, version.version), _fingerprint(version)
                if key not in known:
                    _store(connection, policy, version, digest)
                    added.append(key)
                elif known[key] != digest:
                    raise DocumentError(
                        f"{folder / policy.policy}.yml: version {version.version} was released with "
                        "other figures; a released version never changes. Restore it and add a version"
                    )
    return tuple(added)


def _fingerprint(version: Version) -> str:
    said = version.model_dump(mode="json", by_alias=True)
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _store(
    connection: psycopg.Connection[Any], policy: Policy, version: Version, digest: str
) -> None:
    key = (policy.policy, version.version)
    cursor = connection.cursor()
    cursor.execute(
        "insert into policy.version (policy, version, name_en, name_zh, valid_from, approved_by, "
        "approved_on, sha256) values (%s, %s, %s, %s, %s, %s, %s, %s)",
        (*key, policy.name.en, policy.name.zh, version.valid_from, version.approved_by,
         version.approved_on, digest),
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
