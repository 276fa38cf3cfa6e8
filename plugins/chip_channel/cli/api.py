"""Commands of what is shared with dealers: tokens, and the server."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from chip_channel.api import tokens
from chip_channel.cli.failing import Failing
from chip_channel.console import console, table

app = typer.Typer(no_args_is_help=True, help="What dealers may ask for over TLS, and who may ask.")
Who = Annotated[str, typer.Option(help="Who decides this")]
File = Annotated[Path, typer.Option(exists=True, dir_okay=False)]


@app.command()
def issue(
    dealer: str, who: Who, days: Annotated[int, typer.Option(min=1, help="How long it holds")] = 365
) -> None:
    """Make a token for a dealer and print it, this once."""
    with Failing():
        print(tokens.issue(dealer, who, days))


@app.command()
def revoke(dealer: str, who: Who) -> None:
    """Take back all tokens of a dealer."""
    with Failing():
        console.print(f"{tokens.revoke(dealer, who)} taken back")


@app.command(name="tokens")
def list_tokens() -> None:
    """List who was given a token; never the token."""
    rows: list[tuple[object, ...]] = [
        (t.dealer_id, t.issued_by, _minute(t.issued_at), _minute(t.expires_at), t.revoked_by,
         _minute(t.revoked_at))
        for t in tokens.issued()
    ]  # fmt: skip
    console.print(table("Tokens, times in UTC", "dealer", "issued by", "at", "holds until", "revoked by",
                        "at", rows=rows))  # fmt: skip


def _minute(moment: datetime | None) -> str | None:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else None


@app.command()
def serve(
    certificate: File,
    key: File,
    host: Annotated[str, typer.Option(help="Address to listen on")] = "127.0.0.1",
    port: int = 8443,
) -> None:
    """Answer dealers until stopped, over TLS only."""
    import uvicorn  # noqa: PLC0415 - half a second that no other command needs

    from chip_channel.api.app import application  # noqa: PLC0415

    uvicorn.run(
        application(), host=host, port=port, ssl_certfile=certificate, ssl_keyfile=key,
        server_header=False, limit_concurrency=32, timeout_graceful_shutdown=10,
    )  # fmt: skip
