"""The scenario of every client, run with httpx and the models of datamodel-code-generator (pydantic)."""

import os

import httpx
import sensu_models as sensu
from pydantic import BaseModel, TypeAdapter

URL = os.environ["SENSU_URL"]
CHECKS = "/apis/core/v2/namespaces/default/checks"


def body(model: BaseModel) -> str:
    """The fields that were set: a merge patch must not contain defaults."""
    return model.model_dump_json(exclude_unset=True)


def error(response: httpx.Response, status: int) -> int:
    assert response.status_code == status, response.text
    return sensu.ErrorResponse.model_validate_json(response.content).code


def main() -> None:
    login = httpx.get(f"{URL}/auth", auth=("admin", "P@ssw0rd!"))
    tokens = sensu.Tokens.model_validate_json(login.content)
    headers = {"Authorization": f"Bearer {tokens.access_token}", "Content-Type": "application/json"}
    client = httpx.Client(base_url=URL, headers=headers)

    at_night = sensu.SubdueInput(days=sensu.TimeWindowDays(all=[sensu.TimeWindow(begin="5:00PM", end="8:00AM")]))
    for name, subdue in (("pydantic-a", at_night), ("pydantic-b", None)):
        check = sensu.CheckConfigCreate(
            command="check-cpu.sh", interval=60, metadata=sensu.ObjectMetaCreate(name=name), subdue=subdue
        )
        response = client.post(CHECKS, content=body(check))
        created = sensu.CheckConfig.model_validate_json(response.content)
        assert created.metadata.name == name and created.output_metric_format is sensu.MetricFormat(""), created
        assert (created.subdue and created.subdue.days) == (subdue and subdue.days), created
    assert error(client.post(CHECKS, content=body(check)), 409) == 3

    event = sensu.EventInput(
        entity=sensu.EntityInput(entity_class="proxy"),
        check=sensu.CheckInput(interval=60, status=1, output="slow"),
    )
    response = client.put("/apis/core/v2/namespaces/default/events/web-1/pydantic-a", content=body(event))
    stored = sensu.Event.model_validate_json(response.content)
    assert stored.check and stored.check.status == 1, stored

    page = TypeAdapter(list[sensu.CheckConfig])
    first = client.get(CHECKS, params={"limit": 1})
    second = client.get(CHECKS, params={"limit": 1, "continue": first.headers["Sensu-Continue"]})
    names = [check.metadata.name for one in (first, second) for check in page.validate_json(one.content)]
    assert names == ["pydantic-a", "pydantic-b"], names
    assert "Sensu-Continue" not in second.headers, second.headers

    assert error(client.get(f"{CHECKS}/pydantic-missing"), 404) == 2

    patch = body(sensu.CheckConfigPatch(interval=30, subdue=None))
    merge = {"Content-Type": "application/merge-patch+json"}
    response = client.patch(f"{CHECKS}/pydantic-a", content=patch, headers=merge)
    patched = sensu.CheckConfig.model_validate_json(response.content)
    assert patched.interval == 30 and patched.subdue is None, patched

    for name in ("pydantic-a", "pydantic-b"):
        assert client.delete(f"{CHECKS}/{name}").status_code == 204
    assert page.validate_json(client.get(CHECKS).content) == []
    print("passed")


main()
