"""The Chinese working calendar as a dbt seed: only the days that differ from Monday to Friday."""

import datetime as dt

from chinese_calendar import constants

HEADER = "day,is_business_day,occasion"


def calendar_seed() -> str:
    """CSV of the holidays on weekdays and the working days on weekends."""
    rows = [(day, False, name) for day, name in constants.holidays.items() if not _weekend(day)] + [
        (day, True, name) for day, name in constants.workdays.items() if _weekend(day)
    ]
    lines = [f"{day.isoformat()},{str(open_).lower()},{name}" for day, open_, name in sorted(rows)]
    return "\n".join([HEADER, *lines]) + "\n"


def _weekend(day: dt.date) -> bool:
    return day.weekday() >= 5
