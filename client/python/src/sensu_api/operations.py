"""Groups of operations: one attribute per tag of the document."""

from collections.abc import Callable
from functools import cached_property
from typing import TypeVar

from .generated import api
from .transport import Transport

A = TypeVar("A")


def _group(api_class: Callable[[], Callable[[Transport], A]]) -> cached_property[A]:
    # A function, so that the generated module is imported on first use: all of them take about a second.
    def create(operations: "Operations") -> A:
        return api_class()(operations.transport)

    return cached_property(create)


class Operations:
    """Generated operations, such as `checks.check_list`. With the suffix `_with_http_info`, they also return status and headers."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    api_keys = _group(lambda: api.APIKeysApi)
    assets = _group(lambda: api.AssetsApi)
    authentication = _group(lambda: api.AuthenticationApi)
    checks = _group(lambda: api.ChecksApi)
    cluster = _group(lambda: api.ClusterApi)
    cluster_role_bindings = _group(lambda: api.ClusterRoleBindingsApi)
    cluster_roles = _group(lambda: api.ClusterRolesApi)
    discovery = _group(lambda: api.DiscoveryApi)
    entities = _group(lambda: api.EntitiesApi)
    events = _group(lambda: api.EventsApi)
    extensions = _group(lambda: api.ExtensionsApi)
    filters = _group(lambda: api.FiltersApi)
    handlers = _group(lambda: api.HandlersApi)
    health = _group(lambda: api.HealthApi)
    hooks = _group(lambda: api.HooksApi)
    mutators = _group(lambda: api.MutatorsApi)
    namespaces = _group(lambda: api.NamespacesApi)
    pipelines = _group(lambda: api.PipelinesApi)
    role_bindings = _group(lambda: api.RoleBindingsApi)
    roles = _group(lambda: api.RolesApi)
    silenced_entries = _group(lambda: api.SilencedEntriesApi)
    tessen = _group(lambda: api.TessenApi)
    users = _group(lambda: api.UsersApi)
    version = _group(lambda: api.VersionApi)
