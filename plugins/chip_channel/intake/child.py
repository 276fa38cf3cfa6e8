"""The processes that read files: capped in memory and time, asked and answering by lines on a socket.

A file that makes a reader ask for 500 GB, or panic, ends this process and not the worker. The
server rolls its transaction back; `service` writes down why. Called with the file descriptors of
the sockets: the first process imports, forks a reader for each, and another when one has died.
"""

import gc
import json
import os
import resource
import signal
import socket
import sys
import traceback
from dataclasses import asdict
from typing import Any

MEMORY_EXIT = 77


def main() -> None:
    """Keep a reader at every socket until the worker has closed them all."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the worker is told too, and closes the sockets
    os.dup2(2, 1)
    gc.disable()  # while nothing becomes garbage: a sixth of the import
    import chip_channel.intake.together  # noqa: F401, PLC0415 - once, before the forks

    gc.freeze()  # what is imported stays, and stays shared
    gc.enable()
    sockets = [socket.socket(fileno=int(number)) for number in sys.argv[1:]]
    readers = {_fork(mine, sockets): mine for mine in sockets}
    while readers:
        pid, status = os.wait()
        mine = readers.pop(pid)
        code = os.waitstatus_to_exitcode(status)
        if code:  # it did not end because the worker hung up
            mine.sendall(json.dumps({"outcome": "died", "code": code}).encode() + b"\n")
            readers[_fork(mine, sockets)] = mine


def _fork(mine: socket.socket, sockets: list[socket.socket]) -> int:
    pid = os.fork()
    if pid:
        return pid
    from chip_channel.settings import settings  # noqa: PLC0415

    for other in sockets:
        if other is not mine:
            other.close()
    cap = settings().parse_memory_mb * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (cap, cap))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    code = 1
    try:
        _serve(mine)
        code = 0
    except ConnectionError:  # the worker is gone
        code = 0
    finally:
        sys.stderr.flush()
        os._exit(code)


def _serve(mine: socket.socket) -> None:
    import psycopg  # noqa: PLC0415

    from chip_channel.intake.codes import Fatal  # noqa: PLC0415
    from chip_channel.intake.ledger import Job  # noqa: PLC0415
    from chip_channel.intake.load import load  # noqa: PLC0415
    from chip_channel.intake.together import load_together  # noqa: PLC0415
    from chip_channel.settings import settings  # noqa: PLC0415
    from chip_channel.warehouse import connect  # noqa: PLC0415

    connection: psycopg.Connection[Any] | None = None
    for line in mine.makefile("r", encoding="utf-8"):
        asked = json.loads(line)
        jobs = [Job(**job) for job in asked["jobs"]]
        signal.alarm(settings().parse_seconds)
        try:
            if connection is None or connection.closed:
                connection = connect("ingest")
                connection.autocommit = True
            answer: dict[str, Any] = {"outcome": "alone"}
            if len(jobs) == 1:
                answer = asdict(load(connection, jobs[0]))
            elif loaded := load_together(connection, jobs):
                answer = {"outcome": "together", "each": [asdict(one) for one in loaded]}
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
        mine.sendall(json.dumps({"number": asked["number"], **answer}).encode() + b"\n")


if __name__ == "__main__":
    main()
