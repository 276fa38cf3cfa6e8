"""Notifications by provider notifiers, off until CHIP_CHANNEL_NOTIFY names a channel.

`smtp` uses the connection `chip_channel_smtp`, `apprise` (WeCom, DingTalk, …) the connection
`chip_channel_apprise`; addresses and tokens live in the connections alone.
"""

import os
from typing import Any

SMTP = "chip_channel_smtp"
APPRISE = "chip_channel_apprise"


def channels() -> list[str]:
    """The channels that are switched on."""
    return [c.strip() for c in os.environ.get("CHIP_CHANNEL_NOTIFY", "").split(",") if c.strip()]


def notifiers(subject: str, body: str) -> list[Any]:
    """One notifier per channel; none by default."""
    made: list[Any] = []
    for channel in channels():
        if channel == "smtp":
            from airflow.providers.smtp.notifications.smtp import SmtpNotifier

            made.append(SmtpNotifier(
                to=os.environ.get("CHIP_CHANNEL_NOTIFY_TO", ""), subject=subject,
                html_content=body, smtp_conn_id=SMTP,
            ))  # fmt: skip
        elif channel == "apprise":
            from airflow.providers.apprise.notifications.apprise import (
                AppriseNotifier,
            )

            made.append(AppriseNotifier(title=subject, body=body, apprise_conn_id=APPRISE))
        else:
            raise ValueError(f"CHIP_CHANNEL_NOTIFY: {channel!r} is neither smtp nor apprise")
    return made


def send(subject: str, body: str) -> None:
    """Send one alert to every channel that is switched on."""
    for notifier in notifiers(subject, body):
        notifier.notify({})
