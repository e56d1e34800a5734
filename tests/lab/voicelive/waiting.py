"""A wait for a tool, and what is to be said meanwhile."""

from bridge.lab.voicelive import Thought, ToolCall
from tests.lab.voicelive.line import Event, Line

LOOK = "One moment, let me look that up for you."
FOGGY = "It is foggy."
CALL = Thought(calls=(ToolCall("get_weather", {}),))
DONE = "response.function_call_arguments.done"
WORDS = "response.audio_transcript.done"


def static(*triggers: str, ms: int = 1000, texts: tuple[str, ...] = (LOOK,)) -> Event:
    kind = {"type": "static_interim_response", "texts": list(texts)}
    return {**kind, "triggers": list(triggers), "latency_threshold_ms": ms}


async def asks(line: Line, interim: Event | None, **response: Event) -> Event:
    """Ask what takes a tool; the call, once its response is done."""
    await line.configure(interim_response=interim)
    await line.writes("What is the weather?")
    await line.send("response.create", response=response)
    call = await line.until(DONE)
    line.forget()
    return call


def interims(line: Line) -> list[str]:
    return [told.text for told in line.session.spoken if told.kind == "interim"]
