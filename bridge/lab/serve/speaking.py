"""Voice Live: what the model will do, and what its sessions saw."""

from typing import Literal

from pydantic import Field

from bridge.lab.checked import Body
from bridge.lab.serve.stage import Json, Nothing, Stage, asks, takes
from bridge.lab.voicelive import Session, Spoiling, Thought, ToolCall


class Called(Body):
    """A call of a function tool."""

    name: str
    arguments: Json = Field(default_factory=dict)


class Turn(Body):
    """What the model does: it speaks, and then calls tools; either may be missing."""

    say: str | None = None
    calls: list[Called] = Field(default_factory=list)

    def thought(self) -> Thought:
        """Return it as the model has it."""
        calls = tuple(ToolCall(call.name, call.arguments) for call in self.calls)
        return Thought(self.say, calls)


class Script(Body):
    """What the model does next, whichever session has a turn first."""

    turns: list[Turn] = Field(default_factory=list)
    """About what callers say; by rule once they are used up."""
    answers: list[Turn] = Field(default_factory=list)
    """About the outputs of tools; spoken as they are once these are used up."""


class SessionFault(Body):
    """Something that happens to a session."""

    does: Literal["drops", "closes", "freezes", "thaws"]
    """Loses the TCP connection; closes it as a WebSocket; goes silent, as a process that hangs."""
    code: int = 1001
    """Close code."""


class Spoilt(Body):
    """How the next answers of a session are to end badly, one by one."""

    answers: list[Spoiling]


async def _script(stage: Stage, _: str, script: Script) -> Json:
    """Prescribe what the model does next, after what was prescribed before."""
    stage.brain.turns.extend(turn.thought() for turn in script.turns)
    stage.brain.answers.extend(turn.thought() for turn in script.answers)
    return await _left(stage, "", Nothing())


async def _left(stage: Stage, _: str, __: Nothing) -> Json:
    """Tell how much is left of what was prescribed."""
    return {"turns": len(stage.brain.turns), "answers": len(stage.brain.answers)}


async def _free(stage: Stage, _: str, __: Nothing) -> Json:
    """Leave the model to its rules."""
    stage.brain.turns.clear()
    stage.brain.answers.clear()
    return await _left(stage, "", Nothing())


async def _sessions(stage: Stage, _: str, __: Nothing) -> list[Json]:
    """List all sessions, the oldest first."""
    return [_brief(session) for session in stage.voices.sessions]


async def _session(stage: Stage, session_id: str, _: Nothing) -> Json:
    """Tell what a session was asked, what it heard and said, and its conversation."""
    session = stage.session(session_id)
    return {
        **_brief(session),
        "configured": session.configured,
        "received": session.received,
        "heard": session.heard,
        "spoken": [{"text": line.text, "kind": line.kind} for line in session.spoken],
        "items": session.items,
        "audio_received_bytes": len(session.audio_received),
        "happenings": [
            {"at_s": round(happening.at_s, 3), "kind": happening.kind, "text": happening.text}
            for happening in stage.happenings
            if happening.session_id == session.id
        ],
    }


async def _fault(stage: Stage, session_id: str, fault: SessionFault) -> Json:
    """Have something happen to a session."""
    session = stage.session(session_id)
    if fault.does == "drops":
        await session.drops()
    elif fault.does == "closes":
        await session.closes(fault.code)
    elif fault.does == "freezes":
        session.freezes()
    else:
        session.thaws()
    return _brief(session)


async def _spoil(stage: Stage, session_id: str, spoilt: Spoilt) -> Json:
    """Have the next answers of a session end badly."""
    session = stage.session(session_id)
    session.spoils(*spoilt.answers)
    return _brief(session)


async def _send(stage: Stage, session_id: str, event: Json) -> Json:
    """Send an event of any content to the client of a session, such as a `warning`."""
    session = stage.session(session_id)
    await session.sends(event)
    return _brief(session)


def _brief(session: Session) -> Json:
    return {"id": session.id, "open": session.open, "query": dict(session.query)}


ROUTES = (
    takes(Script, "POST", "/model", _script),
    asks("/model", _left),
    asks("/model", _free, "DELETE"),
    asks("/sessions", _sessions),
    asks("/sessions/{id}", _session),
    takes(SessionFault, "POST", "/sessions/{id}/fault", _fault),
    takes(Spoilt, "POST", "/sessions/{id}/spoil", _spoil),
    takes(Json, "POST", "/sessions/{id}/events", _send),
)
