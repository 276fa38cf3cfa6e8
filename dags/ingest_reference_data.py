"""The maker's own reports: shipments, master data, prices, market index: landing → raw."""

from chip_channel_airflow.assets import RAW_REFERENCE
from chip_channel_airflow.ingestion import ingestion

dag = ingestion(
    "ingest_reference_data",
    "vendor",
    RAW_REFERENCE,
    """
### The maker's reference data into raw

**In:** files in `<landing>/vendor/`. **Out:** `raw.sell_in`, `raw.product`, `raw.dealer`,
`raw.price`, `raw.market_index`. By the same road as the dealers' reports.

Lines that were held for a missing part or rate are freed by the next build, whatever came first.
""",
)
