"""A draft of a feed guesses what a file shows, and no more."""

from pathlib import Path

import pytest
import yaml
from chip_channel.intake.draft import draft


@pytest.mark.parametrize(
    ("quantities", "decimal"),
    [
        pytest.param(('"3,400"', "900"), None, id="thousands are not a decimal comma"),
        pytest.param(('"3,4"', '"12,50"'), ",", id="one or two digits behind a comma are"),
        pytest.param(('"1.234,50"', "900"), ",", id="points for thousands, a comma for decimals"),
        pytest.param(('"1,234.50"', '"3,400"'), None, id="commas for thousands, a decimal point"),
    ],
)
def test_the_decimal_sign_is_guessed_from_numbers_that_tell(
    tmp_path: Path, quantities: tuple[str, str], decimal: str | None
) -> None:
    path = tmp_path / "stock_202510.csv"
    lines = [
        "仓库,品牌,型号,库存数量",
        *(f"苏州仓,ACME,AX{i},{q}" for i, q in enumerate(quantities)),
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    shape = yaml.safe_load(draft(path, "alpha").yaml)["reports"]["stock"]
    assert shape.get("decimal") == decimal
