"""Which lines are current, by the slowest way: from the ledger and raw alone.

The newest accepted full report of dealer, report and period supersedes what was reported before
it; a delta supersedes by key; a replay stands in for the reading that it replaces, in its place in
time.
Bytes that came more than once count from when they were first sent, whichever copy was read first.
"""

from typing import Any

KEY = ("location_id", "maker", "mpn", "lot", "status", "ownership", "as_of")


def current(ledger: list[dict[str, Any]], lines: list[dict[str, Any]]) -> dict[tuple, str]:
    """Key -> quantity of every line that a reader should see."""
    accepted = [r for r in ledger if r["status"] == "accepted"]
    replaced = {r["replaces"] for r in accepted}
    stands = [r for r in accepted if r["submission_id"] not in replaced]
    seen: dict[tuple, str] = {}
    first_sent = {
        row["submission_id"]: min(
            r["reported_at"] for r in ledger
            if row["submission_id"] in (r["submission_id"], r["duplicate_of"])
        )
        for row in stands
    }  # fmt: skip
    for row in sorted(stands, key=lambda r: (first_sent[r["submission_id"]], r["submission_id"])):
        if row["mode"] == "full":
            seen = {
                k: v for k, v in seen.items()
                if k[0] != row["dealer_id"]
                or not row["period_start"] <= k[-1] <= row["period_end"]
            }  # fmt: skip
        for line in lines:
            if line["submission_id"] == row["submission_id"]:
                key = (row["dealer_id"], *(line[k] for k in KEY))
                seen[key] = str(line["qty"])
    return seen
