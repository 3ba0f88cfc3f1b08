"""The commands of hinoki, which configures Sensu Go from JSON files. Each command is reported."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from sensu_go import Client

from report import call

URL = os.environ["SENSU_URL"]
PASSWORD = "P@ssw0rd!"
HOME = Path(os.environ["HOME"])
DEFINITIONS = HOME / "definitions"
ADMIN = Client(URL, username="admin", password=PASSWORD)

CONFIGURATION = f"""
api_auth_endpoint: {URL}/auth
api_base_url: {URL}/
api_healthcheck_endpoint: {URL}/health
api_version_endpoint: {URL}/api/core/v2/
api_user: hinoki
api_password: hinoki password
default_admin_user: admin
default_admin_password: {PASSWORD}
secure_admin_password: {PASSWORD}
definition_base_dir: {DEFINITIONS}
assets_destination: {HOME / "assets"}
# A UDP port instead of /dev/log, which not every machine has.
syslog_handler: !!python/tuple [127.0.0.1, 9]
"""

OBJECTS: dict[str, dict[str, Any]] = {
    "asset": {"url": "https://example.com/a.tar.gz", "sha512": "0" * 128},
    "check": {"command": "check-disk", "interval": 60, "subscriptions": ["linux"], "runtime_assets": ["hinoki"]},
    "filter": {"action": "allow", "expressions": ["event.check.occurrences == 1"]},
    "handler": {"type": "pipe", "command": "cat"},
}

# Rights of the user `hinoki`, as `hinoki init` grants them, with a name that agrees with the URL.
BINDING = {
    "metadata": {"name": "api-user"},
    "role_ref": {"type": "ClusterRole", "name": "api-user"},
    "subjects": [{"type": "User", "name": "hinoki"}],
}


def write_files(command: str) -> None:
    (HOME / ".hinoki").mkdir(exist_ok=True)
    (HOME / ".hinoki" / "config.yml").write_text(CONFIGURATION, encoding="utf-8")
    for kind, spec in OBJECTS.items():
        folder = DEFINITIONS / f"{kind}-definitions"
        folder.mkdir(parents=True, exist_ok=True)
        definition = {"metadata": {"name": "hinoki", "namespace": "default"}, **spec}
        if kind == "handler":
            definition["command"] = command
        (folder / "hinoki.json").write_text(json.dumps(definition), encoding="utf-8")


def hinoki(command: str) -> None:
    program = Path(sys.executable).with_name("hinoki")
    ran = subprocess.run([program, command], capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        output = f"{ran.stdout}{ran.stderr}".splitlines()
        raise RuntimeError("; ".join(line for line in output if "Error" in line))


def expect_objects(command: str) -> None:
    for attribute in ("assets", "checks", "filters", "handlers"):
        getattr(ADMIN, attribute).get("hinoki")
    assert ADMIN.handlers.get("hinoki").spec["command"] == command


def grant() -> None:
    response = ADMIN.put("/api/core/v2/clusterrolebindings/api-user", BINDING)
    assert response.status in (200, 201), response


write_files("cat")
call("hinoki validate", lambda: hinoki("validate"))
call("hinoki init", lambda: hinoki("init"))
call("the binding with its own name", grant)
call("hinoki import", lambda: hinoki("import"))
call("the objects", lambda: expect_objects("cat"))
write_files("tee")
call("hinoki import of a change", lambda: hinoki("import"))
call("the changed objects", lambda: expect_objects("tee"))
