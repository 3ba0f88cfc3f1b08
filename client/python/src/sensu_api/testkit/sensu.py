"""`Sensu`: an authenticated client of a server under test, with the methods of its test kit."""

from ..client import Client
from .api import DevApi


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

    @property
    def access_token(self) -> str:
        """A valid access token, for programs under test that do not log in themselves."""
        authorization = self._session.authorization() or ""
        return authorization.removeprefix("Bearer ")

    def close(self) -> None:
        """Closes idle connections. The session continues."""
        super().close()
        self._dev.close()
