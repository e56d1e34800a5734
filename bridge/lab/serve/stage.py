"""What the control API directs, and how it is asked to."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from aiohttp import web
from pydantic import TypeAdapter

from bridge.lab.acs import AcsStandIn, Phone
from bridge.lab.checked import Body
from bridge.lab.entra import Entra
from bridge.lab.serve.model import DirectedBrain
from bridge.lab.voicelive import Happening, Session, VoiceLiveStandIn

Json = dict[str, Any]
B = TypeVar("B")
LATEST = "latest"
"""Stands for the newest call or session, in place of its id."""


class NotDone(Exception):
    """What was asked for cannot be done; the message is a sentence for whoever asked."""

    def __init__(self, sentence: str, status: int = 409) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass
class Stage:
    """Both stand-ins, and whom they play to."""

    acs: AcsStandIn
    voices: VoiceLiveStandIn
    brain: DirectedBrain
    tenant: Entra
    happenings: list[Happening] = field(default_factory=list)
    """Of all sessions."""
    pressed: dict[str, list[tuple[float, str]]] = field(default_factory=dict)
    """By call: loop time and keys."""

    def __post_init__(self) -> None:
        self.voices.watch(self.happenings.append)

    def call(self, call_id: str) -> Phone:
        """Return the telephone of a call, or say that there is none."""
        phones = self.acs.phones
        found = (
            phones[-1:] if call_id == LATEST else [p for p in phones if p.connection_id == call_id]
        )
        if not found:
            raise NotDone(f"There is no call {call_id}.", 404)
        return found[0]

    def live_call(self, call_id: str) -> Phone:
        """Return the telephone of a call that has not ended."""
        phone = self.call(call_id)
        if phone.end:
            raise NotDone(f"The call is over: {phone.end.message}")
        return phone

    def session(self, session_id: str) -> Session:
        """Return a session of Voice Live, or say that there is none."""
        all_ = self.voices.sessions
        found = all_[-1:] if session_id == LATEST else [s for s in all_ if s.id == session_id]
        if not found:
            raise NotDone(f"There is no session {session_id}.", 404)
        return found[0]


class Nothing(Body):
    """Nothing."""


@dataclass(frozen=True, kw_only=True)
class Route(Generic[B]):
    """One thing that can be asked; the docstring of `handle` says what it does."""

    method: str
    path: str
    handle: Callable[[Stage, str, B], Awaitable[Json | list[Any] | web.Response]]
    """Gets what stands in the path for its one variable, or nothing, and the body."""
    parse: Callable[[bytes], B]
    schema: Json | None
    """JSON schema of the body; None where it is a WAV file."""


def takes(
    body: Any, method: str, path: str, handle: Callable[[Stage, str, Any], Awaitable[Any]]
) -> Route[Any]:
    """Return a route whose body is JSON, of a type that pydantic understands."""
    adapter = TypeAdapter(body)
    return Route(
        method=method,
        path=path,
        handle=handle,
        parse=lambda raw: adapter.validate_json(raw or b"{}"),
        schema=adapter.json_schema(ref_template="#/components/schemas/{model}"),
    )


def asks(
    path: str, handle: Callable[[Stage, str, Nothing], Awaitable[Any]], method: str = "GET"
) -> Route[Nothing]:
    """Return a route that needs no body."""
    return takes(Nothing, method, path, handle)
