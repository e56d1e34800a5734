"""What Event Grid posts to the webhook, in its own schema and in that of CloudEvents."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

INCOMING_CALL = "Microsoft.Communication.IncomingCall"
VALIDATION = "Microsoft.EventGrid.SubscriptionValidationEvent"


class BadEvent(ValueError):
    """The body is not what Event Grid sends; the message says where."""


@dataclass(frozen=True)
class IncomingCall:
    """A telephone rings."""

    dialled: str = field(repr=False)
    """The number called, in E.164 form; a raw identifier (`8:acs:…`) when it is no telephone."""
    caller: str = field(repr=False)
    """The number calling, `anonymous` when withheld, else a raw identifier."""
    context: str = field(repr=False)
    """About 9 KB, opaque and secret: what answers or rejects the call."""
    server_call_id: str
    correlation_id: str
    sent_at: datetime


@dataclass(frozen=True)
class Validation:
    """Event Grid asks whether this endpoint wants its events."""

    code: str


@dataclass(frozen=True)
class OtherEvent:
    """An event that Interlude has no use for."""

    type: str


Event = IncomingCall | Validation | OtherEvent


def parse_events(body: bytes) -> list[Event]:
    """Read a delivery: one event or a list of them, in either schema.

    Microsoft's webhook reference: the Event Grid schema is delivered as a list, CloudEvents one by
    one or, when batched, as a list.

    Raises:
        BadEvent: no JSON, or an event without what its type demands.
    """
    return [_parse(event) for event in envelopes(body)]


def envelopes(body: bytes) -> Iterator[Mapping[str, Any]]:
    """The JSON objects in `body`, whether one or a list.

    Raises:
        BadEvent: something else.
    """
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadEvent(f"no JSON: {error}") from error
    for envelope in content if isinstance(content, list) else [content]:
        if not isinstance(envelope, dict):
            raise BadEvent("an event is a JSON object")
        yield envelope


def problem(error: Exception) -> str:
    """What is wrong with an event; a `ValueError` repeats what was sent, so only its kind."""
    kind = type(error).__name__
    return kind if isinstance(error, ValueError) else f"{kind} {error}"


def _parse(event: Mapping[str, Any]) -> Event:
    kind = event.get("eventType") or event.get("type")
    try:
        if kind == VALIDATION:
            return Validation(_text(event["data"]["validationCode"]))
        if kind == INCOMING_CALL:
            data = event["data"]
            return IncomingCall(
                dialled=_number(data["to"]),
                caller=_number(data["from"]),
                context=_text(data["incomingCallContext"]),
                server_call_id=_text(data["serverCallId"]),
                correlation_id=_text(data["correlationId"]),
                sent_at=datetime.fromisoformat(_text(event.get("eventTime") or event["time"])),
            )
    except (KeyError, TypeError, ValueError) as error:
        raise BadEvent(f"{kind}: {problem(error)}") from error
    return OtherEvent(str(kind))


def _number(identifier: Mapping[str, Any]) -> str:
    """Telephone number of a participant, else the raw identifier.

    `kind` is spelled `PhoneNumber` in the documentation and `phoneNumber` in recordings, so the
    sub-object decides. A withheld number has the raw identifier `4:anonymous`.
    """
    if phone := identifier.get("phoneNumber"):
        return _text(phone["value"])
    return _text(identifier["rawId"]).removeprefix("4:")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} in place of a text")
    return value
