"""Python imports this at its start when this folder is on its path: die at the n-th line of intake.

DIE_IN is `parent` or `child`, DIE_AT the line event, DIE_ONCE a file that is made on death so that
nothing dies twice. With DIE_COUNT the events are counted into that file and nobody dies.
"""

import os
import signal
import sys
import threading
from typing import Any

_seen = 0


def _line(_frame: Any, event: str, _argument: Any) -> Any:
    global _seen  # noqa: PLW0603 - one counter for all threads of the process
    if event != "line":
        return _line
    _seen += 1
    if "DIE_COUNT" in os.environ:
        with open(os.environ["DIE_COUNT"], "w") as out:  # noqa: PTH123 - pathlib would be traced
            out.write(str(_seen))
    elif _seen == int(os.environ["DIE_AT"]):
        try:
            os.close(os.open(os.environ["DIE_ONCE"], os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return None
        os.kill(os.getpid(), signal.SIGKILL)
    return _line


def _call(frame: Any, _event: str, _argument: Any) -> Any:
    return _line if "/chip_channel/intake/" in frame.f_code.co_filename else None


_role = "child" if "chip_channel.intake.child" in sys.orig_argv else "parent"
if os.environ.get("DIE_IN") == _role:
    threading.settrace(_call)
    sys.settrace(_call)
