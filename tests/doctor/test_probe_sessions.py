"""`interlude doctor --probe`: which sessions it opens, and as whom."""

import pytest

from bridge import Callflow, LlmInterim, StaticInterim, Trigger
from bridge.doctor.probe import probe_voices
from bridge.lab.identity import managed_identity
from bridge.lab.speech import Studio
from bridge.lab.voicelive import Switches, VoiceLiveStandIn
from bridge.service.settings import read_settings
from tests.doctor.test_azure import LED
from tests.doctor.test_probe import FLOW, INTERIM, probed


async def test_one_session_for_each_declaration_and_six_at_most(studio: Studio) -> None:
    of_llm = LlmInterim(triggers=(Trigger.TOOL,))
    both = StaticInterim(texts=("One moment.",), triggers=(Trigger.TOOL, Trigger.LATENCY))
    voices = ("en-US-AvaNeural", "en-US-JennyNeural", "en-US-GuyNeural")
    declared = [
        FLOW,
        Callflow(number="+18005550101", greeting="Hi.", interim=INTERIM),  # the first one's twin
        Callflow(number="+18005550102", interim=of_llm),
        Callflow(number="+18005550103", interim=both),
        Callflow(number="+18005550104"),
        *(
            Callflow(number=f"+1800555011{number}", voice=voice)
            for number, voice in enumerate(voices)
        ),
    ]
    async with VoiceLiveStandIn(studio) as service:
        found = await probed(service, *declared)
        assert len(service.sessions) == 6
    told = [each for each in found.values() if each.verdict == "skipped"]
    assert [each.says for each in told] == ["1 more declarations were not tried."]
    assert found["probe 2"].says.endswith("LlmInterim on tool.")
    assert found["probe 3"].says.endswith("StaticInterim on tool and latency.")
    assert found["probe 4"].says.endswith("no interim responses from the service.")
    assert "is not sent" in found["probe 4, interim_response"].says


async def test_an_agent_is_probed_as_an_identity(studio: Studio) -> None:
    async with managed_identity(), VoiceLiveStandIn(studio) as service:
        found = await probed(service, LED, voicelive_api_key=None)
    assert found["identity"].verdict == "ok"
    assert found["probe 1"].says.startswith("agent clinic, ")
    assert found["probe 1, text read aloud"].verdict == "ok"


async def test_an_agent_is_not_probed_with_a_key(studio: Studio) -> None:
    async with VoiceLiveStandIn(studio) as service:
        found = await probed(service, LED)
        assert not service.sessions
    assert found["probe"].verdict == "skipped"


async def test_without_an_identity_nothing_is_opened(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "ManagedIdentityCredential")
    async with managed_identity(), VoiceLiveStandIn(studio) as service:
        monkeypatch.setenv("IDENTITY_HEADER", "another")
        found = await probed(service, voicelive_api_key=None)
        assert not service.sessions
    assert [each.verdict for each in found.values()] == ["problem", "skipped"]


async def test_a_session_that_is_not_had(studio: Studio) -> None:
    async with VoiceLiveStandIn(studio, switches=Switches(handshake=401)) as service:
        found = await probed(service)
    told = found["probe 1"]
    assert (told.verdict, told.says) == ("problem", "no session: it answers 401.")


async def test_a_session_that_ends_meanwhile(studio: Studio) -> None:
    async with VoiceLiveStandIn(studio, switches=Switches(session_s=0.1)) as service:
        found = await probed(service)
    told = found["probe 1"]
    assert (told.verdict, told.says[:21]) == ("problem", "the session is lost: ")


def test_without_an_endpoint_there_is_nobody_to_ask() -> None:
    (found,) = probe_voices(read_settings()[0])
    assert (found.name, found.verdict) == ("VOICELIVE_ENDPOINT", "problem")
