"""`Sensu`: an authenticated client of a server under test, with the methods of its test kit."""

import time

from ..client import Client
from ..generated.models.tokens import Tokens
from .api import DevApi

MAX_TOKEN_AGE = 60.0
"""Age of the tokens at the start of a test, in seconds, so that they expire when a test expects it."""


class Sensu(Client, DevApi):
    """A client that also controls the server: `sensu.checks.check_list("default")`, `sensu.clock.advance("15m")`.

    It does not retry, so that the numbers of requests are exact. Faults apply to its requests, too.
    """

    def __init__(self, url: str, username: str, password: str) -> None:
        Client.__init__(self, url, username=username, password=password, retries=0)
        DevApi.__init__(self, url)
        self.url = url
        self.username = username
        self.password = password
        self._issued: Tokens | None = None
        self._issued_at = 0.0

    def prepare(self) -> None:
        """Resets the server for the next test. Logs in again, unless the tokens are still those of the last log-in."""
        self.reset()
        is_old = time.monotonic() - self._issued_at > MAX_TOKEN_AGE
        if self._issued is None or self.tokens is not self._issued or is_old:
            self.log_in()
            self._issued, self._issued_at = self.tokens, time.monotonic()
            self.clear_requests()

    @property
    def access_token(self) -> str:
        """A valid access token, for programs under test that do not log in themselves."""
        authorization = self._session.authorization() or ""
        return authorization.removeprefix("Bearer ")

    def close(self) -> None:
        """Closes idle connections. The session continues."""
        super().close()
        self._dev.close()
