"""The scenario of every client, run with the client of openapi-python-client."""

import base64
import os

from sensu_httpx import AuthenticatedClient
from sensu_httpx.api.authentication import auth_login
from sensu_httpx.api.checks import check_create, check_delete, check_get, check_list
from sensu_httpx.models import (
    CheckConfig,
    CheckConfigCreate,
    ErrorResponse,
    ObjectMetaCreate,
    SubdueInputType0,
    TimeWindow,
    TimeWindowDays,
    Tokens,
)

URL = os.environ["SENSU_URL"]
NAMESPACE = "default"


def main() -> None:
    basic = base64.b64encode(b"admin:P@ssw0rd!").decode()
    login = AuthenticatedClient(base_url=URL, token=basic, prefix="Basic")
    tokens = auth_login.sync(client=login)
    assert isinstance(tokens, Tokens), tokens
    client = AuthenticatedClient(base_url=URL, token=tokens.access_token)

    nights = [TimeWindow(begin="5:00PM", end="8:00AM")]
    at_night = SubdueInputType0(days=TimeWindowDays(all_=nights))
    for name, subdue in (("httpx-a", at_night), ("httpx-b", None)):
        metadata = ObjectMetaCreate(name=name)
        body = CheckConfigCreate(command="check-cpu.sh", interval=60, metadata=metadata, subdue=subdue)
        made = check_create.sync(NAMESPACE, client=client, body=body)
        assert isinstance(made, CheckConfig) and made.interval == 60, made
        assert (made.subdue and made.subdue.to_dict()) == (subdue and subdue.to_dict()), made

    first = check_list.sync_detailed(NAMESPACE, client=client, limit=1)
    token = first.headers["Sensu-Continue"]
    second = check_list.sync_detailed(NAMESPACE, client=client, limit=1, continue_=token)
    names = []
    for page in (first, second):
        assert isinstance(page.parsed, list), page
        names += [one.metadata.name for one in page.parsed]
    assert names == ["httpx-a", "httpx-b"], names
    assert "Sensu-Continue" not in second.headers, second.headers

    missing = check_get.sync_detailed(NAMESPACE, "httpx-missing", client=client)
    assert missing.status_code == 404, missing
    assert isinstance(missing.parsed, ErrorResponse) and missing.parsed.code == 2, missing

    for name in ("httpx-a", "httpx-b"):
        deleted = check_delete.sync_detailed(NAMESPACE, name, client=client)
        assert deleted.status_code == 204, deleted
    assert check_list.sync(NAMESPACE, client=client) == []
    print("passed")


main()
