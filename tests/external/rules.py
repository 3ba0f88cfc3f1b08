"""What no schema can say, told to Schemathesis: who is asking, which objects exist, and rules between fields.

Schemathesis makes up requests from the document. Where the document's schemas allow what the server has to
refuse (a name in the body that is not the one in the URL, a `ttl` below the interval), a valid request is
made agree with the rule here, so that every refusal of a valid request is a finding.
"""

import base64
import copy
import itertools
import os
import re

import requests
import schemathesis
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode
from schemathesis.generation.meta import TestPhase

URL = os.environ["SENSU_URL"]
ADMIN = ("admin", "P@ssw0rd!")
BELOW = "/apis/core/v2/"
# The user that the requests come from: not one that the document's examples change or delete.
TESTER = "outside-tester"

# One object of each kind that breaks no rule: it is there when an operation needs one, and lends its fields
# to made-up bodies that would break a rule.
OBJECTS = {
    "apikeys": {"username": TESTER},
    "assets": {"url": "https://example.com/asset.tar.gz", "sha512": "0" * 128},
    "checks": {"command": "check-cpu.sh", "interval": 60, "subscriptions": ["system"]},
    "clusterrolebindings": {
        "role_ref": {"type": "ClusterRole", "name": "view"},
        "subjects": [{"type": "User", "name": "somebody"}],
    },
    "clusterroles": {"rules": [{"verbs": ["get"], "resources": ["checks"]}]},
    "entities": {"entity_class": "proxy"},
    "events": {
        "entity": {"entity_class": "proxy", "metadata": {"name": "thing"}},
        "check": {"interval": 60, "metadata": {"name": "thing"}},
    },
    "extensions": {"url": "tcp://127.0.0.1:3000"},
    "filters": {"action": "allow", "expressions": ["event.check.status == 1"]},
    "handlers": {"type": "pipe", "command": "cat"},
    "hooks": {"command": "uptime", "timeout": 10},
    "mutators": {"command": "cat"},
    "namespaces": {},
    "rolebindings": {
        "role_ref": {"type": "Role", "name": "reader"},
        "subjects": [{"type": "User", "name": "somebody"}],
    },
    "roles": {"rules": [{"verbs": ["get"], "resources": ["checks"]}]},
    "silenced": {"check": "thing", "subscription": "system"},
    "users": {"password": "P@ssw0rd!"},
}
# Names that an object of the kind can have.
NAMES = {
    "assets": r"(?!\.{1,2}$)[a-z0-9/_.-]+",
    "clusterrolebindings": r"[\w.-]+:[\w.-]+|[\w.-]{2,}",
    "clusterroles": r"[\w.-]+:[\w.-]+|[\w.-]{2,}",
    "rolebindings": r"[\w.-]+:[\w.-]+|[\w.-]{2,}",
    "roles": r"[\w.-]+:[\w.-]+|[\w.-]{2,}",
    "users": r"[a-z0-9_.-]+",
}
PLAIN = r"[\w.-]+"
# The subscription and check of a silenced entry make its name.
SILENCED = "system:thing"

numbers = itertools.count()
session = requests.Session()


def log_in(user):
    answer = session.get(f"{URL}/auth", auth=(user, ADMIN[1]))
    answer.raise_for_status()
    return answer.json()


def as_admin(method, path, body=None):
    return session.request(method, URL + path, json=body, headers={"Authorization": f"Key {KEY}"})


def key_of_tester():
    bearer = {"Authorization": f"Bearer {log_in(ADMIN[0])['access_token']}"}
    user = {"username": TESTER, "password": ADMIN[1], "groups": ["cluster-admins"]}
    session.put(f"{URL}{BELOW}users/{TESTER}", json=user, headers=bearer).raise_for_status()
    made = session.post(f"{URL}{BELOW}apikeys", json={"username": TESTER}, headers=bearer)
    made.raise_for_status()
    return made.json()


MADE = key_of_tester()
KEY = MADE["key"]
# Without these, nobody could ask for anything. Schemathesis learns names from answers, too.
PROTECTED = {
    "apikeys": {MADE["metadata"]["name"]},
    "clusterrolebindings": {"cluster-admin"},
    "clusterroles": {"cluster-admin"},
    "users": {TESTER},
}
MEMBER = as_admin("GET", f"{BELOW}cluster/members").json()["members"][0]


class Route:
    """What the path of an operation is about."""

    def __init__(self, template):
        below = template.removeprefix(BELOW)
        self.namespaced = below.startswith("namespaces/{namespace}/")
        parts = below.removeprefix("namespaces/{namespace}/").split("/")
        self.kind = parts[0] if template.startswith(BELOW) else None
        self.item = len(parts) > 1 and parts[1].startswith("{")
        self.deeper = len(parts) > 2 and self.kind != "events"


def positive(case, location):
    component = case.meta and case.meta.components.get(location)
    return component is None or component.mode is GenerationMode.POSITIVE


def holds_null(value):
    if isinstance(value, dict):
        return any(part is None or holds_null(part) for part in value.values())
    return isinstance(value, list) and any(part is None or holds_null(part) for part in value)


@schemathesis.hook
def filter_case(context, case):
    # In requests, `null` is the same as leaving the field out, as it is to Sensu; answers have none, and the
    # document describes both. docs/decisions/0004-lists-are-never-null.md
    return positive(case, ParameterLocation.BODY) or case.body is not None and not holds_null(case.body)


@schemathesis.hook
def before_add_examples(context, examples):
    # Those of a path and those of a body come from different objects, and `map_case` does not see them.
    examples[:] = [map_case(context, case) for case in examples]


@schemathesis.hook
def map_case(context, case):
    data = case.meta.phase.data
    if getattr(data, "parameter_location", None) is not ParameterLocation.HEADER:
        # A condition that does not hold would hide what the request is about.
        for header in ("If-Match", "If-None-Match"):
            case.headers.pop(header, None)
    if case.query and positive(case, ParameterLocation.QUERY):
        case.query = meaningful(case)
    route = Route(case.path)
    if case.path.endswith("/password") and isinstance(case.body, dict) and positive(case, ParameterLocation.BODY):
        # This body is a map of texts. Schemas count characters, and passwords have at most 72 bytes.
        case.body = {key: value for key, value in case.body.items() if isinstance(value, str)}
        case.body["password"] = shortened(case.body["password"])
    if route.kind in OBJECTS:
        if case.path_parameters and positive(case, ParameterLocation.PATH):
            aim(case, route)
        if isinstance(case.body, dict) and case.method.upper() in ("POST", "PUT") and not route.deeper:
            if positive(case, ParameterLocation.BODY):
                case.body = agreeing(case, route)
    return case


def shortened(password):
    """As many of its characters as take 72 bytes: 18, if they are long, which is enough for a password."""
    while len(password.encode()) > 72:
        password = password[:-1]
    return password


def meaningful(case):
    """The query, with texts that can be read where the server reads them."""
    query = dict(case.query)
    if query.get("peer-addrs"):
        # The embedded store has one member; all others are refused.
        query["peer-addrs"] = ",".join(MEMBER["peerURLs"])
    for selector in ("labelSelector", "fieldSelector"):
        if query.get(selector):
            query[selector] = "colour == red"
    # Only a list itself knows where it goes on.
    query.pop("continue", None)
    if case.meta.phase.name in (TestPhase.FUZZING, TestPhase.STATEFUL):
        # Random bodies have fields that nobody knows, and this is how to have them refused.
        query.pop("strict", None)
    return query


def aim(case, route):
    """Let every other request be about an object that exists."""
    # Cases share what they are made of.
    parameters = case.path_parameters = dict(case.path_parameters)
    if route.namespaced:
        parameters["namespace"] = "default"
    elif parameters.get("namespace") == "default":
        # Everything else happens in there.
        parameters["namespace"] = f"made-{next(numbers)}"
    if parameters.get("name") in PROTECTED.get(route.kind, ()):
        parameters["name"] = f"made-{next(numbers)}"
    if route.kind == "silenced" and "name" in parameters and case.method.upper() == "PUT":
        parameters["name"] = SILENCED
    elif case.method.upper() == "PUT" and not route.deeper:
        for name, value in parameters.items():
            if name != "namespace" or not route.namespaced:
                if not re.fullmatch(NAMES.get(route.kind, PLAIN), str(value), re.ASCII):
                    parameters[name] = f"made-{next(numbers)}"
    elif (route.item or route.kind == "namespaces") and next(numbers) % 2:
        for name in ("name", "entity", "check", "id"):
            if name in parameters:
                parameters[name] = SILENCED if route.kind == "silenced" else "thing"
        if route.kind == "namespaces":
            parameters["namespace"] = "thing"
        ensure(route, parameters)


def ensure(route, parameters):
    """Create the object, if it is not there."""
    body = copy.deepcopy(OBJECTS[route.kind])
    where = BELOW + ("namespaces/default/" if route.namespaced else "") + route.kind
    if route.kind == "apikeys":
        parameters["name"] = as_admin("POST", where, body).json()["metadata"]["name"]
        return
    path = "thing/thing" if route.kind == "events" else SILENCED if route.kind == "silenced" else "thing"
    if route.kind == "users":
        body["username"] = path
    as_admin("PUT", f"{where}/{path}", body).raise_for_status()


def agreeing(case, route):
    """The body, without what a schema cannot forbid."""
    body, model = copy.deepcopy(case.body), OBJECTS[route.kind]
    parameters = case.path_parameters or {}
    if route.kind == "namespaces":
        body["name"] = parameters.get("namespace", f"made-{next(numbers)}")
        return body
    if route.kind == "users":
        body["username"] = parameters.get("name", f"made-{next(numbers)}")
        for secret in ("password", "password_hash"):
            body.pop(secret, None)
        body["password"] = model["password"]
        return body
    identify(body, parameters.get("name"), route)
    for field, breaks in RULES.get(route.kind, {}).items():
        if breaks(body):
            if field in model:
                body[field] = copy.deepcopy(model[field])
            else:
                body.pop(field, None)
    if route.kind == "events":
        for part in ("entity", "check"):
            inner = body.setdefault(part, copy.deepcopy(model[part]))
            identify(inner, parameters.get(part), route)
            for field, breaks in RULES[{"entity": "entities", "check": "checks"}[part]].items():
                if breaks(inner):
                    inner.pop(field, None)
                    if field in model[part]:
                        inner[field] = model[part][field]
        body.get("metadata", {}).pop("name", None)
        body.get("metadata", {}).pop("namespace", None)
    return body


def identify(body, name, route):
    """Name and namespace as in the URL, or a new name where the URL has none."""
    metadata = body.setdefault("metadata", {})
    metadata.pop("namespace", None)
    metadata.pop("name", None)
    if name is None and route.kind not in ("apikeys", "silenced"):
        metadata["name"] = f"made-{next(numbers)}"


def always(body):
    return True


def has(field):
    return lambda body: bool(body.get(field))


# By kind, and by field: whether a made-up body breaks a rule that no schema states.
RULES = {
    # The user has to exist, and the end to come.
    "apikeys": {"username": always, "expires_at": always},
    "assets": {"url": always, "sha512": always, "filters": has("filters"), "builds": has("builds")},
    "checks": {
        "interval": lambda body: not body.get("interval"),
        "cron": has("cron"),
        "ttl": has("ttl"),
        "low_flap_threshold": has("low_flap_threshold"),
        "proxy_requests": has("proxy_requests"),
        "subdue": has("subdue"),
        "subdues": has("subdues"),
        "fallback_pipeline": has("pipelines"),
        "runtime_assets": has("runtime_assets"),
        "proxy_entity_name": has("proxy_entity_name"),
        "output_metric_format": has("output_metric_format"),
    },
    # Roles of one namespace cannot be given everywhere.
    "clusterrolebindings": {"role_ref": always},
    "entities": {"entity_class": lambda body: body.get("entity_class") in (".", "..")},
    "filters": {"expressions": always, "when": has("when")},
    # Connections need a socket with a host and a port.
    "handlers": {"type": lambda body: body.get("type") in ("tcp", "udp")},
    # Each type has a field of its own, and refuses the other's.
    "mutators": {"type": has("type"), "eval": has("eval")},
    "silenced": {"check": always, "subscription": always},
}


class OwnSession:
    """A session for each request that ends or renews one."""

    def get(self, case, context):
        return log_in(TESTER)

    def set(self, case, tokens, context):
        case.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        if isinstance(case.body, dict) and positive(case, ParameterLocation.BODY):
            case.body["refresh_token"] = tokens["refresh_token"]


class Password:
    """What logging in wants."""

    def get(self, case, context):
        return TESTER, ADMIN[1]

    def set(self, case, credentials, context):
        encoded = base64.b64encode(":".join(credentials).encode()).decode()
        case.headers["Authorization"] = f"Basic {encoded}"


class Tester:
    """Everything else comes from one administrator, by API key: nothing that a request does ends it."""

    def get(self, case, context):
        return KEY

    def set(self, case, key, context):
        case.headers["Authorization"] = f"Key {key}"


@schemathesis.hook
def after_load_schema(context, schema):
    # Registered with the schema, because that comes before whatever Schemathesis finds out by itself.
    own, passwords = ["auth_logout", "auth_refresh"], ["auth_login", "auth_test"]
    schema.auth(refresh_interval=None).apply_to(operation_id=own)(OwnSession)
    schema.auth(refresh_interval=None).apply_to(operation_id=passwords)(Password)
    schema.auth(refresh_interval=None).skip_for(operation_id=[*own, *passwords])(Tester)
