"""A whole call in which nobody knows beforehand what the other will say."""

from bridge.lab.acs import LineQuality, Switches
from bridge.lab.recogniser import Recogniser
from bridge.lab.sounds import cough
from bridge.lab.speech import RATE_HZ
from bridge.service.flows import load_flows
from bridge.trial import trial

from .conftest import JOE

TELEPHONE = Switches(line=LineQuality(g711=True), noise_dbfs=-60, seed=1)


async def test_a_stranger_asks_for_an_order_over_the_telephone(ears: Recogniser) -> None:
    flows = load_flows("callflows")
    async with trial(flows, ears=ears, acs_switches=TELEPHONE) as scene:
        phone = await scene.acs.dial(flows.named("order_status").number)
        phone.voice = JOE
        await phone.hears("How can I help?")
        await phone.says("Where is order four two seven one?")
        await phone.hears("order 4 2 7 1, status on its way, arrives tomorrow before noon")
        await phone.plays(cough(RATE_HZ), RATE_HZ)
        await phone.waits(2)
        phone.ears = ears
        await phone.says("I want to speak to a person.")
        await phone.hears("I will ask a colleague. One moment, please.")
        await phone.hangs_up()
        (session,) = scene.voices.sessions
        said = [heard for heard in session.heard if heard]
        assert len(said) == 2, "a cough has no words"
