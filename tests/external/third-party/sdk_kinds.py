"""The kinds of objects of the Python SDK, with an object of each, a change of it, and selectors."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sensu_go import And, Equal, In, Matches, NotEqual, NotIn

SHA512 = "0" * 128


@dataclass
class Kind:
    """A kind of object with a namespace."""

    # Attribute of the SDK's client.
    attribute: str
    # Specification of an object with this name.
    spec: Callable[[str], dict[str, Any]]
    # Changed fields of the specification.
    change: dict[str, Any]
    # Select the object with this name, but not a changed one with another name.
    selectors: dict[str, Callable[[str], Any]]
    # Name in URLs.
    path_name: Callable[[str], str] = lambda name: name


def event(name: str) -> dict[str, Any]:
    return {
        "entity": {"metadata": {"name": "sdk"}, "entity_class": "proxy"},
        # Label selectors of events apply to the labels of the check and the entity.
        "check": {
            "metadata": {"name": name, "labels": {"sdk": name}},
            "interval": 60,
            "status": 2,
            "subscriptions": ["linux"],
        },
        "timestamp": 1700000000,
    }


KINDS = [
    Kind(
        "assets",
        lambda name: {"builds": [{"url": "https://example.com/a.tar.gz", "sha512": SHA512}]},
        {"builds": [{"url": "https://example.com/b.tar.gz", "sha512": SHA512, "filters": ["true"]}]},
        {"texts": lambda name: And(Equal("name", name), Equal("namespace", "default"))},
    ),
    Kind(
        "checks",
        lambda name: {"command": "check", "interval": 30, "subscriptions": ["linux", "disk"], "publish": True},
        {"interval": 60, "publish": False, "subscriptions": ["linux"], "handlers": ["mail"]},
        {
            "a boolean": lambda name: And(Equal("publish", True), Matches("name", "sdk-")),
            "a number": lambda name: And(Equal("interval", 30), NotEqual("timeout", 1)),
            "a list's item": lambda name: In("disk", "subscriptions"),
            "a missing item": lambda name: NotIn("mail", "handlers"),
        },
    ),
    Kind(
        "entities",
        lambda name: {"entity_class": "proxy", "subscriptions": ["linux"], "deregister": True},
        {"subscriptions": ["linux", "web"], "deregister": False},
        {
            "a boolean": lambda name: And(Equal("deregister", True), Equal("entity_class", "proxy")),
            "a missing item": lambda name: NotIn("web", "subscriptions"),
        },
    ),
    Kind(
        "events",
        event,
        {"check": {"status": 1, "handlers": ["mail"]}},
        {
            "a number": lambda name: And(Equal("check.status", 2), Equal("entity.name", "sdk")),
            "another number": lambda name: NotEqual("check.status", 1),
            "a number as text": lambda name: Equal("check.status", "2"),
            "its check": lambda name: Equal("check.name", name),
        },
        path_name=lambda name: f"sdk/{name}",
    ),
    Kind(
        "filters",
        lambda name: {"action": "allow", "expressions": ["event.check.name.match(/^disk/)"]},
        {"action": "deny", "expressions": ["event.check.occurrences > 3"]},
        {"a text": lambda name: Equal("action", "allow")},
    ),
    Kind(
        "handlers",
        lambda name: {"type": "pipe", "command": "cat", "timeout": 10, "filters": ["is_incident"]},
        {"type": "tcp", "socket": {"host": "localhost", "port": 4444}, "filters": []},
        {"a text and an item": lambda name: And(Equal("type", "pipe"), In("is_incident", "filters"))},
    ),
    Kind(
        "hooks",
        lambda name: {"command": "ps aux", "timeout": 10, "stdin": False},
        {"command": "df", "timeout": 20},
        {"part of a name": lambda name: Matches("name", name)},
    ),
    Kind(
        "mutators",
        lambda name: {"command": "cat", "timeout": 10, "env_vars": ["A=1"]},
        {"command": "jq .", "env_vars": []},
        {"one of several names": lambda name: In("name", [name, "other"])},
    ),
    Kind(
        "silences",
        lambda name: {"subscription": "linux", "check": name, "expire": 3600, "reason": "maintenance"},
        {"expire": 7200, "reason": "more maintenance", "expire_on_resolve": True},
        {
            "texts": lambda name: And(Equal("subscription", "linux"), Equal("check", name)),
            "a boolean": lambda name: Equal("expire_on_resolve", False),
        },
        path_name=lambda name: f"linux:{name}",
    ),
]


def merged(spec: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """The specification with changed fields, also in nested objects."""
    result = dict(spec)
    for name, value in change.items():
        is_nested = isinstance(value, dict) and isinstance(result.get(name), dict)
        result[name] = merged(result[name], value) if is_nested else value
    return result


def contains(found: Any, sent: Any) -> bool:
    """Whether an object has all fields that were sent."""
    if isinstance(sent, dict):
        return isinstance(found, dict) and all(contains(found.get(name), one) for name, one in sent.items())
    if isinstance(sent, list):
        return isinstance(found, list) and len(found) == len(sent) and all(map(contains, found, sent))
    return bool(found == sent)
