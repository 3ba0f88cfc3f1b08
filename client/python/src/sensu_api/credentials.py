"""Credentials of requests: an API key, or a session whose tokens are renewed."""

import base64
import math
import threading
import time
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

from .errors import BadRequest, Unauthorized
from .generated.api.authentication_api import AuthenticationApi
from .generated.api_response import ApiResponse
from .generated.models.refresh import Refresh
from .generated.models.tokens import Tokens
from .headers import header
from .transport import Transport


@dataclass(frozen=True)
class ApiKey:
    """An API key. It cannot be renewed."""

    key: str = field(repr=False)

    def authorization(self) -> str:
        return f"Key {self.key}"

    def renew(self, rejected: str) -> bool:
        return False


def basic_authorization(username: str, password: str) -> str:
    """Value of the header for HTTP Basic authentication. Helpers of urllib3 do not support all passwords."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


@dataclass(frozen=True)
class IssuedTokens:
    """Tokens, and the time to renew them."""

    tokens: Tokens = field(repr=False)
    renew_at: float
    """Seconds since 1970-01-01 by the local clock."""

    @property
    def authorization(self) -> str:
        return f"Bearer {self.tokens.access_token}"

    @classmethod
    def from_response(cls, response: ApiResponse[Tokens]) -> "IssuedTokens":
        """Tokens that expire by the clock of the server, which can differ from the local one."""
        now, date = time.time(), header(response, "Date")
        lifetime = response.data.expires_at - (parsedate_to_datetime(date).timestamp() if date else now)
        # Before its expiry, so that a token does not expire in transit. A wrong clock is no reason to renew with every request.
        return cls(response.data, now + lifetime - min(10, lifetime / 10) if lifetime > 0 else math.inf)


class Session:
    """Tokens of a user, for any number of threads. Logs in when there are no tokens or they can no longer be renewed, if there is a
    password."""

    def __init__(self, transport: Transport, basic: str | None, tokens: Tokens | None) -> None:
        self._transport = transport
        self._api = AuthenticationApi(transport)
        self._basic = basic
        self._issued = IssuedTokens(tokens, tokens.expires_at or math.inf) if tokens else None
        # Held during a renewal: other threads wait, and then find the new tokens.
        self._lock = threading.Lock()
        self.has_logged_in = False

    @property
    def tokens(self) -> Tokens | None:
        return self._issued.tokens if self._issued else None

    def authorization(self) -> str | None:
        issued = self._issued
        if issued is None or time.time() >= issued.renew_at:
            self.renew(issued.authorization if issued else "")
            issued = self._issued
        return issued.authorization if issued else None

    def renew(self, rejected: str) -> bool:
        with self._lock:
            if self._issued and self._issued.authorization != rejected:
                return True
            issued = self._exchange() or self._log_in()
            self._issued = issued or self._issued
            return issued is not None

    def log_in(self) -> None:
        if self._basic is None:
            raise ValueError("a log-in requires a user name and a password")
        with self._lock:
            self._issued = self._log_in()

    def log_out(self) -> None:
        """Ends the session on the server and removes the tokens."""
        with self._lock:
            if self._issued is None:
                return
            headers = {"Authorization": self._issued.authorization}
            self._api.auth_logout(Refresh(refresh_token=self._issued.tokens.refresh_token), _headers=headers)
            self._issued, self.has_logged_in = None, False

    def close(self) -> None:
        self._transport.close()

    def _exchange(self) -> IssuedTokens | None:
        if self._issued is None:
            return None
        refresh = Refresh(refresh_token=self._issued.tokens.refresh_token)
        headers = {"Authorization": self._issued.authorization}
        try:
            return IssuedTokens.from_response(self._api.auth_refresh_with_http_info(refresh, _headers=headers))
        except (BadRequest, Unauthorized):
            return None

    def _log_in(self) -> IssuedTokens | None:
        if self._basic is None:
            return None
        issued = IssuedTokens.from_response(self._api.auth_login_with_http_info(_headers={"Authorization": self._basic}))
        self.has_logged_in = True
        return issued
