"""Which requests are sent again, how often and after which delays, as settings of urllib3."""

from types import TracebackType
from typing import Self

from urllib3 import BaseHTTPResponse, Retry
from urllib3.connectionpool import ConnectionPool
from urllib3.exceptions import MaxRetryError, ResponseError

MAX_DELAY = 5
"""Upper limit of the backoff and of `Retry-After`, in seconds."""


class _OperationRetry(Retry):
    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: ConnectionPool | None = None,
        _stacktrace: TracebackType | None = None,
    ) -> Self:
        if method == "PUT" and "/events/" in (url or ""):
            # Not idempotent: the server counts the occurrences of an event.
            method = "POST"
        if response is not None and _pool is not None:
            too_late = (self.get_retry_after(response) or 0) > MAX_DELAY
            if too_late or method not in (self.allowed_methods or ()):
                raise MaxRetryError(_pool, url, ResponseError(f"status {response.status}"))
        return super().increment(method, url, response, error, _pool, _stacktrace)


def operation_retries(total: int) -> Retry:
    """Requests that failed before a connection was established are always retried; after other connection errors, timeouts and the
    statuses 429, 502, 503 and 504, only idempotent requests are.

    The first retry follows at once, the next ones after 0.2 and 0.4 seconds and so on, plus up to 0.1 seconds, or after the seconds
    in `Retry-After`. If that exceeds `MAX_DELAY`, the request fails at once.
    """
    return _OperationRetry(
        total,
        allowed_methods={"GET", "HEAD", "OPTIONS", "PUT", "DELETE"},
        status_forcelist={429, 502, 503, 504},
        backoff_factor=0.1,
        backoff_max=MAX_DELAY,
        backoff_jitter=0.1,
        # After the last retry, return the response, which has the cause.
        raise_on_status=False,
    )


def session_retries(total: int) -> Retry:
    """Log-ins and renewals are retried only if no connection was established: the server counts wrong passwords, and a refresh
    token works once."""
    return Retry(total, read=0, status=0, backoff_factor=0.1, backoff_jitter=0.1, raise_on_status=False)
