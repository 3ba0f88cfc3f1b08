"""The scenario of every client, run with the Python client of openapi-generator."""

import os
from collections.abc import Mapping

import sensu_openapi as sensu
from sensu_openapi.exceptions import NotFoundException

URL = os.environ["SENSU_URL"]
NAMESPACE = "default"


def check(name: str, subdue: sensu.SubdueInput | None) -> sensu.CheckConfigCreate:
    return sensu.CheckConfigCreate(
        command="check-cpu.sh -w 75 -c 90", interval=60, metadata=sensu.ObjectMetaCreate(name=name), subdue=subdue
    )


def next_page(headers: Mapping[str, str] | None) -> str | None:
    """The client does not normalize the case of header names."""
    return {name.lower(): value for name, value in (headers or {}).items()}.get("sensu-continue")


def main() -> None:
    login = sensu.Configuration(host=URL, username="admin", password="P@ssw0rd!")
    tokens = sensu.AuthenticationApi(sensu.ApiClient(login)).auth_login()
    assert tokens.access_token, tokens

    checks = sensu.ChecksApi(sensu.ApiClient(sensu.Configuration(host=URL, access_token=tokens.access_token)))
    nights = [sensu.TimeWindow(begin="5:00PM", end="8:00AM")]
    at_night = sensu.SubdueInput(days=sensu.TimeWindowDays(all=nights))
    for name, subdue in (("python-a", at_night), ("python-b", None)):
        made = checks.check_create(NAMESPACE, check(name, subdue))
        assert made.metadata.name == name and made.interval == 60, made
        assert (made.subdue and made.subdue.to_dict()) == (subdue and subdue.to_dict()), made

    first = checks.check_list_with_http_info(NAMESPACE, limit=1)
    token = next_page(first.headers)
    assert token, first.headers
    second = checks.check_list_with_http_info(NAMESPACE, limit=1, var_continue=token)
    names = [one.metadata.name for page in (first, second) for one in page.data]
    assert names == ["python-a", "python-b"], names
    assert next_page(second.headers) is None, second.headers

    try:
        checks.check_get(NAMESPACE, "python-missing")
        raise AssertionError("the missing check was returned")
    except NotFoundException as missing:
        assert isinstance(missing.data, sensu.ErrorResponse) and missing.data.code == 2, missing

    for name in ("python-a", "python-b"):
        checks.check_delete(NAMESPACE, name)
    assert checks.check_list(NAMESPACE) == []
    print("passed")


main()
