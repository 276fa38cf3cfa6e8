"""Connections to PostgreSQL, each in the role that its work needs and no more."""

from typing import Any

import psycopg

from chip_channel.local.postgres import EmbeddedPostgres
from chip_channel.settings import settings


class NoWarehouseError(RuntimeError):
    """There is no database to connect to."""


def database_url() -> str:
    """The warehouse's URL: as set, or that of the embedded server.

    Raises NoWarehouseError when neither is there.
    """
    if settings().database_url:
        return settings().database_url
    embedded = EmbeddedPostgres(settings().home / "postgres")
    if not embedded.exists():
        raise NoWarehouseError(
            "No warehouse: set CHIP_CHANNEL_DATABASE_URL, or start the embedded one with "
            "`chip-channel local start`."
        )
    return embedded.url()


def connect(role: str | None = None, **options: Any) -> psycopg.Connection[Any]:
    """A connection in a role (ingest, transform, publisher, …); without one, as the owner."""
    settings_of_session = ["-c timezone=UTC", *([f"-c role={role}"] if role else [])]
    return psycopg.connect(
        database_url(), options=" ".join(settings_of_session),
        application_name=f"chip_channel/{role or 'owner'}", **options,
    )  # fmt: skip
