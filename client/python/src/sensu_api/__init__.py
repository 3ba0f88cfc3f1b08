"""Client for the Sensu Go core/v2 API."""

from .client import Client
from .errors import (
    BadRequest,
    Conflict,
    Forbidden,
    InternalServerError,
    MethodNotAllowed,
    NotFound,
    NotModified,
    PayloadTooLarge,
    PreconditionFailed,
    RequestTimeout,
    SensuError,
    ServiceUnavailable,
    TooManyRequests,
    TransportError,
    Unauthorized,
    UnsupportedMediaType,
)
from .headers import etag
from .pagination import iterate, pages

__all__ = [
    "BadRequest",
    "Client",
    "Conflict",
    "Forbidden",
    "InternalServerError",
    "MethodNotAllowed",
    "NotFound",
    "NotModified",
    "PayloadTooLarge",
    "PreconditionFailed",
    "RequestTimeout",
    "SensuError",
    "ServiceUnavailable",
    "TooManyRequests",
    "TransportError",
    "Unauthorized",
    "UnsupportedMediaType",
    "etag",
    "iterate",
    "pages",
]
