"""`Client`: the entry point of this package."""

from types import TracebackType
from typing import Self

from urllib3 import Retry

from .credentials import ApiKey, Session, basic_authorization
from .errors import SensuError
from .generated.configuration import Configuration
from .generated.models.tokens import Tokens
from .operations import Operations
from .retry import operation_retries, session_retries
from .transport import AuthorizedTransport, Timeout, Transport


class Client(Operations):
    """Client of a server, for any number of threads.

    Credentials are one of: user name and password; tokens of a session, which are renewed, with or without a password for a new
    session once that is no longer possible; an API key. Without credentials, operations such as `version.version_get` work.

    `with` closes the connections at its end, and ends the session if this client began it.

    Arguments:
        timeout: seconds of an attempt, or of connecting and of reading.
        retries: maximum number of retries, see `sensu_api.retry`.
        ca_file: PEM file with the certificates of trusted authorities, instead of those of the system.
    """

    def __init__(
        self,
        url: str,
        *,
        username: str | None = None,
        password: str | None = None,
        api_key: str | None = None,
        tokens: Tokens | None = None,
        timeout: Timeout = 30.0,
        retries: int = 3,
        ca_file: str | None = None,
    ) -> None:
        if (username is None) != (password is None):
            raise ValueError("a user name requires a password, and a password a user name")
        if api_key is not None and (username is not None or tokens is not None):
            raise ValueError("an API key excludes other credentials")

        def configuration(retry: Retry) -> Configuration:
            return Configuration(host=url.rstrip("/"), retries=retry, ssl_ca_cert=ca_file)

        basic = basic_authorization(username, password) if username is not None and password is not None else None
        self._session = Session(Transport(configuration(session_retries(retries)), timeout), basic, tokens)
        credentials = ApiKey(api_key) if api_key is not None else self._session
        super().__init__(AuthorizedTransport(configuration(operation_retries(retries)), timeout, credentials, basic))

    @property
    def tokens(self) -> Tokens | None:
        """Current tokens of the session, which `Client(url, tokens=...)` continues. `None` before log-in and after log-out."""
        return self._session.tokens

    def log_in(self) -> None:
        """Begins a session with the user name and the password. Optional: the first request does the same."""
        self._session.log_in()

    def log_out(self) -> None:
        """Ends the session on the server and removes the tokens. The next request logs in again, if there is a password."""
        self._session.log_out()

    def close(self) -> None:
        """Closes idle connections. The session continues."""
        self._session.close()
        self.transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if self._session.has_logged_in:
                self.log_out()
        except SensuError:
            # The session expires on its own; an error of the body of `with` matters more.
            pass
        finally:
            self.close()
