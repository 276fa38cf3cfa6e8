"""Real sales lines that nobody here wrote: the counts by reason are those that awk counts."""

import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest
from chip_channel.intake.feed import feed_of
from chip_channel.intake.landing import waiting
from chip_channel.intake.service import Outcome, ingest
from chip_channel.settings import ROOT, settings
from chip_channel.warehouse import connect

DATA = Path(os.environ.get("CHIP_CHANNEL_TEST_DATA", ROOT.parent / "shared" / "data"))
ARCHIVE = DATA / "online_retail" / "by-day.tar.gz"

pytestmark = pytest.mark.skipif(
    not ARCHIVE.exists(), reason=f"the Online Retail data is not at {ARCHIVE}"
)


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The raw files."""
    folder = tmp_path_factory.mktemp("online_retail")
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(folder, filter="data")
    return folder / "by-day"


@pytest.fixture(scope="module")
def outcomes(home: Path, days: Path) -> list[Outcome]:
    """All files, taken with one feed file and no code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHIP_CHANNEL_FEEDS", str(ROOT / "examples"))
        settings.cache_clear()
        feed_of.cache_clear()
        target = Path(settings().landing_url) / "online_retail"
        shutil.copytree(days, target)
        return ingest(waiting())


def awk(days: Path, program: str) -> int:
    """What awk prints for all raw files."""
    files = sorted(str(p) for p in days.glob("*.csv"))
    done = subprocess.run(
        ["awk", "-F,", program, *files], capture_output=True, text=True, check=True
    )
    return int(done.stdout or 0)


@pytest.mark.parametrize(
    ("code", "program"),
    [
        pytest.param("E_DUP_LINE", "FNR > 1 && seen[FILENAME, $0]++ { n++ } END { print n + 0 }",
                     id="exact duplicates within a file"),
        pytest.param("E_CUST_MISSING", 'FNR > 1 && $(NF - 1) == "" { n++ } END { print n + 0 }',
                     id="no customer"),
        pytest.param("E_PRICE_NUMBER", "FNR > 1 && $(NF - 2) <= 0 { n++ } END { print n + 0 }",
                     id="price not above zero"),
        pytest.param("E_QTY_SIGN", "FNR > 1 && ($(NF - 4) < 0) != ($1 ~ /^C/) { n++ } END { print n + 0 }",
                     id="sign does not fit the invoice"),
        pytest.param("S_HEADER", "FNR == 1 { n++ } END { print n + 0 }", id="headers"),
    ],
)  # fmt: skip
def test_lines_by_reason_are_what_awk_counts(
    outcomes: list[Outcome], days: Path, code: str, program: str
) -> None:
    with connect() as connection:
        found = connection.execute(
            "select count(distinct (submission_id, row_no)) from quarantine.issue where code = %s",
            (code,),
        ).fetchone()
    assert found == (awk(days, program),)


def test_every_line_is_accounted_for(outcomes: list[Outcome], days: Path) -> None:
    with connect() as connection:
        read, accepted, quarantined, skipped = connection.execute(
            "select sum(lines_read), sum(lines_accepted), sum(lines_quarantined), "
            "sum(lines_skipped) from ctl.submission"
        ).fetchone()  # type: ignore[misc]
        (in_raw,) = connection.execute("select count(*) from raw.pos").fetchone()  # type: ignore[misc]
    assert read == awk(days, "END { print NR }")
    assert read == accepted + quarantined + skipped
    assert in_raw == accepted


def test_a_line_is_good_exactly_when_awk_finds_nothing_wrong(
    outcomes: list[Outcome], days: Path
) -> None:
    good = awk(
        days,
        'FNR > 1 && !seen[FILENAME, $0]++ && $(NF - 1) != "" && $(NF - 2) > 0 '
        "&& ($(NF - 4) < 0) == ($1 ~ /^C/) { n++ } END { print n }",
    )
    with connect() as connection:
        assert connection.execute("select count(*) from raw.pos").fetchone() == (good,)


def test_all_files_are_taken(outcomes: list[Outcome], days: Path) -> None:
    assert len(outcomes) == len(list(days.glob("*.csv"))) == 305
    assert {o.outcome for o in outcomes} == {"accepted"}
    assert waiting() == []
