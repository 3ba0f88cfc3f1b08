"""Fixtures: a client of the server at `SENSU_URL`, started with `--dev --in-memory --access-token-expiry 3`."""

import os
from collections.abc import Callable, Iterator

import pytest
import urllib3

from sensu_api import Client
from sensu_api.models import ApiKeyInput, CheckConfigCreate, ObjectMetaCreate

USERNAME, PASSWORD = "admin", "P@ssw0rd!"


@pytest.fixture(scope="session")
def url() -> str:
    """Fails if the variable is missing."""
    return os.environ["SENSU_URL"]


@pytest.fixture(autouse=True)
def reset(url: str) -> None:
    """Deletes objects, planned faults and recorded requests of the previous test."""
    assert urllib3.request("POST", f"{url}/dev/reset").status < 300


@pytest.fixture
def client(url: str) -> Iterator[Client]:
    with Client(url, username=USERNAME, password=PASSWORD) as client:
        yield client


@pytest.fixture
def key_client(client: Client, url: str) -> Iterator[Client]:
    """A client whose requests are not interrupted by expired tokens."""
    issued = client.api_keys.api_key_create(ApiKeyInput(username=USERNAME))
    with Client(url, api_key=issued.key) as key_client:
        yield key_client


@pytest.fixture
def plan_faults(url: str) -> Callable[..., None]:
    """Plans responses of the server: `plan_faults({"fault": "status=503; count=1", "method": "GET"})`."""

    def plan(*faults: dict[str, str]) -> None:
        assert urllib3.request("PUT", f"{url}/dev/faults", json=faults).status < 300

    return plan


@pytest.fixture
def statuses(url: str) -> Callable[[str], list[int | None]]:
    """Statuses of the requests since the start of the test whose path begins with an argument."""

    def select(path: str) -> list[int | None]:
        recorded = urllib3.request("GET", f"{url}/dev/requests").json()
        return [one.get("status") for one in recorded if one["path"].startswith(path)]

    return select


def check(name: str) -> CheckConfigCreate:
    return CheckConfigCreate(
        command="check-cpu.sh -w 75 -c 90",
        interval=60,
        timeout=20,
        metadata=ObjectMetaCreate(name=name, labels={"region": "eu", "tier": "web"}),
    )
