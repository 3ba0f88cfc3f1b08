"""pytest plugin: a server in memory for each test run, and a client of it that each test finds in the same state.

    def test_a_failed_request_is_retried(sensu):
        sensu.fail(operation="check_create", status=503, times=1)
        create_check(sensu.url, sensu.access_token)  # the program under test
        assert [request.status for request in sensu.requests(operation="check_create")] == [503, 200]

The program is that of the environment variable `SENSU_SERVER`, or `sensu-server` in `PATH`. With pytest-xdist, each worker has a
server of its own. Settings in the configuration file of pytest: `sensu_seed`, `sensu_arguments`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    # Imported when a fixture is used: importing takes a part of a second, and this plugin is loaded by every run.
    from sensu_api.testkit import Sensu, ServerProcess


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("sensu_seed", "files or directories with objects of the server of the fixture sensu", type="paths", default=[])
    parser.addini("sensu_arguments", "further arguments of `sensu-server start`", type="args", default=[])


@pytest.fixture(scope="session")
def sensu_server(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A running server."""
    from sensu_api.testkit import ServerProcess

    folder = tmp_path_factory.mktemp("sensu-server")
    seed, arguments = pytestconfig.getini("sensu_seed"), pytestconfig.getini("sensu_arguments")
    with ServerProcess(folder, seed=seed, arguments=arguments) as server:
        yield server


@pytest.fixture(scope="session")
def _sensu_session(sensu_server: ServerProcess) -> Iterator[Sensu]:
    # One for all tests: a reset keeps its tokens valid, and its connections stay open.
    sensu = sensu_server.connect()
    yield sensu
    sensu.close()


@pytest.fixture
def sensu(_sensu_session: Sensu) -> Sensu:
    """A client of the server, which has been reset: objects, clock, faults and recorded requests."""
    _sensu_session.prepare()
    return _sensu_session
