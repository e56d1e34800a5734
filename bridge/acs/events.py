"""What Event Grid posts to the webhook, in its own schema and in that of CloudEvents."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

INCOMING_CALL = "Microsoft.Communication.IncomingCall"
VALIDATION = "Microsoft.EventGrid.SubscriptionValidationEvent"

MOST_EVENTS = 5_000
"""In one delivery: the most that Event Grid can be set to (Microsoft's page on batching)."""
LONGEST = 1_024
"""Characters in a text that is no context; the longest recorded, a server call id, has 204."""
_LONGEST_CONTEXT = 1 << 16
_INT32 = range(-(1 << 31), 1 << 31)


class BadEvent(ValueError):
    """The body is not what Event Grid or ACS sends.

    The message names the field, and the type in it: never what was in it, which may be personal.
    """


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
        BadEvent: no JSON, too many events, or one without what its type demands.
    """
    return [_parse(event) for event in envelopes(body)]


def envelopes(body: bytes) -> list[Mapping[str, Any]]:
    """The JSON objects in `body`, whether one or a list.

    Raises:
        BadEvent: something else, or more than 5,000.
    """
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadEvent(f"no JSON: {error}") from None  # as it holds the body
    events = content if isinstance(content, list) else [content]
    if len(events) > MOST_EVENTS:
        raise BadEvent(f"{len(events)} events in one delivery")
    if not all(isinstance(event, dict) for event in events):
        raise BadEvent("an event is a JSON object")
    return events


def _parse(event: Mapping[str, Any]) -> Event:
    kind = text(event, "eventType" if "eventType" in event else "type")
    if kind == VALIDATION:
        return Validation(text(within(event, "data"), "validationCode"))
    if kind != INCOMING_CALL:
        return OtherEvent(kind)
    data = within(event, "data")
    return IncomingCall(
        dialled=_number(within(data, "to")),
        caller=_number(within(data, "from")),
        context=text(data, "incomingCallContext", longest=_LONGEST_CONTEXT),
        server_call_id=text(data, "serverCallId"),
        correlation_id=text(data, "correlationId"),
        sent_at=_moment(event, "eventTime" if "eventTime" in event else "time"),
    )


def _number(identifier: Mapping[str, Any]) -> str:
    """Telephone number of a participant, else the raw identifier.

    `kind` is spelled `PhoneNumber` in the documentation and `phoneNumber` in recordings, so the
    sub-object decides. A withheld number has the raw identifier `4:anonymous`.
    """
    if identifier.get("phoneNumber"):
        return text(within(identifier, "phoneNumber"), "value")
    return text(identifier, "rawId").removeprefix("4:")


def _moment(event: Mapping[str, Any], name: str) -> datetime:
    written = text(event, name)
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        raise BadEvent(f"{name}: no time") from None
    if moment.utcoffset() is None:
        raise BadEvent(f"{name}: a time without its zone")
    return moment


def within(outer: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The JSON object in a field.

    Raises:
        BadEvent: something else is there, or nothing.
    """
    if not isinstance(value := outer.get(name), dict):
        raise BadEvent(f"{name}: {type(value).__name__} in place of an object")
    return value


def text(outer: Mapping[str, Any], name: str, *, longest: int = LONGEST) -> str:
    """The text in a field, of at least one character.

    Raises:
        BadEvent: something else is there, or nothing, or more characters than `longest`.
    """
    if not isinstance(value := outer.get(name), str):
        raise BadEvent(f"{name}: {type(value).__name__} in place of a text")
    if not 0 < len(value) <= longest:
        raise BadEvent(f"{name}: a text of {len(value)} characters")
    return value


def whole(outer: Mapping[str, Any], name: str) -> int:
    """The whole number in a field, of 32 bits; 0 where there is none.

    Raises:
        BadEvent: something else is there.
    """
    value = outer.get(name)
    if value is None:
        return 0
    if type(value) is not int or value not in _INT32:  # a bool is an int, too
        raise BadEvent(f"{name}: {type(value).__name__} in place of a whole number of 32 bits")
    return value
