"""Every code that may be given is explained, in both languages."""

import re
from pathlib import Path

import chip_channel.intake as package
import pytest
from chip_channel.contracts import contracts
from chip_channel.intake.codes import Fatal, codes

CODE = re.compile(r'"([EFSW]_[A-Z]+(?:_[A-Z]+)*)"')
SOURCES = sorted(Path(package.__file__).parent.glob("*.py"))


def given_codes() -> set[str]:
    found = {code for path in SOURCES for code in CODE.findall(path.read_text())}
    for contract in contracts().values():
        found |= {rule.code for rule in contract.rules}
        for column in contract.columns:
            found |= {column.code(f) for f in ("required", "type", "values", "minimum", "pattern")}
    return found


def test_the_sources_are_looked_at():
    assert len(SOURCES) > 10
    assert {"E_WIDTH", "F_CONTROL_TOTAL", "E_STOCK_NEG", "S_BLANK"} <= given_codes()


def test_every_code_that_intake_gives_is_explained():
    assert given_codes() <= set(codes())


@pytest.mark.parametrize("code", sorted(codes()))
def test_a_code_says_what_was_wrong_and_what_to_do(code):
    words = codes()[code]
    assert words["en"]
    assert re.search("[\u4e00-\u9fff]", words["zh"])
    assert code.startswith("S_") or (words["advice"] and words["advice_zh"])


def test_the_detail_of_a_refusal_can_be_stored():
    assert Fatal("F_HEADER", "a\x00b").detail == "a\u2400b"
