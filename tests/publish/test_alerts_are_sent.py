"""An alert goes from the outbox through the providers' notifiers to real servers, once."""

import json
from pathlib import Path

import pytest
from chip_channel.publish.outbox import raise_alert, send_waiting
from chip_channel.warehouse import connect
from chip_channel_airflow.notify import send
from support.sinks import json_sink, smtp_sink

SUBJECT = "shenda 的 AXIF1231-SOP8-TR 可能断货"


def by_mail(port: int) -> dict[str, str]:
    """The environment of a deployment whose mail server listens on `port`."""
    extra = {"disable_ssl": True, "disable_tls": True, "from_email": "alerts@example.com",
             "retry_limit": 1}  # fmt: skip
    made = {"conn_type": "smtp", "host": "127.0.0.1", "port": port, "extra": extra}
    return {"CHIP_CHANNEL_NOTIFY": "smtp", "AIRFLOW_CONN_CHIP_CHANNEL_SMTP": json.dumps(made),
            "CHIP_CHANNEL_NOTIFY_TO": "channel@example.com"}  # fmt: skip


def by_apprise(port: int) -> dict[str, str]:
    """The same with Apprise and a receiver of JSON."""
    extra = {"config": {"path": f"json://127.0.0.1:{port}/", "tag": "all"}}
    made = json.dumps({"conn_type": "apprise", "extra": extra})
    return {"CHIP_CHANNEL_NOTIFY": "apprise", "AIRFLOW_CONN_CHIP_CHANNEL_APPRISE": made}


def switch_on(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


def unsent() -> int:
    with connect() as connection:
        found = connection.execute("select count(*) from ctl.outbox where sent_at is null")
        return int(found.fetchone()[0])


def test_a_mail_arrives_with_subject_and_evidence(
    fresh_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with smtp_sink() as sink:
        switch_on(monkeypatch, by_mail(sink.port))
        assert raise_alert("stock_out:1", "stock_out", "critical", SUBJECT, {"position": 7})
        assert send_waiting(send) == 1
        assert send_waiting(send) == 0
    assert unsent() == 0
    assert sink.receivers == ["channel@example.com"]
    mail = sink.mails[0]
    assert mail["Subject"] == f"[critical] {SUBJECT}"
    assert mail["From"] == "alerts@example.com"
    body = mail.get_body(("html", "plain"))
    assert body is not None
    assert '"position": 7' in body.get_content()
    assert "(stock_out:1)" in body.get_content()


def test_a_post_arrives_by_apprise(fresh_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with json_sink() as sink:
        switch_on(monkeypatch, by_apprise(sink.port))
        assert raise_alert("excess:1", "excess", "warn", SUBJECT, {"target": 3})
        assert send_waiting(send) == 1
    assert unsent() == 0
    assert [post["title"] for post in sink.posts] == [f"[warn] {SUBJECT}"]
    assert '"target": 3' in sink.posts[0]["message"]


def test_a_server_that_is_down_leaves_the_alert_waiting(
    fresh_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with smtp_sink() as sink:
        pass
    switch_on(monkeypatch, by_mail(sink.port))
    raise_alert("stock_out:2", "stock_out", "critical", SUBJECT, {})
    with pytest.raises(Exception, match=r"refused|connect"):
        send_waiting(send)
    assert unsent() == 1
