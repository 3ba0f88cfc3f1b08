"""Test kit: a server process for tests, and typed methods for the paths below `/dev` of a server that runs with `--dev`.

The pytest plugin `pytest_sensu` has fixtures for both.
"""

from .api import ClockApi, DevApi, SnapshotHandle
from .models import Clock, Fault, RecordedRequest, SnapshotInfo
from .process import ServerNotStarted, ServerProcess
from .sensu import Sensu

__all__ = [
    "Clock",
    "ClockApi",
    "DevApi",
    "Fault",
    "RecordedRequest",
    "Sensu",
    "ServerNotStarted",
    "ServerProcess",
    "SnapshotHandle",
    "SnapshotInfo",
]
