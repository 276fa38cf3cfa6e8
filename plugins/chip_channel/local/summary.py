"""The readable end of a run: what came in, what the gates said, what is published, what is urgent."""

from rich.console import Console, Group
from rich.table import Table

from chip_channel.console import table
from chip_channel.intake.codes import codes
from chip_channel.local.airflow import LocalAirflow
from chip_channel.local.postgres import EmbeddedPostgres
from chip_channel.report.findings import findings
from chip_channel.report.words import PARTS, SIGNALS, signed, tell
from chip_channel.settings import settings
from chip_channel.warehouse import connect


def show(console: Console, airflow: LocalAirflow | None) -> None:
    """Print the summary."""
    console.print(Group(_files(), _reasons(), _gates(), _marts(), _rebates(), *_channel()))
    console.print("[bold]Most urgent[/bold]")
    for i, finding in enumerate(findings()[:3], 1):
        console.print(f" {i}. {finding.text}")
    where_to_look(console, airflow)


def _files() -> Table:
    with connect() as connection:
        rows = connection.execute(
            "select coalesce(fatal_code, status), count(*), sum(lines_read)::bigint, "
            "sum(lines_accepted)::bigint, sum(lines_quarantined)::bigint, "
            "sum(lines_skipped)::bigint from ctl.submission group by 1 order by 2 desc"
        ).fetchall()
    return table(
        "Files", "outcome", "files", "lines", "accepted", "quarantined", "skipped", rows=rows
    )


def _reasons() -> Table:
    with connect() as connection:
        rows = connection.execute(
            "select case severity when 'skip' then 'skipped' when 'warn' then 'loaded, warned' "
            "else 'quarantined' end, code, count(*) from quarantine.issue group by 1, 2 union all "
            "select 'held', code, count(*) from publish.mart_held_line group by 2 order by 1, 3 desc"
        ).fetchall()
    words = codes()
    return table("Lines by reason", "", "code", "meaning", "lines",
                 rows=[(k, c, f"{words[c]['en']} · {words[c]['zh']}", n) for k, c, n in rows])  # fmt: skip


def _gates() -> Table:
    with connect() as connection:
        rows = connection.execute(
            "select gate, count(*), count(*) filter (where outcome = 'passed'), "
            "count(*) filter (where outcome = 'warned'), count(*) filter (where outcome = 'blocked')"
            " from ctl.gate_run group by gate order by gate desc"
        ).fetchall()
    return table("Gates", "gate", "runs", "passed", "warned", "blocked", rows=rows)


def _marts() -> Table:
    with connect() as connection:
        rows = connection.execute(
            "select p.mart, count(*), sum(v.row_count)::bigint, max(p.slice)::text, "
            "to_char(max(p.published_at), 'YYYY-MM-DD HH24:MI:SS') || ' UTC' "
            "from ctl.published_slice p join ctl.slice_version v using (mart, slice, batch_id) "
            "where p.mart !~ '^int_' group by 1 order by 1"
        ).fetchall()
    return table("Published", "mart", "slices", "rows", "newest slice", "published at", rows=rows)


def _rebates() -> Table:
    with connect() as connection:
        rows = connection.execute(
            "select programme, sum(amount), sum(settled), sum(open_amount) filter (where state = 'open'), "
            "sum(amount) filter (where state = 'accruing') from publish.mart_rebate_statement "
            "group by programme order by programme"
        ).fetchall()
    return table("Rebates", "programme", "owed", "settled", "open", "accruing", rows=rows)


def _channel() -> tuple[Table, Table]:
    """Scorecards of the newest month, the lowest first, and the newest suspects."""
    with connect() as connection:
        cards = connection.execute(
            "select to_char(h.slice, 'YYYY-MM'), h.dealer_id, t.tier, h.score, "
            "h.level, h.score_change, h.moved_by "
            "from publish.mart_channel_health h left join publish.mart_tier t using (dealer_id, slice) "
            "where h.slice = (select max(slice) from publish.mart_channel_health) "
            "order by h.score, h.dealer_id"
        ).fetchall()
        suspects = connection.execute(
            "select to_char(slice, 'YYYY-MM'), dealer_id, split_part(product_id, '|', 2), region, "
            "round(100 * score)::int, signals, evidence_lines, open_complaints "
            "from publish.mart_diversion where level = 'suspect' "
            "order by slice desc, score desc, dealer_id, product_id, region limit 5"
        ).fetchall()
    score = [(*c[:3], float(f"{100 * c[3]:.1f}"), c[4], signed(c[5] and 100 * c[5]),
              tell(PARTS, c[6]).en) for c in cards]  # fmt: skip
    return (
        table("Channel", "month", "dealer", "tier", "score", "level", "change", "moved by", rows=score),
        table("Suspected of diversion, no verdict", "month", "dealer", "part", "region", "score",
              "signals", "evidence lines", "open complaints",
              rows=[(*s[:5], _worded(s[5]), *s[6:]) for s in suspects]),
    )  # fmt: skip


def _worded(signals: str) -> str:
    return "; ".join(tell(SIGNALS, name).en for name in signals.split(", "))


def where_to_look(console: Console, airflow: LocalAirflow | None) -> None:
    """Where a person goes from here."""
    console.print("\n[bold]Where to look[/bold]")
    console.print(f" report   file://{(settings().report / 'index.html').resolve()}")
    if airflow is not None:
        console.print(
            f" Airflow  {airflow.url}  (admin / {airflow.password()}), menu Browse → Channel report; "
            f"finance / {airflow.password('finance')} approves settlements"
        )
    server = EmbeddedPostgres(settings().home / "postgres")
    if not settings().database_url:
        console.print(
            f" psql     psql '{server.url()}' -c 'set role bi_reader' -c '\\dv publish.*'"
        )
    console.print(' rows     make sql Q="select * from publish.mart_report_quality limit 5"')
    console.print(" stop     make down")
