"""Rules that no schema expresses, for Schemathesis: credentials, existing objects, rules between fields.

Schemathesis generates requests from the document. The schemas allow requests that the server has to reject (a
name in the body that differs from the URL, a `ttl` below the interval). These hooks correct such requests, so that
every rejection of a valid request is a finding.
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
# The user that sends the requests. No example of the document changes or deletes it.
TESTER = "external-tester"

# A valid object of each kind: created when an operation needs one, and a source of valid fields for generated
# bodies. Kinds that are not listed have the example of the document.
OBJECTS = {
    "apikeys": {"username": TESTER},
    "assets": {"url": "https://example.com/asset.tar.gz", "sha512": "0" * 128},
    "checks": {"command": "check-cpu.sh", "interval": 60, "subscriptions": ["system"]},
    "clusterrolebindings": {
        "role_ref": {"type": "ClusterRole", "name": "view"},
        "subjects": [{"type": "User", "name": "operator"}],
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
        "subjects": [{"type": "User", "name": "operator"}],
    },
    "roles": {"rules": [{"verbs": ["get"], "resources": ["checks"]}]},
    "silenced": {"check": "thing", "subscription": "system"},
    "users": {"password": "P@ssw0rd!"},
}
# Valid names by kind.
NAMES = {
    "assets": r"(?!\.{1,2}$)[a-z0-9/_.-]+",
    "clusterrolebindings": r"[\w.-]+:[\w.-]+|[\w.-]{2,}",
    "clusterroles": r"[\w.-]+:[\w.-]+|[\w.-]{2,}",
    "rolebindings": r"[\w.-]+:[\w.-]+|[\w.-]{2,}",
    "roles": r"[\w.-]+:[\w.-]+|[\w.-]{2,}",
    "users": r"[a-z0-9_.-]+",
}
PLAIN = r"[\w.-]+"
# A keyword where a selector has a name or a value.
KEYWORD_AS_NAME = re.compile(r"(?i)(^|&&|[!=]=|[\[,]|\s(not)?in\s|\smatches\s)\s*(not)?(in|matches)\b")
# The name of a silenced entry consists of its subscription and check.
SILENCED = "system:thing"

numbers = itertools.count()
session = requests.Session()


def log_in(user):
    response = session.get(f"{URL}/auth", auth=(user, ADMIN[1]))
    response.raise_for_status()
    return response.json()


def as_admin(method, path, body=None):
    return session.request(method, URL + path, json=body, headers={"Authorization": f"Key {KEY}"})


def create_api_key():
    bearer = {"Authorization": f"Bearer {log_in(ADMIN[0])['access_token']}"}
    user = {"username": TESTER, "password": ADMIN[1], "groups": ["cluster-admins"]}
    session.put(f"{URL}{BELOW}users/{TESTER}", json=user, headers=bearer).raise_for_status()
    created = session.post(f"{URL}{BELOW}apikeys", json={"username": TESTER}, headers=bearer)
    created.raise_for_status()
    return created.json()


API_KEY = create_api_key()
KEY = API_KEY["key"]
# Deleting one of these would end all access. Schemathesis also takes names from responses.
PROTECTED = {
    "apikeys": {API_KEY["metadata"]["name"]},
    "clusterrolebindings": {"cluster-admin"},
    "clusterroles": {"cluster-admin"},
    "users": {TESTER},
}
MEMBER = as_admin("GET", f"{BELOW}cluster/members").json()["members"][0]
# A new server has no URLs for other members.
MEMBER["peerURLs"] = ["http://127.0.0.1:2380"]
as_admin("PUT", f"{BELOW}cluster/members/{MEMBER['ID']:x}?peer-addrs={MEMBER['peerURLs'][0]}").raise_for_status()


class Route:
    """The kind of object that a path addresses."""

    def __init__(self, template):
        below = template.removeprefix(BELOW)
        self.namespaced = below.startswith("namespaces/{namespace}/")
        parts = below.removeprefix("namespaces/{namespace}/").split("/")
        self.kind = parts[0] if template.startswith(BELOW) else None
        self.item = len(parts) > 1 and parts[1].startswith("{")
        self.deeper = len(parts) > 2 and self.kind != "events"


def is_valid(case, location):
    component = case.meta and case.meta.components.get(location)
    return component is None or component.mode is GenerationMode.POSITIVE


def contains_null(value):
    if isinstance(value, dict):
        return any(part is None or contains_null(part) for part in value.values())
    return isinstance(value, list) and any(part is None or contains_null(part) for part in value)


@schemathesis.hook
def filter_case(context, case):
    # In requests, `null` equals an absent field, as in Sensu; responses contain no `null`. The document describes
    # both. docs/decisions/0004-lists-are-never-null.md
    return is_valid(case, ParameterLocation.BODY) or case.body is not None and not contains_null(case.body)


@schemathesis.hook
def before_call(context, case, kwargs):
    # Parts of a case come from different objects, and links replace parts of a generated case: they are corrected
    # when it is complete.
    data = case.meta.phase.data
    if getattr(data, "parameter_location", None) is not ParameterLocation.HEADER:
        # A failed precondition would hide other findings.
        for header in ("If-Match", "If-None-Match"):
            case.headers.pop(header, None)
    if case.query and is_valid(case, ParameterLocation.QUERY):
        case.query = valid_query(case)
    route = Route(case.path)
    if case.path.endswith("/hooks/{type}") and isinstance(case.body, dict) and is_valid(case, ParameterLocation.BODY):
        # The type of the body is that of the URL.
        hooks = next((names for names in case.body.values() if isinstance(names, list)), [])
        case.body = {case.path_parameters["type"]: hooks}
    if route.kind in OBJECTS:
        if case.path_parameters and is_valid(case, ParameterLocation.PATH):
            choose_object(case, route)
        if isinstance(case.body, dict) and not route.deeper:
            if is_valid(case, ParameterLocation.BODY):
                is_patch = case.method.upper() == "PATCH"
                case.body = valid_patch(case.body, route) if is_patch else valid_body(case, route)
                if case.query and has_unknown_resource(case.body):
                    # Strict validation rejects resources that the server does not have (D27).
                    case.query = {name: value for name, value in case.query.items() if name != "strict"}
    if case.path.endswith("/password") and isinstance(case.body, dict) and is_valid(case, ParameterLocation.BODY):
        case.body = valid_password(case)


def valid_password(case):
    """The body of a password change. With a hash, the case gets a user of its own."""
    # It is a map of strings. Schemas count characters, while passwords have at most 72 bytes.
    body = {key: value for key, value in case.body.items() if isinstance(value, str)}
    body["password"] = truncated(body["password"])
    if body.get("password_hash") and is_valid(case, ParameterLocation.PATH):
        # The password is the current one, which another case could change.
        user, body["password"] = f"generated-{next(numbers)}", ADMIN[1]
        case.path_parameters["name"] = user
        as_admin("PUT", f"{BELOW}users/{user}", {"username": user, "password": ADMIN[1]}).raise_for_status()
    return body


def truncated(password):
    """The password, truncated to 72 bytes: at least 18 characters."""
    while len(password.encode()) > 72:
        password = password[:-1]
    return password


def valid_query(case):
    """The query, with valid values for parameters that the server parses."""
    query = dict(case.query)
    if "peer-addrs" in query:
        # Those of its member.
        query["peer-addrs"] = ",".join(MEMBER["peerURLs"])
    if case.meta.phase.name in (TestPhase.FUZZING, TestPhase.STATEFUL):
        # Strict validation rejects the unknown fields of random bodies.
        query.pop("strict", None)
    if case.meta.phase.name is TestPhase.STATEFUL and case.method.upper() == "DELETE":
        # What follows expects that the object does not exist.
        query.pop("dryRun", None)
    for selector in ("labelSelector", "fieldSelector"):
        if isinstance(query.get(selector), str) and KEYWORD_AS_NAME.search(query[selector]):
            del query[selector]
    return query


def choose_object(case, route):
    """Let every second request address an existing object. Links choose it in sequences of requests."""
    # Cases share their components.
    parameters = case.path_parameters = dict(case.path_parameters)
    if route.namespaced:
        parameters["namespace"] = "default"
    elif parameters.get("namespace") == "default":
        # All other operations use this namespace.
        parameters["namespace"] = f"generated-{next(numbers)}"
    if parameters.get("name") in PROTECTED.get(route.kind, ()):
        parameters["name"] = f"generated-{next(numbers)}"
    if route.kind == "silenced" and "name" in parameters and case.method.upper() == "PUT":
        parameters["name"] = SILENCED
    elif case.method.upper() == "PUT" and not route.deeper:
        for name, value in parameters.items():
            if name != "namespace":
                if not re.fullmatch(NAMES.get(route.kind, PLAIN), str(value), re.ASCII):
                    parameters[name] = f"generated-{next(numbers)}"
    elif route.item and case.meta.phase.name is not TestPhase.STATEFUL and next(numbers) % 2:
        for name in ("name", "entity", "check", "id"):
            if name in parameters:
                parameters[name] = SILENCED if route.kind == "silenced" else "thing"
        ensure(route, parameters)


def ensure(route, parameters):
    """Create the object, unless it exists."""
    body = copy.deepcopy(OBJECTS[route.kind])
    collection = BELOW + ("namespaces/default/" if route.namespaced else "") + route.kind
    if route.kind == "apikeys":
        parameters["name"] = as_admin("POST", collection, body).json()["metadata"]["name"]
        return
    path = "thing/thing" if route.kind == "events" else SILENCED if route.kind == "silenced" else "thing"
    if route.kind == "users":
        body["username"] = path
    as_admin("PUT", f"{collection}/{path}", body).raise_for_status()


def valid_body(case, route):
    """The body, corrected by the rules that no schema expresses."""
    body, model = copy.deepcopy(case.body), OBJECTS[route.kind]
    parameters = case.path_parameters or {}
    if route.kind == "namespaces":
        body["name"] = parameters.get("name", f"generated-{next(numbers)}")
        return body
    if route.kind == "users":
        body["username"] = parameters.get("name", f"generated-{next(numbers)}")
        for secret in ("password", "password_hash"):
            body.pop(secret, None)
        body["password"] = model["password"]
        return body
    identify(body, parameters.get("name"), route)
    for field, is_invalid in RULES.get(route.kind, {}).items():
        if is_invalid(body):
            if field in model:
                body[field] = copy.deepcopy(model[field])
            else:
                body.pop(field, None)
    if route.kind == "events":
        for part in ("entity", "check"):
            inner = body.setdefault(part, copy.deepcopy(model[part]))
            identify(inner, parameters.get(part), route)
            for field, is_invalid in RULES[{"entity": "entities", "check": "checks"}[part]].items():
                if is_invalid(inner):
                    inner.pop(field, None)
                    if field in model[part]:
                        inner[field] = model[part][field]
        body.get("metadata", {}).pop("name", None)
        body.get("metadata", {}).pop("namespace", None)
    return body


def valid_patch(patch, route):
    """The patch without identity, and without the fields whose rules also concern the stored object."""
    rules = RULES.get(route.kind, {})
    patch = {field: value for field, value in copy.deepcopy(patch).items() if field not in rules}
    for field in ("name", "namespace"):
        patch.get("metadata", {}).pop(field, None)
    return patch


def identify(body, name, route):
    """Set the name of the URL, or a new one; remove the namespace, which defaults to that of the URL."""
    metadata = body.setdefault("metadata", {})
    metadata.pop("namespace", None)
    metadata.pop("name", None)
    if name is None and route.kind not in ("apikeys", "silenced"):
        metadata["name"] = f"generated-{next(numbers)}"


def always(body):
    return True


def never(body):
    return False


def has(field):
    return lambda body: bool(body.get(field))


def has_unknown_resource(body):
    """Whether a rule of a role names a resource that the server may not have."""
    known = {"*", *OBJECTS}
    return any(set(rule.get("resources") or []) - known for rule in body.get("rules") or [])


def has_hooks_of_unknown_type(body):
    """Whether hooks of a check have a type other than a severity or an exit status."""
    severities = {"ok", "warning", "critical", "unknown", "non-zero"}

    def is_known(name):
        return name in severities or re.fullmatch("0|[1-9][0-9]{0,2}", name, re.ASCII) and int(name) <= 255

    return any(not is_known(name) for hooks in body.get("check_hooks") or [] for name in hooks)


def has_reference_of_another_type(body):
    """Whether a workflow of a pipeline refers to an object that cannot act in its role."""
    def is_other(reference, kind):
        return reference != {"name": reference.get("name") or None, "type": kind, "api_version": "core/v2"}

    return any(
        any(is_other(reference, "EventFilter") for reference in workflow.get("filters") or [])
        or (workflow.get("mutator") is not None and is_other(workflow["mutator"], "Mutator"))
        or is_other(workflow.get("handler") or {}, "Handler")
        for workflow in body.get("workflows") or []
    )


# By kind and field: whether a generated body breaks a rule that no schema expresses.
RULES = {
    # The user must exist, and the expiry must be in the future.
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
        # A patch is merged with the stored check, which may have the other field.
        "pipelines": never,
        "runtime_assets": has("runtime_assets"),
        "proxy_entity_name": has("proxy_entity_name"),
        "output_metric_format": has("output_metric_format"),
        "check_hooks": has_hooks_of_unknown_type,
    },
    # A role of a namespace cannot be bound in the cluster.
    "clusterrolebindings": {"role_ref": always},
    "entities": {"entity_class": lambda body: body.get("entity_class") in (".", "..")},
    "filters": {"expressions": always, "when": has("when")},
    # These types need a socket with a host and a port, or a request.
    # A patch of the request is merged with the stored one, which need not have a URL.
    "handlers": {"type": lambda body: body.get("type") in ("tcp", "udp", "http"), "http": never},
    # Each type has a field of its own, and rejects that of the other.
    "mutators": {
        "type": has("type"),
        "eval": has("eval"),
        "command": lambda body: not body.get("command"),
    },
    "pipelines": {"workflows": has_reference_of_another_type},
    "silenced": {"check": always, "subscription": always},
}


class OwnSession:
    """A session of its own for each request that ends or renews one."""

    def get(self, case, context):
        return log_in(TESTER)

    def set(self, case, tokens, context):
        case.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        if isinstance(case.body, dict) and is_valid(case, ParameterLocation.BODY):
            case.body["refresh_token"] = tokens["refresh_token"]


class Password:
    """User name and password, for log-in requests."""

    def get(self, case, context):
        return TESTER, ADMIN[1]

    def set(self, case, credentials, context):
        encoded = base64.b64encode(":".join(credentials).encode()).decode()
        case.headers["Authorization"] = f"Basic {encoded}"


class Tester:
    """The API key of one administrator, for all other requests: no request revokes it."""

    def get(self, case, context):
        return KEY

    def set(self, case, key, context):
        case.headers["Authorization"] = f"Key {key}"


def add_examples(document):
    """Add the document's example of each kind in a namespace that OBJECTS does not list."""
    for template, operations in document["paths"].items():
        route = Route(template)
        if route.namespaced and route.item and not route.deeper and "put" in operations:
            content = operations["put"].get("requestBody", {}).get("content", {})
            examples = content.get("application/json", {}).get("examples", {})
            example = (examples.get("full") or examples.get("typical") or {}).get("value", {})
            OBJECTS.setdefault(route.kind, {field: value for field, value in example.items() if field != "metadata"})


@schemathesis.hook
def after_load_schema(context, schema):
    add_examples(schema.raw_schema)
    # Registered with the schema, which has precedence over the credentials that Schemathesis derives.
    own, passwords = ["auth_logout", "auth_refresh"], ["auth_login", "auth_test"]
    schema.auth(refresh_interval=None).apply_to(operation_id=own)(OwnSession)
    schema.auth(refresh_interval=None).apply_to(operation_id=passwords)(Password)
    schema.auth(refresh_interval=None).skip_for(operation_id=[*own, *passwords])(Tester)
