"""Responses of the test kit, as the server describes them at `/dev/openapi.json`."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True)


class Clock(_Model):
    """The clock of the server."""

    now: datetime
    unix: int
    """Seconds since 1970-01-01 UTC, as in fields of objects."""
    offset_ms: int
    """Milliseconds that the clock is ahead of the clock of the machine. Negative if it is behind."""
    frozen: bool
    """Whether the clock is stopped."""


class Fault(BaseModel):
    """A planned fault, and what it has done. Conditions and effects are those that it was created with."""

    model_config = ConfigDict(frozen=True, extra="allow")

    id: str
    matched: int
    """Number of requests that met the conditions, except those that an earlier fault applied to."""
    injected: int
    """Number of requests that the fault applied to."""


class RecordedRequest(_Model):
    """A request that the server received. Secrets are masked with `***`."""

    time: datetime
    """Time of arrival by the clock of the server."""
    id: str
    """The `X-Request-Id` of the response."""
    method: str
    path: str
    query: str
    headers: dict[str, str]
    """By name in lower case."""
    body: Any
    """JSON, or else text. `None` if empty or not read."""
    body_bytes: int
    operation: str | None
    """Operation ID. `None` for an unknown path."""
    status: int
    """Status of the response; 0 if there was none."""


class SnapshotInfo(_Model):
    """A named snapshot."""

    name: str
    taken: datetime
    entries: int
    """Number of objects and other entries."""
