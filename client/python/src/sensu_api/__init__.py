"""Client for the Sensu Go core/v2 API."""

from .client import Client
from .errors import (
    BadRequest,
    Conflict,
    Forbidden,
    InternalServerError,
    NotFound,
    NotModified,
    PreconditionFailed,
    SensuError,
    ServiceUnavailable,
    TooManyRequests,
    TransportError,
    Unauthorized,
)
from .headers import etag
from .pagination import iterate, pages

__all__ = [
    "BadRequest",
    "Client",
    "Conflict",
    "Forbidden",
    "InternalServerError",
    "NotFound",
    "NotModified",
    "PreconditionFailed",
    "SensuError",
    "ServiceUnavailable",
    "TooManyRequests",
    "TransportError",
    "Unauthorized",
    "etag",
    "iterate",
    "pages",
]
