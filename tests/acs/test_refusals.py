"""What Call Automation will not do."""

from collections.abc import Awaitable, Callable

import pytest

from bridge.acs.connection import Connection
from bridge.acs.refusals import NotThere
from bridge.call.legs import PhoneError
from tests.acs.cloud import CALLER, GONE, NUMBER, Cloud

COLLEAGUE = "+18005550199"


async def test_a_call_that_is_over_needs_no_end(acs: Cloud, call: Connection) -> None:
    acs.replies |= {"terminate": GONE, "delete": GONE}
    await call.hang_up()
    await call.hang_up(for_everyone=False)
    assert acs.operations == ["terminate", "delete"]


REFUSED: dict[str, Callable[[Connection], Awaitable[object]]] = {
    "terminate": lambda call: call.hang_up(),
    "delete": lambda call: call.hang_up(for_everyone=False),
    "get": lambda call: call.lives(),
    "participants": lambda call: call.has(CALLER),
    "transferToParticipant": lambda call: call.transfer(COLLEAGUE, {}, "c"),
    "participants:add": lambda call: call.invite(
        COLLEAGUE, {}, "c", from_number=NUMBER, rings_s=30
    ),
    "participants:remove": lambda call: call.remove(COLLEAGUE, "c"),
    "participants:cancelAddParticipant": lambda call: call.cancel_invitation("i"),
    "hold": lambda call: call.hold(CALLER, "https://x/a.wav"),
    "unhold": lambda call: call.unhold(CALLER),
    "startContinuousDtmfRecognition": lambda call: call.watch_keys(CALLER, "c"),
    "startMediaStreaming": lambda call: call.start_media(),
    "recordings": lambda call: call.start_recording(),
    "recordings:pause": lambda call: call.pause_recording("eyJQ"),
    "recordings:resume": lambda call: call.resume_recording("eyJQ"),
}


@pytest.mark.parametrize("operation", REFUSED)
async def test_a_refusal_has_a_code_and_no_prose(
    acs: Cloud, call: Connection, operation: str
) -> None:
    acs.replies[operation] = (403, {"error": {"code": "7504", "message": "of +14255550123"}})
    with pytest.raises(PhoneError) as refused:
        await REFUSED[operation](call)
    assert str(refused.value) == "ACS answered 403 7504"
    assert not isinstance(refused.value, NotThere)
