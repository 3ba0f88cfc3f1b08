"""The pytest plugin and the typed methods of the test kit, on the server of the environment variable `SENSU_SERVER`."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import urllib3

from sensu_api import BadRequest, NotFound, ServiceUnavailable, TransportError, Unauthorized
from sensu_api.models import EventCreate, SilencedCreate
from sensu_api.testkit import Sensu, ServerNotStarted, ServerProcess
from sensu_api.testkit.api import OPERATIONS

from .conftest import check

DISK = """
type: CheckConfig
api_version: core/v2
metadata: { name: disk, namespace: default }
spec: { command: check-disk, interval: 60, subscriptions: [linux] }
"""


def names(sensu: Sensu) -> list[str]:
    return [one.metadata.name for one in sensu.checks.check_list("default")]


def test_every_operation_of_the_document_has_a_method(sensu: Sensu) -> None:
    paths = sensu.document()["paths"]
    documented = {
        operation["operationId"]: (method.upper(), path.replace("{id}", "{}").replace("{name}", "{}"))
        for path, methods in paths.items()
        for method, operation in methods.items()
    }
    assert documented == OPERATIONS


@pytest.mark.parametrize("number", range(3))
def test_each_test_finds_the_same_state(sensu: Sensu, number: int) -> None:
    assert names(sensu) == [] and sensu.faults() == [] and not sensu.clock.read().frozen
    assert [one.operation for one in sensu.requests()] == ["check_list"]
    sensu.checks.check_create("default", check(f"cpu-{number}"))
    sensu.clock.set(frozen=True)
    sensu.fail(operation="check_list", status=500)


def test_a_fault_applies_to_an_operation_and_counts_its_requests(sensu: Sensu) -> None:
    fault = sensu.fail(operation="check_create", status=503, times=2)
    unused = sensu.fail(operation="check_delete", drop=True)
    for _ in range(2):
        with pytest.raises(ServiceUnavailable):
            sensu.checks.check_create("default", check("cpu"))
    sensu.checks.check_create("default", check("cpu"))
    assert [one.status for one in sensu.requests(operation="check_create")] == [503, 503, 200]
    assert len(sensu.requests(operation="check_create", status=503)) == len(sensu.requests(status="5xx")) == 2
    assert (sensu.fault(fault).matched, sensu.fault(fault).injected) == (3, 2)
    assert [one.id for one in sensu.faults(matched=False)] == [unused.id]
    sensu.delete_fault(unused)
    assert len(sensu.faults()) == 1
    sensu.clear_faults()
    assert sensu.faults() == []


def test_faults_change_what_arrives(sensu: Sensu) -> None:
    url = f"{sensu.url}/health"
    sensu.fail(path="/health", status=502, body="<h1>Bad gateway</h1>", content_type="text/html", times=1)
    response = urllib3.request("GET", url)
    assert (response.status, response.headers["Content-Type"]) == (502, "text/html")
    sensu.fail(path="/health", nth=2, header={"X-Probe": "a"}, query={"timeout": "1"}, status=504)
    statuses = [urllib3.request("GET", f"{url}?timeout=1", headers={"X-Probe": "a"}).status for _ in range(3)]
    assert statuses == [200, 504, 200]
    sensu.replace_faults([{"operation": "check_list", "reset": True}, {"method": "POST", "truncate": 3}])
    with pytest.raises(TransportError):
        sensu.checks.check_list("default")
    with pytest.raises(TransportError):
        sensu.checks.check_create("default", check("cpu"))
    sensu.clear_faults()
    assert names(sensu) == ["cpu"], "the operation was carried out, only its response was incomplete"
    sensu.fail(operation="check_list", slow=timedelta(milliseconds=200), delay="50ms")
    start = datetime.now(UTC)
    assert names(sensu) == ["cpu"] and datetime.now(UTC) - start >= timedelta(milliseconds=250)


def test_requests_are_selected(sensu: Sensu) -> None:
    names(sensu)
    sensu.clock.advance("1h")
    later = sensu.clock.now
    sensu.checks.check_create("default", check("cpu"))
    assert [one.status for one in sensu.requests(since=later)] == [401, 200, 200], "the client has renewed its token"
    (request,) = sensu.requests(operation="check_create", status=200)
    assert (request.method, request.body["metadata"]["name"], request.headers["authorization"]) == ("POST", "cpu", "***")
    assert len(sensu.requests(method="GET", path="/api/core/v2/namespaces/default/checks")) == 1
    sensu.clear_requests()
    assert sensu.requests() == []
    with pytest.raises(BadRequest, match="did you mean one of check_"):
        sensu.requests(operation="check_lst")


def test_a_silence_expires_when_the_clock_is_advanced(sensu: Sensu) -> None:
    sensu.silenced_entries.silenced_create(
        "default", SilencedCreate.model_validate({"subscription": "linux", "check": "*", "expire": 600})
    )
    sensu.clock.advance(timedelta(minutes=9))
    assert len(sensu.silenced_entries.silenced_list("default")) == 1
    sensu.clock.advance("2m")
    assert sensu.silenced_entries.silenced_list("default") == []


def test_a_token_expires_when_the_clock_is_advanced(sensu: Sensu) -> None:
    token = sensu.access_token
    headers = {"Authorization": f"Bearer {token}"}
    checks = f"{sensu.url}/apis/core/v2/namespaces/default/checks"
    assert urllib3.request("GET", checks, headers=headers).status == 200
    sensu.clock.advance("16m")
    assert urllib3.request("GET", checks, headers=headers).status == 401
    # The client renews its tokens.
    assert names(sensu) == []


def test_an_overdue_result_fails_when_the_clock_is_advanced(sensu: Sensu) -> None:
    event = {
        "entity": {"metadata": {"name": "db"}, "entity_class": "proxy"},
        "check": {"metadata": {"name": "backup"}, "interval": 60, "ttl": 90, "status": 0},
    }
    sensu.events.event_create("default", EventCreate.model_validate(event))
    before = sensu.clock.now
    assert sensu.clock.advance("91s").now >= before + timedelta(seconds=91)
    stored = sensu.events.event_get("default", "db", "backup")
    assert stored.check is not None and stored.check.status == 1


def test_objects_are_seeded_from_text_files_and_values(sensu: Sensu, tmp_path: Path) -> None:
    assert sensu.seed(DISK) == 1
    file = tmp_path / "disk.yaml"
    file.write_text(DISK.replace("disk", "memory"))
    assert sensu.seed(file) == 1
    manifest = {
        "type": "CheckConfig",
        "api_version": "core/v2",
        "metadata": {"name": "cpu", "namespace": "default"},
        "spec": {"command": "check-cpu", "interval": 5},
    }
    assert sensu.seed(manifest) == sensu.seed([manifest]) == 1
    assert names(sensu) == ["cpu", "disk", "memory"]
    with pytest.raises(BadRequest, match="Chek"):
        sensu.seed({**manifest, "type": "Chek"})


def test_a_snapshot_is_restored(sensu: Sensu) -> None:
    sensu.seed(DISK)
    with_disk = sensu.snapshot("with-disk")
    sensu.reset()
    assert names(sensu) == []
    with_disk.restore()
    assert names(sensu) == ["disk"]
    sensu.reset()
    sensu.restore("with-disk")
    assert names(sensu) == ["disk"] and [one.name for one in sensu.snapshots()] == ["with-disk"]
    with_disk.delete()
    with pytest.raises(NotFound, match="does not exist"):
        with_disk.restore()


def test_tokens_stay_valid_over_a_reset(sensu: Sensu) -> None:
    token = sensu.access_token
    sensu.users.user_disable("admin")
    sensu.clock.advance("13h")
    with pytest.raises(Unauthorized):
        sensu.checks.check_list("default")
    sensu.reset()
    headers = {"Authorization": f"Bearer {token}"}
    response = urllib3.request("GET", f"{sensu.url}/apis/core/v2/namespaces/default/checks", headers=headers)
    assert response.status == 200


def test_the_clock_can_be_set_and_stopped(sensu: Sensu) -> None:
    time = datetime(2030, 1, 1, 12, tzinfo=UTC)
    assert sensu.clock.set(time, frozen=True).now == sensu.clock.now == time
    assert not sensu.clock.set(frozen=False).frozen
    assert sensu.clock.reset().offset_ms == 0


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(ServerNotStarted, match="cannot run"):
        ServerProcess(tmp_path, program=tmp_path / "missing")
    with pytest.raises(ServerNotStarted, match="unexpected argument"):
        ServerProcess(tmp_path, arguments=["--no-such-argument"])


PLUGIN_TEST = """
import pathlib, pytest

@pytest.mark.parametrize("number", range(2))
def test_the_seed_is_there(sensu, sensu_server, worker_id, number):
    assert [one.metadata.name for one in sensu.checks.check_list("default")] == ["disk"]
    pathlib.Path(__file__).with_name(worker_id).write_text(sensu.url)
"""


def test_settings_of_the_configuration_file_apply_and_each_worker_has_a_server(tmp_path: Path) -> None:
    (tmp_path / "disk.yaml").write_text(DISK)
    (tmp_path / "pytest.ini").write_text("[pytest]\nsensu_seed = disk.yaml\nsensu_arguments = --log-level error\n")
    (tmp_path / "test_seed.py").write_text(PLUGIN_TEST)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-n", "2", "--dist", "each", str(tmp_path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    urls = {(tmp_path / worker).read_text() for worker in ("gw0", "gw1")}
    assert len(urls) == 2
    for url in urls:
        with pytest.raises(urllib3.exceptions.HTTPError):
            urllib3.request("GET", url, retries=False)
