"""Operations on objects: create, pages, get, patch, conditional writes, delete."""

from collections.abc import Iterator
from typing import assert_type

import pytest

import sensu_api
from sensu_api import BadRequest, Client, Conflict, NotFound, NotModified, PreconditionFailed, etag, iterate, pages
from sensu_api.models import (
    CheckConfig,
    CheckConfigInput,
    CheckConfigPatch,
    HookConfigCreate,
    HookConfigPatch,
    MetricFormat,
    MetricFormatPatch,
    ObjectMetaCreate,
    ObjectMetaPatch,
    SubduePatch,
    TimeWindow,
    TimeWindowDaysPatch,
    User,
)

from .conftest import check


def test_the_installed_package_is_tested() -> None:
    assert "site-packages" in sensu_api.__file__


def test_every_generated_group_is_an_attribute(client: Client) -> None:
    from sensu_api.generated import api

    for name in api.__all__:
        module = getattr(api, name).__module__.rpartition(".")[2]
        assert type(getattr(client, module.removesuffix("_api"))).__name__ == name


def test_lists_are_iterated_over_all_pages(client: Client) -> None:
    for name in ("a", "b", "c"):
        client.checks.check_create("default", check(name))
    two = list(pages(client.checks.check_list, "default", limit=2))
    assert [[one.metadata.name for one in page] for page in two] == [["a", "b"], ["c"]]

    single = iterate(client.checks.check_list, "default", limit=1)
    assert_type(single, Iterator[CheckConfig])
    assert [one.metadata.name for one in single] == ["a", "b", "c"]

    selected = iterate(client.checks.check_list_all, limit=1, label_selector='region == "us"')
    assert list(selected) == []
    assert_type(iterate(client.users.user_list), Iterator[User])


def test_iterating_over_other_functions_is_refused() -> None:
    def numbers() -> list[int]:
        return [1]

    with pytest.raises(TypeError, match="not an operation"):
        next(iterate(numbers))


def test_a_missing_object_is_not_found(client: Client) -> None:
    with pytest.raises(NotFound) as missing:
        client.checks.check_get("default", "missing")
    error = missing.value
    assert (error.status, error.code) == (404, 2) and error.message and error.request_id
    assert error.request_id in str(error)


def test_an_existing_object_is_a_conflict(client: Client) -> None:
    client.checks.check_create("default", check("a"))
    with pytest.raises(Conflict) as existing:
        client.checks.check_create("default", check("a"))
    assert (existing.value.status, existing.value.code) == (409, 3)


def test_a_patch_changes_and_removes_fields(client: Client) -> None:
    client.checks.check_create("default", check("a"))
    patch = CheckConfigPatch(interval=30, timeout=None, metadata=ObjectMetaPatch(labels={"region": None}))
    patched = client.checks.check_patch("default", "a", patch)
    assert (patched.interval, patched.timeout, patched.metadata.labels) == (30, 0, {"tier": "web"})
    assert patched.command == "check-cpu.sh -w 75 -c 90", "absent fields keep their values"


def test_a_none_for_a_required_field_is_sent_and_refused(client: Client) -> None:
    hook = HookConfigCreate(command="true", timeout=1, metadata=ObjectMetaCreate(name="a"))
    client.hooks.hook_create("default", hook)
    with pytest.raises(BadRequest):
        client.hooks.hook_patch("default", "a", HookConfigPatch(command=None))


def test_a_patch_removes_nested_fields(client: Client) -> None:
    client.checks.check_create("default", check("a"))
    nights = SubduePatch(days=TimeWindowDaysPatch(all=[TimeWindow(begin="5:00PM", end="8:00AM")]))
    assert client.checks.check_patch("default", "a", CheckConfigPatch(subdue=nights)).subdue is not None
    assert client.checks.check_patch("default", "a", CheckConfigPatch(subdue=None)).subdue is None
    graphite = CheckConfigPatch(output_metric_format=MetricFormatPatch.GRAPHITE_PLAINTEXT_PATCH)
    assert client.checks.check_patch("default", "a", graphite).output_metric_format == MetricFormat.GRAPHITE_PLAINTEXT
    unset = client.checks.check_patch("default", "a", CheckConfigPatch(output_metric_format=None))
    assert unset.output_metric_format == MetricFormat.NONE


def test_an_assigned_none_is_part_of_a_patch(client: Client) -> None:
    client.checks.check_create("default", check("a"))
    patch = CheckConfigPatch()
    assert client.checks.check_patch("default", "a", patch).timeout == 20
    patch.timeout = None
    assert client.checks.check_patch("default", "a", patch).timeout == 0


def test_conditional_writes_require_the_state_of_the_object(client: Client) -> None:
    client.checks.check_create("default", check("a"))
    read = client.checks.check_get_with_http_info("default", "a")
    changed = CheckConfigInput.model_validate(read.data.to_dict() | {"interval": 30})
    client.checks.check_put("default", "a", changed, if_match=etag(read))
    with pytest.raises(PreconditionFailed) as stale:
        client.checks.check_put("default", "a", changed, if_match=etag(read))
    assert (stale.value.status, stale.value.code) == (412, 6)
    with pytest.raises(PreconditionFailed):
        client.checks.check_put("default", "a", changed, if_none_match="*")

    current = client.checks.check_get_with_http_info("default", "a")
    assert current.data.interval == 30 and etag(current) != etag(read)
    with pytest.raises(NotModified):
        client.checks.check_get("default", "a", if_none_match=etag(current))


def test_a_list_has_no_entity_tag(client: Client) -> None:
    with pytest.raises(KeyError):
        etag(client.checks.check_list_with_http_info("default"))


def test_a_deleted_object_is_gone(client: Client) -> None:
    client.checks.check_create("default", check("a"))
    client.checks.check_delete("default", "a")
    assert client.checks.check_list("default") == []


def test_names_are_encoded_in_paths(client: Client) -> None:
    with pytest.raises(NotFound):
        client.assets.asset_get("default", "sensu/sensu-cpu")
    with pytest.raises(NotFound) as missing:
        client.checks.check_get("default", "ä ?")
    assert missing.value.code == 2
