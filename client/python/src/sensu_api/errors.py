"""Exceptions for error responses, one class per status."""

import json
from collections.abc import Mapping


class SensuError(Exception):
    """Error of a request. Base of all exceptions of this package; itself raised for statuses without a class."""

    def __init__(
        self,
        status: int,
        message: str,
        code: int | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        resource: str | None = None,
        name: str | None = None,
        field: str | None = None,
    ) -> None:
        super().__init__(status, message, code, request_id, retry_after, resource, name, field)
        self.status = status
        """HTTP status; 0 if there is no response."""
        self.message = message
        """Cause, for people."""
        self.code = code
        """Error code of Sensu Go, 0 to 6. `None` if the body has no code."""
        self.request_id = request_id
        """Value of `X-Request-Id`, which the server logs with the request."""
        self.retry_after = retry_after
        """Seconds until the next attempt, from `Retry-After`. Set with the statuses 429 and 503."""
        self.resource = resource
        """Kind of object that the error is about, such as `checks`."""
        self.name = name
        """Name of the object that the error is about."""
        self.field = field
        """Path of the invalid field in the request body."""

    def __str__(self) -> str:
        request = f", request {self.request_id}" if self.request_id else ""
        return f"{self.message} (status {self.status}{request})" if self.status else self.message


class TransportError(SensuError):
    """No complete response: DNS, connection, TLS, timeout."""


class NotModified(SensuError):
    """304: the object is in the state that `if_none_match` names."""


class BadRequest(SensuError):
    """400: the request is invalid."""


class Unauthorized(SensuError):
    """401: the credentials are missing, wrong or expired, and could not be renewed."""


class Forbidden(SensuError):
    """403: no role of the caller allows the operation."""


class NotFound(SensuError):
    """404: the object or its namespace does not exist."""


class Conflict(SensuError):
    """409: the object exists, or another object prevents the operation."""


class PreconditionFailed(SensuError):
    """412: the object is not in the state that `if_match` or `if_none_match` requires."""


class TooManyRequests(SensuError):
    """429: too many failed or concurrent log-ins."""


class InternalServerError(SensuError):
    """500: the server failed. Its log contains the cause."""


class ServiceUnavailable(SensuError):
    """503: the server temporarily cannot process the request."""


_BY_STATUS: dict[int, type[SensuError]] = {
    304: NotModified,
    400: BadRequest,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    412: PreconditionFailed,
    429: TooManyRequests,
    500: InternalServerError,
    503: ServiceUnavailable,
}


def error_from_response(status: int, reason: str, headers: Mapping[str, str], body: bytes) -> SensuError:
    """The exception for an error response. Proxies may respond with another body than the server."""
    try:
        parsed: object = json.loads(body)
    except ValueError:
        parsed = None
    fields: dict[str, object] = parsed if isinstance(parsed, dict) else {}

    def text(key: str) -> str | None:
        value = fields.get(key)
        return value if isinstance(value, str) else None

    code, seconds = fields.get("code"), headers.get("Retry-After", "")
    return _BY_STATUS.get(status, SensuError)(
        status,
        text("message") or reason or f"status {status}",
        code if isinstance(code, int) else None,
        headers.get("X-Request-Id"),
        float(seconds) if seconds.isdecimal() else None,
        text("resource"),
        text("name"),
        text("field"),
    )
