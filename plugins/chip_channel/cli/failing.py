"""How commands tell a mistake of the user's."""

import typer

from chip_channel.console import console
from chip_channel.documents import DocumentError
from chip_channel.quality.gates import GateBlockedError
from chip_channel.settlement.propose import SettlementError


class Failing:
    """A mistake of the user's is one line and exit code 2, not a traceback."""

    def __enter__(self) -> None:
        """Nothing to set up."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, (DocumentError, SettlementError, GateBlockedError, LookupError)):
            console.print(f"[red]{error}[/red]", highlight=False)
            raise typer.Exit(2) from error
