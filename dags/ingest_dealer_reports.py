"""Dealers' stock and sales reports: landing → raw."""

from chip_channel_airflow.assets import RAW_DEALERS
from chip_channel_airflow.ingestion import ingestion

dag = ingestion(
    "ingest_dealer_reports",
    "dealers",
    RAW_DEALERS,
    """
### Dealers' reports into raw

**In:** files in the landing folder, `<landing>/<dealer_id>/<file>`. **Out:** `raw.stock`, `raw.pos`,
quarantine, a reject file per report, a verdict of gate 1 per submission.

Starts by itself when files arrive, and every hour. One task per file, named by dealer and file.

**When it fails:** the file still waits and is taken by the next run; nothing is half loaded. Look at
the task's log: a mistake in a `feed.yml` names file and line. `chip-channel feed preview <dealer>
<file>` shows what a file would become.
""",
)
