"""Every setting, read from the environment (prefix `CHIP_CHANNEL_`) or from `.env`."""

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parents[2]


class Settings(BaseSettings):
    """Where things are, and how much one file may cost."""

    model_config = SettingsConfigDict(
        env_prefix="CHIP_CHANNEL_", env_file=ROOT / ".env", extra="ignore", env_ignore_empty=True
    )

    home: Path = Field(ROOT / "var", description="Everything that a run leaves behind")
    database_url: str = Field(
        "", description="postgresql://user:password@host:port/name; empty: the embedded server"
    )
    feeds: Path = ROOT / "feeds"
    programmes: Path = Field(ROOT / "programmes", description="Rebate programmes")
    policies: Path = Field(ROOT / "policies", description="Policies: tiers, diversion, health")
    landing: str = Field("", description="Folder or fsspec URL that files arrive in")
    settle_seconds: float = Field(
        2, description="A file is taken once it has not changed for so long"
    )
    received_at: Literal["clock", "mtime"] = Field(
        "clock", description="When a file counts as received; mtime only for back-filled history"
    )
    max_file_bytes: int = 4 * 1024**3
    max_excel_cells: int = Field(20_000_000, description="Cells that a workbook may claim")
    max_field_chars: int = 10_000
    max_columns: int = 1_000
    parse_memory_mb: int = Field(1_500, description="Cap on the child process that reads a file")
    parse_seconds: int = Field(900, description="Cap on the time that one file may take")
    workers: int = Field(2, description="Files read at the same time")
    keep_versions: int = Field(3, description="Published versions of a slice that are kept")
    vendor_currency: str = Field("CNY", description="Currency of the marts, ISO 4217")
    vendor_id: str = Field("vendor", description="The folder of the maker's own reports")
    allocation_weights: dict[str, float] = Field(
        {"core": 2.0, "direct": 1.5, "sub": 1.0},
        description="Weight of each dealer role when supply is shared out; 2: runs out half as often",
    )
    base_url: str = Field("", description="Where people reach the report page, for links in alerts")

    @property
    def landing_url(self) -> str:
        return self.landing or str(self.home / "landing")

    @property
    def store(self) -> Path:
        return self.home / "store"

    @property
    def statements(self) -> Path:
        return self.home / "statements"

    @property
    def rejects(self) -> Path:
        return self.home / "rejects"

    @property
    def report(self) -> Path:
        return self.home / "report"


@cache
def settings() -> Settings:
    """The settings of this process."""
    return Settings()
