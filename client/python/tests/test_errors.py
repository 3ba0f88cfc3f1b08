"""Errors and retries."""

import pickle
import socket
import time
from collections.abc import Callable

import pytest
from urllib3 import HTTPConnectionPool, HTTPResponse
from urllib3.exceptions import MaxRetryError

from sensu_api import BadRequest, Client, InternalServerError, SensuError, ServiceUnavailable, TransportError
from sensu_api.errors import error_from_response
from sensu_api.models import CheckConfigPatch, EntityInput, EventInput
from sensu_api.retry import operation_retries

from .conftest import check

Faults = Callable[..., None]
Statuses = Callable[[str], list[int | None]]
CHECKS = "/apis/core/v2/namespaces/default/checks"
EVENTS = "/apis/core/v2/namespaces/default/events"


def test_an_unavailable_server_is_asked_again(key_client: Client, plan_faults: Faults, statuses: Statuses) -> None:
    plan_faults({"fault": "status=503; count=1", "path": CHECKS})
    start = time.monotonic()
    assert key_client.checks.check_list("default") == []
    assert statuses(CHECKS) == [503, 200] and time.monotonic() - start >= 1, "after the seconds in Retry-After"


def test_the_last_response_is_raised(url: str, plan_faults: Faults, statuses: Statuses) -> None:
    plan_faults({"fault": "status=503", "path": CHECKS})
    with Client(url, api_key="x", retries=1) as impatient, pytest.raises(ServiceUnavailable) as last:
        impatient.checks.check_list("default")
    assert (last.value.code, last.value.retry_after) == (0, 1) and statuses(CHECKS) == [503, 503]


def test_other_errors_are_not_retried(key_client: Client, plan_faults: Faults, statuses: Statuses) -> None:
    plan_faults({"fault": "status=500", "path": CHECKS})
    with pytest.raises(InternalServerError):
        key_client.checks.check_list("default")
    assert statuses(CHECKS) == [500]


def test_requests_that_are_not_idempotent_are_not_retried(
    key_client: Client, plan_faults: Faults, statuses: Statuses
) -> None:
    plan_faults({"fault": "status=503", "path": CHECKS})
    with pytest.raises(ServiceUnavailable):
        key_client.checks.check_create("default", check("a"))
    plan_faults({"fault": "drop", "path": CHECKS})
    with pytest.raises(TransportError):
        key_client.checks.check_patch("default", "a", CheckConfigPatch(interval=1))
    assert len(statuses(CHECKS)) == 2


def test_a_put_of_an_event_is_not_retried(key_client: Client, plan_faults: Faults, statuses: Statuses) -> None:
    event = EventInput(entity=EntityInput(entity_class="proxy"))
    for fault, error in (("status=503", ServiceUnavailable), ("drop", TransportError)):
        plan_faults({"fault": fault, "path": EVENTS})
        with pytest.raises(error):
            key_client.events.event_put("default", "web", "cpu", event)
    assert len(statuses(EVENTS)) == 2


def test_a_distant_retry_after_is_not_awaited() -> None:
    for seconds, expected in (("5", False), ("6", True)):
        response = HTTPResponse(status=503, headers={"Retry-After": seconds})
        try:
            operation_retries(3).increment("GET", "/", response, _pool=HTTPConnectionPool("localhost"))
            failed = False
        except MaxRetryError:
            failed = True
        assert failed is expected


def test_dropped_connections_are_retried(key_client: Client, plan_faults: Faults, statuses: Statuses) -> None:
    plan_faults({"fault": "drop; count=2", "path": CHECKS})
    assert key_client.checks.check_list("default") == []
    assert len(statuses(CHECKS)) == 3


def test_a_timeout_is_a_transport_error(url: str, plan_faults: Faults) -> None:
    plan_faults({"fault": "delay=5s", "path": CHECKS})
    with Client(url, api_key="x", timeout=0.2, retries=0) as hasty, pytest.raises(TransportError):
        hasty.checks.check_list("default")


def test_an_unreachable_server_is_a_transport_error() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        unreachable = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with Client(unreachable, retries=1) as client, pytest.raises(TransportError) as refused:
            client.version.version_get()
    assert refused.value.status == 0 and "cannot reach the server" in str(refused.value)


def test_an_invalid_request_is_a_bad_request(client: Client) -> None:
    with pytest.raises(BadRequest) as invalid:
        client.checks.check_list("default", field_selector="unknown == 1")
    assert (invalid.value.status, invalid.value.code) == (400, 1)


def test_errors_contain_the_object_and_the_field() -> None:
    body = b'{"message":"m","code":1,"resource":"checks","name":"a","field":"interval"}'
    error = error_from_response(400, "Bad Request", {"X-Request-Id": "r"}, body)
    assert isinstance(error, BadRequest) and str(error) == "m (status 400, request r)"
    assert (error.resource, error.name, error.field) == ("checks", "a", "interval")
    copied = pickle.loads(pickle.dumps(error))
    assert isinstance(copied, BadRequest) and vars(copied) == vars(error)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"\xff", b'{"message":1,"code":"x"}'])
def test_bodies_of_other_servers_are_tolerated(body: bytes) -> None:
    error = error_from_response(502, "Bad Gateway", {"Retry-After": "soon"}, body)
    assert type(error) is SensuError and error.message == "Bad Gateway"
    assert (error.code, error.retry_after, error.request_id) == (None, None, None)
