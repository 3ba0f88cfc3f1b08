"""Typed methods for the operations below `/dev`."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import urllib3
from urllib3.exceptions import HTTPError

from ..errors import TransportError, error_from_response
from .models import Clock, Fault, RecordedRequest, SnapshotInfo

OPERATIONS = {
    "dev_reset": ("POST", "/dev/reset"),
    "dev_seed": ("POST", "/dev/seed"),
    "dev_clock_get": ("GET", "/dev/clock"),
    "dev_clock_set": ("PUT", "/dev/clock"),
    "dev_clock_reset": ("DELETE", "/dev/clock"),
    "dev_clock_advance": ("POST", "/dev/clock/advance"),
    "dev_fault_list": ("GET", "/dev/faults"),
    "dev_fault_replace": ("PUT", "/dev/faults"),
    "dev_fault_create": ("POST", "/dev/faults"),
    "dev_fault_clear": ("DELETE", "/dev/faults"),
    "dev_fault_get": ("GET", "/dev/faults/{}"),
    "dev_fault_delete": ("DELETE", "/dev/faults/{}"),
    "dev_request_list": ("GET", "/dev/requests"),
    "dev_request_clear": ("DELETE", "/dev/requests"),
    "dev_snapshot_list": ("GET", "/dev/snapshots"),
    "dev_snapshot_take": ("PUT", "/dev/snapshots/{}"),
    "dev_snapshot_restore": ("POST", "/dev/snapshots/{}/restore"),
    "dev_snapshot_delete": ("DELETE", "/dev/snapshots/{}"),
    "dev_openapi": ("GET", "/dev/openapi.json"),
}
"""Method and path of each operation."""

Duration = str | timedelta
"""`"250ms"`, `"15m"`, `"1h 30m"`, or a `timedelta`."""


def _duration(value: Duration) -> str:
    return value if isinstance(value, str) else f"{round(value / timedelta(milliseconds=1))}ms"


def _time(value: datetime | str) -> str:
    return value if isinstance(value, str) else value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class _Connection:
    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._pool = urllib3.PoolManager(retries=False, timeout=60.0)

    def call(
        self,
        operation: str,
        parameter: str = "",
        *,
        query: Mapping[str, object] | None = None,
        body: object = None,
        text: bytes | None = None,
    ) -> Any:
        method, path = OPERATIONS[operation]
        fields = {name: str(value) for name, value in (query or {}).items() if value is not None}
        if body is not None:
            text = json.dumps(body).encode()
        url = self._url + path.format(quote(parameter, safe=""))
        if fields:
            url += "?" + "&".join(f"{name}={quote(value, safe='')}" for name, value in fields.items())
        try:
            response = self._pool.request(method, url, body=text)
        except HTTPError as error:
            raise TransportError(0, f"cannot reach the server: {error}") from error
        if not 200 <= response.status <= 299:
            raise error_from_response(response.status, response.reason or "", response.headers, response.data)
        return json.loads(response.data) if response.data else None

    def close(self) -> None:
        self._pool.clear()


class ClockApi:
    """The clock of the server. Tokens, silences, results with a `ttl`, keepalives and schedules follow it."""

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection

    def read(self) -> Clock:
        """The time, and how it differs from that of the machine."""
        return Clock.model_validate(self._connection.call("dev_clock_get"))

    @property
    def now(self) -> datetime:
        """The time of the server."""
        return self.read().now

    def advance(self, by: Duration) -> Clock:
        """Advances the clock. Returns when everything that is due has been done: a test needs no sleep."""
        return Clock.model_validate(self._connection.call("dev_clock_advance", body={"by": _duration(by)}))

    def set(self, now: datetime | str | None = None, *, frozen: bool | None = None) -> Clock:
        """Sets the time, stops the clock (`frozen=True`), or starts it again."""
        change = {"now": None if now is None else _time(now), "frozen": frozen}
        change = {name: value for name, value in change.items() if value is not None}
        return Clock.model_validate(self._connection.call("dev_clock_set", body=change))

    def reset(self) -> Clock:
        """The clock shows the time of the machine again."""
        return Clock.model_validate(self._connection.call("dev_clock_reset"))


class SnapshotHandle:
    """A named snapshot."""

    def __init__(self, connection: _Connection, info: SnapshotInfo) -> None:
        self._connection = connection
        self.info = info

    def restore(self) -> None:
        """Restores the objects and the clock. Tokens stay valid; faults and recorded requests stay."""
        self._connection.call("dev_snapshot_restore", self.info.name)

    def delete(self) -> None:
        """Deletes the snapshot."""
        self._connection.call("dev_snapshot_delete", self.info.name)


class DevApi:
    """The test kit of a server that runs with `--dev`. It needs no credentials.

    Errors are those of the package: `BadRequest` names what to change.
    """

    def __init__(self, url: str) -> None:
        self._dev = _Connection(url)
        self.clock = ClockApi(self._dev)

    def reset(self) -> None:
        """Restores the objects of the start and the clock; deletes faults and recorded requests. Tokens stay valid."""
        self._dev.call("dev_reset")

    def seed(self, manifests: str | Path | Mapping[str, object] | Iterable[Mapping[str, object]]) -> int:
        """Creates or replaces objects: YAML or wrapped JSON as text or in a file, or wrapped objects. Returns their number."""
        if isinstance(manifests, Path):
            text = manifests.read_text(encoding="utf-8")
        elif isinstance(manifests, str):
            text = manifests
        elif isinstance(manifests, Mapping):
            text = json.dumps(manifests)
        else:
            text = "\n".join(json.dumps(manifest) for manifest in manifests)
        return int(self._dev.call("dev_seed", text=text.encode())["imported"])

    def fail(
        self,
        *,
        operation: str | None = None,
        method: str | None = None,
        path: str | None = None,
        header: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        nth: int | None = None,
        times: int | None = None,
        probability: float | None = None,
        status: int | None = None,
        body: object = None,
        content_type: str | None = None,
        delay: Duration | None = None,
        truncate: int | None = None,
        slow: Duration | None = None,
        drop: bool = False,
        reset: bool = False,
    ) -> Fault:
        """Plans a fault for requests that meet all conditions.

        Conditions: `operation` ID, `method`, beginning of the `path`, `header` and `query` parameters; `nth` for the n-th such
        request, `times` for the first ones, `probability`.

        Effects: an error `status`; a `body` in place of the response; `delay` before the request is processed; `truncate` after a
        number of bytes, or a `slow` transfer of the response; `drop` or `reset` of the connection.
        """
        values = {
            "operation": operation,
            "method": method,
            "path": path,
            "header": dict(header) if header else None,
            "query": dict(query) if query else None,
            "nth": nth,
            "times": times,
            "probability": probability,
            "status": status,
            "body": body,
            "content_type": content_type,
            "delay": None if delay is None else _duration(delay),
            "truncate": truncate,
            "slow": None if slow is None else _duration(slow),
            "drop": drop or None,
            "reset": reset or None,
        }
        fault = {name: value for name, value in values.items() if value is not None}
        return Fault.model_validate(self._dev.call("dev_fault_create", body=fault))

    def replace_faults(self, faults: Iterable[Mapping[str, object]]) -> list[Fault]:
        """Replaces all planned faults by others, given as in the request body."""
        planned = self._dev.call("dev_fault_replace", body=[dict(fault) for fault in faults])
        return [Fault.model_validate(one) for one in planned]

    def faults(self, *, matched: bool | None = None) -> list[Fault]:
        """The planned faults. `matched=False`: only those that no request has matched."""
        text = None if matched is None else str(matched).lower()
        return [Fault.model_validate(one) for one in self._dev.call("dev_fault_list", query={"matched": text})]

    def fault(self, fault: Fault | str) -> Fault:
        """The current counts of a fault."""
        return Fault.model_validate(self._dev.call("dev_fault_get", fault if isinstance(fault, str) else fault.id))

    def delete_fault(self, fault: Fault | str) -> None:
        """Deletes a fault."""
        self._dev.call("dev_fault_delete", fault if isinstance(fault, str) else fault.id)

    def clear_faults(self) -> None:
        """Deletes all faults and counts."""
        self._dev.call("dev_fault_clear")

    def requests(
        self,
        *,
        operation: str | None = None,
        status: int | str | None = None,
        method: str | None = None,
        path: str | None = None,
        since: datetime | str | None = None,
    ) -> list[RecordedRequest]:
        """The recorded requests that meet all conditions, oldest first. `status` is a number, or a class such as `"5xx"`."""
        query = {
            "operation": operation,
            "status": status,
            "method": method,
            "path": path,
            "since": None if since is None else _time(since),
        }
        return [RecordedRequest.model_validate(one) for one in self._dev.call("dev_request_list", query=query)]

    def clear_requests(self) -> None:
        """Deletes the recorded requests."""
        self._dev.call("dev_request_clear")

    def snapshot(self, name: str) -> SnapshotHandle:
        """Takes a named snapshot of the objects and the clock. Resets keep it."""
        return SnapshotHandle(self._dev, SnapshotInfo.model_validate(self._dev.call("dev_snapshot_take", name)))

    def restore(self, name: str) -> None:
        """Restores a named snapshot."""
        self._dev.call("dev_snapshot_restore", name)

    def snapshots(self) -> list[SnapshotInfo]:
        """All snapshots."""
        return [SnapshotInfo.model_validate(one) for one in self._dev.call("dev_snapshot_list")]

    def document(self) -> dict[str, Any]:
        """The OpenAPI document of the test kit."""
        document: dict[str, Any] = self._dev.call("dev_openapi")
        return document
