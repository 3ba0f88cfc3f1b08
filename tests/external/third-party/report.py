"""Report of the calls of a client: one JSON line per call, in the file $REPORT."""

import json
import os
from collections.abc import Callable


# Maximum length of an error: Ansible's errors contain whole lists.
LENGTH = 1_000


def write(call: str, error: str | None) -> None:
    with open(os.environ["REPORT"], "a", encoding="utf-8") as report:
        report.write(json.dumps({"call": call, "error": error and error[:LENGTH]}) + "\n")


def call(name: str, function: Callable[[], object]) -> None:
    """Runs a call, and reports whether it raised an exception."""
    try:
        function()
        error = None
    except Exception as failure:
        error = f"{type(failure).__name__}: {failure}"
    write(name, error)
