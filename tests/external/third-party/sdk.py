"""Every operation of the Python SDK sensu-go, for every kind. Each call is reported.

Expects a fresh server with the namespaces `other` and `large`, and 900 checks in the latter.
"""

import os
from collections.abc import Callable
from typing import Any

from sensu_go import And, Client, Equal, In, Matches, NotEqual, NotIn
from sensu_go.errors import AuthError, ResponseError

from report import call
from sdk_kinds import KINDS, Kind, contains, merged

URL = os.environ["SENSU_URL"]
PASSWORD = "P@ssw0rd!"
ADMIN = Client(URL, username="admin", password=PASSWORD)


def expect(result: Any, is_expected: Callable[[Any], bool]) -> None:
    if not is_expected(result):
        raise AssertionError(f"unexpected: {getattr(result, 'spec', result)}")


def rejected(error: type[Exception], message: str, function: Callable[[], object]) -> None:
    """Expects an exception whose message contains a text."""
    try:
        result = function()
    except error as expected:
        expect(str(expected), lambda text: message in text)
        return
    raise AssertionError(f"not rejected: {result}")


def names(objects: Any) -> list[str]:
    return sorted(one.name for one in objects)


def lifecycle(kind: Kind) -> None:
    """Two objects: the second has the changed fields, so that selectors find only the first."""
    client = getattr(ADMIN, kind.attribute)
    a, b, missing = (kind.path_name(name) for name in ("sdk-a", "sdk-b", "sdk-missing"))
    spec = kind.spec("sdk-a")

    def run(operation: str, function: Callable[[], object]) -> None:
        call(f"{kind.attribute}: {operation}", function)

    def check(operation: str, function: Callable[[], Any], is_expected: Callable[[Any], bool]) -> None:
        run(operation, lambda: expect(function(), is_expected))

    def create(name: str, change: dict[str, Any], namespace: str = "default") -> Any:
        metadata = {"name": kind.path_name(name), "namespace": namespace, "labels": {"sdk": name}}
        if kind.attribute == "events":
            del metadata["name"]
        return client.create(merged(kind.spec(name), change), metadata)

    def save() -> Any:
        one = client.get(a)
        one.spec.update(merged(one.spec, kind.change))
        one.save()
        return client.get(a).spec

    def reload() -> Any:
        before, after = client.get(a), client.get(a)
        after.metadata["annotations"] = {"by": "sdk"}
        after.save()
        before.reload()
        return before.metadata.get("annotations")

    def delete_selection() -> list[str]:
        client.list(label_selector=Equal("sdk", "sdk-a")).delete()
        return names(client.list())

    check("create", lambda: create("sdk-a", {}), lambda one: one.name == a and contains(one.spec, spec))
    check("create another", lambda: create("sdk-b", kind.change), lambda one: one.name == b)
    run("create again", lambda: rejected(ValueError, "already exists", lambda: create("sdk-a", {})))
    check("get", lambda: client.get(a), lambda one: one.name == a and contains(one.spec, spec))
    run("get a missing one", lambda: rejected(ResponseError, "status: 404", lambda: client.get(missing)))
    check("find", lambda: client.find(b), lambda one: contains(one.spec, kind.change))
    check("find a missing one", lambda: client.find(missing), lambda one: one is None)
    check("list", lambda: names(client.list()), lambda found: {a, b} <= set(found))

    labels = {
        "a label": Equal("sdk", "sdk-a"),
        "several labels": And(Matches("sdk", "sdk-"), NotEqual("sdk", "sdk-b")),
        "one of several values": In("sdk", ["sdk-a", "sdk-c"]),
        "none of several values": And(NotIn("sdk", ["sdk-b", "sdk-c"]), Matches("sdk", "sdk-")),
    }
    for title, label in labels.items():
        check(f"list by {title}", lambda: names(client.list(label_selector=label)), lambda found: found == [a])
    for title, selector in kind.selectors.items():
        by_field = selector("sdk-a")
        selected = lambda found: a in found and b not in found
        check(f"list by {title}", lambda: names(client.list(field_selector=by_field)), selected)
    both = lambda: client.list("default", Equal("sdk", "sdk-a"), by_field)
    check("list by label and field", lambda: names(both()), lambda found: found == [a])

    check("save", save, lambda changed: contains(changed, kind.change))
    check("reload", reload, lambda annotations: annotations == {"by": "sdk"})
    check("create elsewhere", lambda: create("sdk-a", {}, "other"), lambda one: one.namespace == "other")
    check("get elsewhere", lambda: client.get(a, "other"), lambda one: one.namespace == "other")
    check("list elsewhere", lambda: names(client.list("other")), lambda found: found == [a])
    check("list in an unknown namespace", lambda: names(client.list("unknown")), lambda found: found == [])
    run("delete elsewhere", lambda: client.delete(a, "other"))
    check("find after deletion", lambda: client.find(a, "other"), lambda one: one is None)
    check("delete a selection", delete_selection, lambda found: b in found and a not in found)
    run("delete an object", lambda: client.get(b).delete())
    run("delete again", lambda: rejected(ResponseError, "status: 404", lambda: client.delete(b)))


def invalid_selectors() -> None:
    """A misspelt field is rejected; released servers find nothing."""
    unknown = ADMIN.checks.list(field_selector=Equal("intervall", 30))
    call(
        "checks: list by an unknown field", lambda: rejected(ResponseError, "status: 400", lambda: names(unknown))
    )
    other = ADMIN.checks.list(field_selector=Equal("name", 'a" b'))
    call("checks: list by an invalid text", lambda: rejected(ResponseError, "status: 400", lambda: names(other)))


def namespaces() -> None:
    client = ADMIN.namespaces

    def create() -> Any:
        return client.create({"name": "sdk"}, {"name": "sdk"})

    call("namespaces: create", lambda: expect(create(), lambda one: one.name == "sdk"))
    call("namespaces: create again", lambda: rejected(ValueError, "already exists", create))
    call("namespaces: get", lambda: expect(client.get("sdk"), lambda one: one.spec == {"name": "sdk"}))
    call("namespaces: find a missing one", lambda: expect(client.find("missing"), lambda one: one is None))
    call("namespaces: list", lambda: expect(names(client.list()), lambda found: {"default", "sdk"} <= set(found)))
    by_name = And(NotEqual("name", "default"), Matches("name", "sd"))
    call(
        "namespaces: select",
        lambda: expect(names(client.list(field_selector=by_name)), lambda found: found == ["sdk"]),
    )
    call("namespaces: save", lambda: client.get("sdk").save())
    call(
        "namespaces: delete a used one",
        lambda: rejected(ResponseError, "status: 409", lambda: client.delete("large")),
    )
    call("namespaces: delete", lambda: client.delete("sdk"))
    call("namespaces: delete again", lambda: rejected(ResponseError, "status: 404", lambda: client.delete("sdk")))


def users() -> None:
    client = ADMIN.users

    def create() -> Any:
        # The SDK takes the name of a new user from the specification, and requires metadata.
        return client.create({"username": "sdk", "password": "first password", "groups": ["dev"]}, {"name": "sdk"})

    def save() -> Any:
        user = client.get("sdk")
        user.spec.update({"groups": ["dev", "ops"], "password": "second password"})
        user.save()
        return client.get("sdk").spec

    def log_in(password: str) -> Any:
        return Client(URL, username="sdk", password=password).get("/api/core/v2/namespaces").status

    call("users: create", lambda: expect(create(), lambda one: one.name == "sdk" and "password" not in one.spec))
    call("users: create again", lambda: rejected(ValueError, "already exists", create))
    call("users: get", lambda: expect(client.get("sdk"), lambda one: one.spec["groups"] == ["dev"]))
    call("users: find a missing one", lambda: expect(client.find("missing"), lambda one: one is None))
    call("users: list", lambda: expect(names(client.list()), lambda found: {"admin", "sdk"} <= set(found)))
    enabled = And(Equal("disabled", False), In("dev", "groups"))
    call(
        "users: select", lambda: expect(names(client.list(field_selector=enabled)), lambda found: found == ["sdk"])
    )
    call("users: log in", lambda: expect(log_in("first password"), lambda status: status == 200))
    call("users: save", lambda: expect(save(), lambda spec: spec["groups"] == ["dev", "ops"]))
    call(
        "users: log in with a new password",
        lambda: expect(log_in("second password"), lambda status: status == 200),
    )
    call(
        "users: log in with an old password",
        lambda: rejected(AuthError, "status: 401", lambda: log_in("first password")),
    )
    call("users: disable", lambda: client.delete("sdk"))
    call(
        "users: log in while disabled",
        lambda: rejected(AuthError, "status: 401", lambda: log_in("second password")),
    )
    disabled = Equal("disabled", True)
    call(
        "users: select disabled",
        lambda: expect(names(client.list(field_selector=disabled)), lambda found: found == ["sdk"]),
    )
    reinstate = lambda: ADMIN.put("/api/core/v2/users/sdk/reinstate", None).status
    call("users: reinstate", lambda: expect(reinstate(), lambda status: status in (200, 201, 204)))


def pages() -> None:
    large = lambda: ADMIN.checks.list("large")
    distinct = lambda found: len(found) == len(set(found)) == 900
    call("pages: 900 checks", lambda: expect(names(large()), distinct))
    selected = lambda: ADMIN.checks.list("large", field_selector=Equal("publish", True))
    call("pages: 450 selected checks", lambda: expect(len(names(selected())), lambda number: number == 450))
    # Pages of a list that becomes shorter meanwhile.
    call("pages: delete 450 selected checks", lambda: selected().delete())
    call("pages: the others", lambda: expect(len(names(large())), lambda number: number == 450))


def commercial() -> None:
    """Kinds that need a license of Sensu Go."""
    provider = ({"client": {"address": "https://vault"}}, {"name": "sdk"}, "VaultProvider")
    call("secrets: create", lambda: ADMIN.secrets.create({"provider": "env", "id": "A"}, {"name": "sdk"}))
    call("secrets: list", lambda: names(ADMIN.secrets.list()))
    call("secrets providers: create", lambda: ADMIN.secrets_providers.create(*provider))
    call("secrets providers: list", lambda: names(ADMIN.secrets_providers.list()))


def sessions() -> None:
    """Authentication, and requests by path."""

    def with_key() -> Client:
        created = ADMIN.post("/api/core/v2/apikeys", {"username": "admin"})
        expect(created, lambda response: response.status == 201)
        return Client(URL, api_key=created.headers["location"].rsplit("/", 1)[1])

    def refresh() -> Any:
        session = Client(URL, username="admin", password=PASSWORD)._client
        session.get("/version")
        renewed = session.post("/auth/token", {"refresh_token": session._refresh_token})
        expect(renewed, lambda response: response.status == 200)
        session._auth_header_value = "Bearer " + renewed.json["access_token"]
        return session.get("/api/core/v2/namespaces").status

    events = lambda: ADMIN.checks.create({"command": "x", "interval": 60}, {"name": "sdk-c"}).events
    path = "/api/core/v2/namespaces/default/checks/sdk-c"
    call("sessions: refresh", lambda: expect(refresh(), lambda status: status == 200))
    call(
        "sessions: API key", lambda: expect(names(with_key().namespaces.list()), lambda found: "default" in found)
    )
    wrong_key = Client(URL, api_key="8ed6b9e4-34d4-4a5e-8a2c-000000000000")
    call(
        "sessions: unknown API key",
        lambda: rejected(ResponseError, "status: 401", lambda: names(wrong_key.checks.list())),
    )
    wrong = Client(URL, username="admin", password="wrong password")
    call(
        "sessions: wrong password", lambda: rejected(AuthError, "status: 401", lambda: names(wrong.checks.list()))
    )
    call("sessions: version", lambda: expect(ADMIN.get("/version").json, lambda found: "sensu_backend" in found))
    call("checks: events", lambda: expect(list(events()), lambda found: found == []))
    call("paths: get", lambda: expect(ADMIN.get(path).json, lambda found: found["interval"] == 60))
    call(
        "paths: put",
        lambda: expect(
            ADMIN.put(path, {"command": "y", "interval": 30}).status, lambda status: status in (200, 201)
        ),
    )
    call("paths: delete", lambda: expect(ADMIN.delete(path).status, lambda status: status == 204))


for kind in KINDS:
    lifecycle(kind)
invalid_selectors()
namespaces()
users()
pages()
commercial()
sessions()
