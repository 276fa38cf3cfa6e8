"""The codes of intake, and the error that blocks a submission."""

from functools import cache

import yaml

from chip_channel.settings import ROOT


class Fatal(Exception):  # noqa: N818 - the design's word for a blocked submission
    """The whole submission is refused, with an F_ code."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail.replace("\x00", "\u2400")  # PostgreSQL's text holds no NUL


@cache
def codes() -> dict[str, dict[str, str]]:
    """Code -> its words in English and Chinese, and what the dealer does about it."""
    loaded: dict[str, dict[str, str]] = yaml.safe_load(
        (ROOT / "expectations" / "codes.yml").read_text()
    )
    return loaded
