"""The warehouse: connections by role, and the schema that everything stands on."""

from chip_channel.warehouse.connect import connect, database_url
from chip_channel.warehouse.schema import migrate

__all__ = ["connect", "database_url", "migrate"]
