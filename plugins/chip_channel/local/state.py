"""Where the pipeline stands, as the ledger and the control tables say."""

from dataclasses import dataclass

from chip_channel.intake.landing import waiting
from chip_channel.warehouse import connect


@dataclass(frozen=True)
class State:
    """Counts of what is done and what is still on its way."""

    waiting: int
    """Files in the landing folder."""
    files: int
    unjudged: int
    """Accepted submissions without a verdict of gate 1."""
    unpublished: int
    """Judged submissions that readers do not see yet."""
    batches: int
    publications: int
    blocked: str | None
    """Why the newest batch is blocked, if it is."""

    @property
    def done(self) -> bool:
        """Nothing is on its way, and something is published."""
        return self.publications > 0 and self.idle

    @property
    def idle(self) -> bool:
        """Nothing is on its way."""
        return not (self.waiting or self.unjudged or self.unpublished)

    def __str__(self) -> str:
        return (
            f"{self.waiting} files wait · {self.files} taken · {self.unjudged} to judge · "
            f"{self.unpublished} to publish · {self.batches} batches · "
            f"{self.publications} publications"
        )


def state() -> State:
    """Look at everything once."""
    with connect() as connection:
        found = connection.execute(
            """
            select
                (select count(*) from ctl.submission),
                (select count(*) from ctl.submission s where s.status = 'accepted' and not exists
                    (select 1 from ctl.verdict v where v.submission_id = s.submission_id)),
                (select count(*) from ctl.verdict v left join ctl.batch b using (batch_id)
                    where v.verdict <> 'blocked' and b.status is distinct from 'published'
                        and exists (select 1 from ctl.submission d where d.status = 'accepted'
                            and d.report in ('pos', 'stock'))),
                (select count(*) from ctl.batch),
                (select count(*) from ctl.publication),
                (select reason from ctl.batch where kind = 'publication'
                    and status not in ('open', 'abandoned') order by batch_id desc limit 1)
            """
        ).fetchone()
    assert found is not None  # noqa: S101 - counts always come
    return State(len(waiting()), *found)
