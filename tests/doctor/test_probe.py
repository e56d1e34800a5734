"""`interlude doctor --probe`: each reading of what is not documented is recognised."""

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import pytest

from bridge import Callflow, StaticInterim, Trigger
from bridge.doctor.finding import Finding
from bridge.doctor.probe import probe
from bridge.lab.identity import managed_identity
from bridge.lab.speech import Studio
from bridge.lab.voicelive import Switches, VoiceLiveStandIn
from bridge.lab.voicelive.config import Configuration
from bridge.service.flows import Flows
from bridge.service.settings import read_settings
from bridge.voicelive import events
from bridge.voicelive.leg import VoiceLiveLeg
from tests.doctor.test_azure import LED

INTERIM = StaticInterim(texts=("One moment.",), triggers=(Trigger.TOOL,))
FLOW = Callflow(number="+18005550100", interim=INTERIM)
QUESTIONS = (
    *("interim_response", "turn_detection", "audio formats", "expires_at"),
    *("text read aloud", "pace", "commit: false", "unknown field"),
)


async def probed(service: VoiceLiveStandIn, *flows: Callflow, **more: Any) -> Mapping[str, Finding]:
    """What is found, by its name."""
    given = {"voicelive_endpoint": service.endpoint, "voicelive_api_key": service.api_key}
    named = {f"flow{number}": flow for number, flow in enumerate(flows or (FLOW,))}
    found = await probe(read_settings(**given | more)[0], Flows(named))
    return {each.name: each for each in found}


async def test_a_service_that_does_as_the_lab_has_nothing_to_warn_of(studio: Studio) -> None:
    async with VoiceLiveStandIn(studio) as service:
        found = await probed(service)
        (session,) = service.sessions
        await session.ended()
        assert [line.text for line in session.spoken] == [
            "The lamp on the table is green.",
            "The lamp in the hall is red.",
        ]
        assert len(session.items) == 1, "the second is not kept"
    assert [*found] == ["probe", "probe 1", *(f"probe 1, {each}" for each in QUESTIONS)]
    assert {each.verdict for each in found.values()} == {"ok"}
    assert found["probe"].says == "two short responses a session are asked for, and billed: 2."
    assert found["probe 1"].says.endswith("StaticInterim on tool.")
    assert re.fullmatch(
        r"\d+ bytes of PCM16, \d\.\d s, the first after \d+ ms, word for word\.",
        found["probe 1, text read aloud"].says,
    )
    assert found["probe 1, expires_at"].says == "is echoed: the session ends in 30 minutes."


@pytest.mark.parametrize(
    ("switches", "question", "says", "remedy"),
    [
        (
            {"refuse_interim": True},
            "interim_response",
            "is refused (interim_response_requires_azure_voice)",
            "In the lab: refuse_interim = true.",
        ),
        (
            {"interim_echo": False},
            "interim_response",
            "is not echoed",
            "In the lab: interim_echo = false.",
        ),
        ({"session_s": 3600}, "expires_at", "ends in 60 minutes", "In the lab: session_s = 3600."),
        (
            {"delta_factor": 2.0, "delta_ms": 200},
            "pace",
            "sound comes 2.0 times faster than it plays",
            "In the lab: delta_factor = 2.0, delta_ms = ",
        ),
        (
            {"out_of_band": False},
            "commit: false",
            "does not keep a response out",
            "In the lab: out_of_band = false.",
        ),
        (
            {"refuse_unknown": True},
            "unknown field",
            "is refused (invalid_request_error)",
            "In the lab: refuse_unknown = true.",
        ),
        (
            {"error_without_done": True},
            "text read aloud",
            "fails: server_error.",
            "Clips cannot be rendered",
        ),
        (
            {"stall_before_first_delta_s": 11.0},
            "text read aloud",
            "fails: not done within 10 s.",
            "Clips cannot be rendered",
        ),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
async def test_a_service_that_does_otherwise_is_told_by_the_switch_of_the_lab(
    studio: Studio, switches: dict[str, Any], question: str, says: str, remedy: str
) -> None:
    async with VoiceLiveStandIn(studio, switches=Switches(**switches)) as service:
        found = await probed(service)
    doubtful = [name for name, each in found.items() if each.verdict == "warning"]
    assert doubtful == [f"probe 1, {question}"]
    told = found[doubtful[0]]
    assert says in told.says
    assert told.remedy.startswith(remedy)
    for name in re.findall(r"(\w+) = ", told.remedy):
        assert name in {each.name for each in fields(Switches)}


async def test_an_echo_that_is_not_what_was_sent(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Configuration.echo

    def other(configuration: Configuration) -> dict[str, Any]:
        odd = {"turn_detection": {"type": "server_vad"}, "output_audio_format": "g711_ulaw"}
        return {**whole(configuration), **odd, "expires_at": None}

    monkeypatch.setattr(Configuration, "echo", other)
    async with VoiceLiveStandIn(studio) as service:
        found = await probed(service)
    assert found["probe 1, interim_response"].verdict == "ok"
    detection, audio, expiry = (found[f"probe 1, {each}"] for each in QUESTIONS[1:4])
    assert {detection.verdict, audio.verdict, expiry.verdict} == {"warning"}
    assert "turn_detection.type" in detection.says
    assert audio.says == "echoed otherwise than sent: output_audio_format."
    assert expiry.says.startswith("is not echoed")


async def test_a_voice_that_drifts_from_the_words(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    says = VoiceLiveLeg.say

    async def drifts(leg: VoiceLiveLeg, text: str, *, aside: bool = False) -> str:
        return await says(leg, f"Well, {text}", aside=aside)

    monkeypatch.setattr(VoiceLiveLeg, "say", drifts)
    async with VoiceLiveStandIn(studio) as service:
        found = await probed(service)
    told = found["probe 1, text read aloud"]
    assert (told.verdict, "but in other words: 'Well, " in told.says) == ("warning", True)


async def test_a_voice_may_be_named_in_the_raw_fields(studio: Studio) -> None:
    own = {"voice": {"type": "openai", "name": "echo"}}
    flow = Callflow(number="+18005550101", model="gpt-realtime", raw=own)
    async with VoiceLiveStandIn(studio) as service:
        found = await probed(service, flow)
    assert found["probe 1"].says.startswith("gpt-realtime, echo, ")


async def test_an_agent_with_a_voice_of_openai_says_nothing_apart(studio: Studio) -> None:
    led = replace(LED, voice="alloy")
    async with managed_identity(), VoiceLiveStandIn(studio) as service:
        found = await probed(service, led, voicelive_api_key=None)
    told = found["probe 1, commit: false"]
    assert (told.verdict, told.says) == ("warning", "fails: invalid_request_error.")


async def test_what_is_not_read_aloud_is_not_asked_for_apart(studio: Studio) -> None:
    async with VoiceLiveStandIn(studio) as service:
        found = await probed(service, replace(FLOW, raw={"modalities": ["text"]}))
    assert found["probe 1, text read aloud"].says == "fails: no sound."
    assert found["probe 1, commit: false"].verdict == "skipped"
    assert found["probe 1, unknown field"].verdict == "ok", "the rest is asked"


async def test_what_is_reported_of_no_response_tells_nothing(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = dict(vars(events)["_KNOWN"])
    del known["conversation.item.created"]
    monkeypatch.setattr(events, "_KNOWN", known)
    async with VoiceLiveStandIn(studio) as service:
        found = await probed(service)
    assert found["probe 1, commit: false"].verdict == "warning"
    assert found["probe 1, commit: false"].says.startswith("cannot be told")
