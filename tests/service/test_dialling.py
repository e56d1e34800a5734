"""Whoever dials through a running service gets the call's id, or a sentence that tells why not."""

from collections.abc import AsyncIterator

import pytest
from aiohttp.web import Request, Response

from bridge import Callflow
from bridge.service.dialling import NotDialled, dial
from bridge.service.flows import Flows
from bridge.service.parts import SWITCHBOARD
from bridge.service.settings import Remote, load_remote
from bridge.trial import Trial, trial
from tests.service.crm import Crm

THEM = "+14255550123"
KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture
async def scene() -> AsyncIterator[Trial]:
    flows = Flows({"line": Callflow(number="+18005550100")})
    async with trial(flows, interlude_api_key=KEY) as running:
        yield running


def remote(scene: Trial, key: str = KEY) -> Remote:
    return load_remote(interlude_public_url=scene.url, interlude_api_key=key)


async def test_dialling_tells_the_id_of_the_call(scene: Trial) -> None:
    call_id = await dial(remote(scene), "line", THEM)
    assert [call.id for call in scene.app[SWITCHBOARD].in_progress] == [call_id]


async def test_whoever_dials_is_told_why_there_is_no_call(scene: Trial) -> None:
    with pytest.raises(
        NotDialled, match=r"^Authorization must be Bearer and the INTERLUDE_API_KEY"
    ):
        await dial(remote(scene, key="another"), "line", THEM)
    with pytest.raises(NotDialled, match=r"^There is no call flow of this name\.$"):
        await dial(remote(scene), "nobody", THEM)
    nowhere = load_remote(interlude_public_url="http://127.0.0.1:9", interlude_api_key=KEY)
    with pytest.raises(NotDialled, match=r"^http://127\.0\.0\.1:9/calls was not reached: Client"):
        await dial(nowhere, "line", THEM)


@pytest.mark.parametrize(
    ("status", "text", "content_type"),
    [
        (201, "", "application/json"),
        (201, '{"id": 7}', "application/json"),
        (201, "[]", "application/json"),
        (502, "<h1>Bad gateway</h1>", "text/html"),
        (404, "x" * 501, "text/plain"),
        (302, "", "text/plain"),
    ],
)
async def test_whatever_answers_in_place_of_the_service_is_not_believed(
    status: int, text: str, content_type: str
) -> None:
    async def answer(_: Request) -> Response:
        return Response(status=status, text=text, content_type=content_type)

    async with Crm() as other:
        other.always = answer
        elsewhere = load_remote(
            interlude_public_url=other.url.partition("/calls")[0], interlude_api_key=KEY
        )
        with pytest.raises(NotDialled, match=f"answered {status}, and not as Interlude does"):
            await dial(elsewhere, "line", THEM)
