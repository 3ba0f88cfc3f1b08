"""A server process for tests: in memory, on a free port."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from .sensu import Sensu

START_SECONDS = 60
"""Maximum time for the start."""


class ServerNotStarted(Exception):
    """The server did not start. The message contains the end of its log."""


class ServerProcess:
    """A running server; `with` stops it at its end.

    Arguments:
        folder: an existing directory for the log and the ready file.
        program: path of `sensu-server`. Default: the environment variable `SENSU_SERVER`, or the program in `PATH`.
        seed: files or directories with objects that exist at the start and after each reset.
        arguments: further arguments of `sensu-server start`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        program: str | Path | None = None,
        seed: Iterable[str | Path] = (),
        arguments: Iterable[str] = (),
    ) -> None:
        program = program or os.environ.get("SENSU_SERVER") or shutil.which("sensu-server")
        if program is None:
            raise ServerNotStarted("sensu-server is not in PATH: install it, or set SENSU_SERVER to the path of the program")
        ready = folder / "ready.json"
        ready.unlink(missing_ok=True)
        self.log_file = folder / "server.log"
        command = [str(program), "start", "--dev", "--in-memory", "--port", "0", "--password-cost", "4"]
        command += ["--ready-file", str(ready), *(part for path in seed for part in ("--seed", str(path))), *arguments]
        with self.log_file.open("wb") as log:
            try:
                self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            except OSError as error:
                raise ServerNotStarted(f"cannot run {program}: {error}") from error
        deadline = time.monotonic() + START_SECONDS
        while not ready.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise ServerNotStarted(f"sensu-server did not start:\n{self.log()[-2000:]}")
            time.sleep(0.005)
        facts: dict[str, str] = json.loads(ready.read_text(encoding="utf-8"))
        self.url, self.username, self.password = facts["url"], facts["user"], facts["password"]
        self.agent_url = facts.get("agent_url")
        """Address for agents: `ws://127.0.0.1:40124`. `None` if agents are disabled."""

    def connect(self) -> Sensu:
        """A client that is logged in as the administrator."""
        sensu = Sensu(self.url, self.username, self.password)
        sensu.prepare()
        return sensu

    def log(self) -> str:
        """The log of the server."""
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    def stop(self) -> None:
        """Ends the process. All data is in memory, so nothing has to be written."""
        self._process.kill()
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()
