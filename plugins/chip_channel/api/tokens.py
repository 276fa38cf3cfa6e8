"""Who may ask as which dealer."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from chip_channel.warehouse import connect

_BYTES = 32
_LENGTH = 43
"""Characters of so many bytes in base 64."""


@dataclass(frozen=True)
class Token:
    """A token as the ledger knows it; the token itself is told once, when it is issued."""

    dealer_id: str
    issued_by: str
    issued_at: datetime
    expires_at: datetime
    revoked_by: str | None
    revoked_at: datetime | None


def issue(dealer_id: str, who: str, days: int) -> str:
    """A new token of a dealer, good for so many days.

    Raises LookupError when no dealer of that name is published.
    """
    token = secrets.token_urlsafe(_BYTES)
    with connect() as connection:
        known = "select 1 from publish.dim_dealer where dealer_id = %s limit 1"
        if not connection.execute(known, (dealer_id,)).fetchone():
            raise LookupError(
                f"No dealer {dealer_id!r} is published; publish.dim_dealer lists those that are."
            )
        connection.execute(
            "insert into ctl.api_token (token_hash, dealer_id, issued_by, expires_at) "
            "values (%s, %s, %s, now() + make_interval(days => %s))",
            (_hash(token), dealer_id, who, days),
        )
    return token


def revoke(dealer_id: str, who: str) -> int:
    """Take back every token of a dealer that still holds; how many.

    Raises LookupError when there is none.
    """
    with connect() as connection:
        count = connection.execute(
            "update ctl.api_token set revoked_at = now(), revoked_by = %s "
            "where dealer_id = %s and revoked_at is null and expires_at > now()",
            (who, dealer_id),
        ).rowcount
    if not count:
        raise LookupError(f"No token of {dealer_id!r} holds; `chip-channel api tokens` lists all.")
    return count


def issued() -> list[Token]:
    """All tokens, the newest first."""
    with connect() as connection:
        rows = connection.execute(
            "select dealer_id, issued_by, issued_at, expires_at, revoked_by, revoked_at "
            "from ctl.api_token order by issued_at desc, dealer_id"
        )
        return [Token(*row) for row in rows]


def dealer_of(token: str) -> str | None:
    """The dealer whose token this is; None when nobody's, or when it holds no longer."""
    if len(token) != _LENGTH:
        return None
    with connect("api", connect_timeout=10) as connection:
        found = connection.execute(
            "select dealer_id from ctl.api_token "
            "where token_hash = %s and revoked_at is null and expires_at > now()",
            (_hash(token),),
        ).fetchone()
    return found[0] if found else None


def _hash(token: str) -> str:
    # a token is random: nothing can be guessed that a slow hash would protect
    return hashlib.sha256(token.encode()).hexdigest()
