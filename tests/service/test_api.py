"""What the API says of itself is so: tried by schemathesis, against the real service."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from aiohttp import ClientSession
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from schemathesis.errors import FailureGroup
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import positive_data_acceptance

from bridge import Callflow
from bridge.service.api_description import PATH, description
from bridge.service.flows import Flows
from bridge.trial import READ_KEY, Trial, trial
from tests.service.test_capacity_door import KEY, NUMBER

FLOWS = Flows({"line": Callflow(number=NUMBER, silence=None)})
CASES = 12
"""Of each operation and kind: right requests, and wrong ones."""
ENDLESS = ("/api/v1/calls/events",)
"""They stream until somebody leaves; tests of their own read them."""


def operations(told: dict[str, Any]) -> Iterator[APIOperation[Any, Any, Any, Any]]:
    schema = schemathesis.openapi.from_dict(told)
    for result in schema.get_all_operations():
        assert isinstance(result, Ok), result
        if result.ok().path not in ENDLESS:
            yield result.ok()


def meet(operation: APIOperation[Any, Any, Any, Any], mode: GenerationMode, url: str) -> None:
    """Send the service what is right by the description, or what is not, and judge the answers.

    What is right may be refused all the same: no such call, no such flow, another version serves.
    """

    @settings(
        max_examples=CASES,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def met(case: Any) -> None:
        case.call_and_validate(
            base_url=url,
            headers={"Authorization": f"Bearer {KEY}"},
            excluded_checks=[positive_data_acceptance],
        )

    met()


async def with_a_call(work: Any) -> None:
    async with trial(FLOWS, interlude_api_key=KEY) as scene:
        phone = await scene.acs.dial(NUMBER)
        await phone.answered()
        await asyncio.to_thread(work, scene)
        await phone.hangs_up()
        await scene.record()


def test_every_door_answers_as_it_is_described_whatever_is_sent() -> None:
    def work(scene: Trial) -> None:
        for operation in operations(description()):
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                meet(operation, mode, scene.url)

    asyncio.run(with_a_call(work))


def test_a_description_that_is_not_so_is_found() -> None:
    paths = description()
    told = paths["paths"]["/api/v1/capacity"]["get"]["responses"]["200"]
    schema = told["content"]["application/json"]["schema"]
    wrong = {**schema, "properties": {**schema["properties"], "calls": {"type": "string"}}}

    def work(scene: Trial) -> None:
        raw = {
            **paths,
            "paths": {
                "/api/v1/capacity": {
                    "get": {
                        "responses": {
                            "200": {
                                "description": "",
                                "content": {"application/json": {"schema": wrong}},
                            }
                        }
                    }
                }
            },
        }
        (found,) = operations(raw)
        with pytest.raises(FailureGroup, match="calls"):
            meet(found, GenerationMode.POSITIVE, scene.url)

    asyncio.run(with_a_call(work))


async def test_every_route_is_described_and_every_description_has_a_route() -> None:
    async with trial(FLOWS, interlude_api_key=KEY) as scene:
        routes = {
            (route.method.lower(), route.resource.canonical)
            for route in scene.app.router.routes()
            if route.resource
            and route.resource.canonical.startswith("/api/")
            and route.method != "HEAD"
        }
    described = {
        (method, path) for path, methods in description()["paths"].items() for method in methods
    }
    assert routes == described


async def test_readers_are_told_the_description_and_nobody_else() -> None:
    async with trial(FLOWS, interlude_api_key=KEY) as scene, ClientSession(scene.url) as web:
        async with web.get(PATH) as answer:
            assert answer.status == 401
        async with web.get(PATH, headers={"Authorization": f"Bearer {READ_KEY}"}) as answer:
            assert (await answer.json())["openapi"] == "3.1.0"
