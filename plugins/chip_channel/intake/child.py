"""The process that reads files: capped in memory, one job a line on its standard input.

A file that makes the reader ask for 500 GB, or panic, ends this process and not the worker. The
server rolls its transaction back; `service` writes down why.
"""

import json
import os
import resource
import signal
import sys
import traceback
from dataclasses import asdict
from typing import IO, Any

MEMORY_EXIT = 77


def main() -> None:
    """Serve jobs until the input ends."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever a library prints is no answer
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
    from chip_channel.settings import settings  # noqa: PLC0415

    cap = settings().parse_memory_mb * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (cap, cap))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _serve(sys.stdin, answers)


def _serve(jobs: IO[str], answers: IO[str]) -> None:
    import psycopg  # noqa: PLC0415

    from chip_channel.intake.codes import Fatal  # noqa: PLC0415
    from chip_channel.intake.ledger import Job  # noqa: PLC0415
    from chip_channel.intake.load import load  # noqa: PLC0415
    from chip_channel.settings import settings  # noqa: PLC0415
    from chip_channel.warehouse import connect  # noqa: PLC0415

    connection: psycopg.Connection[Any] | None = None
    for line in jobs:
        job = Job(**json.loads(line))
        signal.alarm(settings().parse_seconds + 30)  # in case the worker that counts is gone
        try:
            if connection is None or connection.closed:
                connection = connect("ingest")
                connection.autocommit = True
            answer = asdict(load(connection, job))
        except Fatal as fatal:
            answer = {"outcome": "fatal", "code": fatal.code, "detail": fatal.detail}
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            answer = {"outcome": "retry", "detail": str(error)}
            connection = None
        except MemoryError:
            os._exit(MEMORY_EXIT)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException:
            answer = {"outcome": "failed", "detail": traceback.format_exc()[-4000:]}
        signal.alarm(0)
        answers.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
