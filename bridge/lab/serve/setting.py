"""Before the calls: who hears of them, and how both services behave."""

from typing import Any, Literal, TypeVar

import orjson
from pydantic import Field, TypeAdapter

from bridge.lab.acs import Answers, Refuses, RingsOut, Switches, Voicemail
from bridge.lab.checked import Body
from bridge.lab.entra import EVENT_GRID
from bridge.lab.serve.stage import Json, NotDone, Nothing, Route, Stage, asks, takes
from bridge.lab.voicelive import Switches as VoiceSwitches

S = TypeVar("S")
_EVENT_GRID = {"azp": EVENT_GRID["appid"], "roles": EVENT_GRID["roles"]}
"""What a token of version 2 claims for Event Grid."""
_ACS, _VOICES = TypeAdapter(Switches), TypeAdapter(VoiceSwitches)


class Webhook(Body):
    """Who is to hear of calls."""

    url: str
    """Of the webhook, with a key in it, if it wants one."""
    schema_: Literal["event_grid", "cloud_events"] = "event_grid"
    """Of the events, and of the handshake."""
    name: str = "LAB"
    """Of the subscription, in `aeg-subscription-name`."""
    headers: dict[str, str] = Field(default_factory=dict)
    """Custom delivery headers."""
    entra_audience: str | None = None
    """With it, deliveries carry a token of the lab's tenant for this application."""

    model_config = Body.model_config | {"alias_generator": lambda name: name.rstrip("_")}


class Habit(Body):
    """What somebody does whom the bridge calls, or adds to a call: one of these."""

    answers: Answers | None = None
    voicemail: Voicemail | None = None
    refuses: Refuses | None = None
    """Busy is 486/560486, declined 603/560603."""
    rings_out: RingsOut | None = None


async def _health(stage: Stage, _: str, __: Nothing) -> Json:
    """Tell whether the lab is well, and what goes on in it."""
    return {
        "status": "ok",
        "calls": sum(phone.end is None for phone in stage.acs.phones),
        "sessions": sum(session.open for session in stage.voices.sessions),
        "subscribed": stage.acs.subscription is not None,
    }


async def _subscribe(stage: Stage, _: str, webhook: Webhook) -> Json:
    """Subscribe a webhook to incoming calls, in place of the one before.

    It must pass the handshake of Event Grid.
    """

    def proof() -> dict[str, str]:
        if webhook.entra_audience is None:
            return webhook.headers
        token = stage.tenant.sign(3600, aud=webhook.entra_audience, **_EVENT_GRID)
        return {**webhook.headers, "Authorization": f"Bearer {token}"}

    await stage.acs.subscribe(webhook.url, schema=webhook.schema_, name=webhook.name, proof=proof)
    return {"subscribed": webhook.url}


async def _switches(stage: Stage, _: str, __: Nothing) -> Json:
    """Tell all switches of both services, by name."""
    return {
        "acs": _ACS.dump_python(stage.acs.switches, mode="json"),
        "voicelive": _VOICES.dump_python(stage.voices.switches, mode="json"),
    }


async def _set_acs(stage: Stage, _: str, changes: Json) -> Json:
    """Set switches of Azure Communication Services, for the calls placed from now on.

    Those that are not named stay as they are; `/switches` tells all.
    """
    stage.acs.switches = acs_switches(stage, changes)
    return await _switches(stage, "", Nothing())


async def _set_voices(stage: Stage, _: str, changes: Json) -> Json:
    """Set switches of Voice Live, for the sessions opened from now on.

    Those that are not named stay as they are; `/switches` tells all.
    """
    stage.voices.switches = _changed(_VOICES, stage.voices.switches, changes)
    return await _switches(stage, "", Nothing())


async def _reset(stage: Stage, _: str, __: Nothing) -> Json:
    """Set all switches of both services back to a good day."""
    stage.acs.switches, stage.voices.switches = Switches(), VoiceSwitches()
    return await _switches(stage, "", Nothing())


async def _decide(stage: Stage, address: str, habit: Habit) -> Json:
    """Decide what somebody does whose telephone rings: a number, or a raw id.

    Whoever is not decided on answers after three seconds.
    """
    given = habit.model_fields_set
    if len(given) != 1:
        raise NotDone(f"Name one of {', '.join(Habit.model_fields)}.", 400)
    behaviour = getattr(habit, given.pop())
    stage.acs.callees[address] = stage.acs.colleagues[address] = behaviour
    return {"decided": address}


def acs_switches(stage: Stage, changes: Json) -> Switches:
    """Return the present switches with changes; `NotDone` for a name that there is not."""
    return _changed(_ACS, stage.acs.switches, changes)


def _changed(adapter: TypeAdapter[S], present: S, changes: Json) -> S:
    names = adapter.dump_python(present, mode="json")
    if unknown := changes.keys() - names.keys():
        raise NotDone(
            f"There is no switch {', '.join(sorted(unknown))}. There are {', '.join(names)}.", 400
        )
    return adapter.validate_json(orjson.dumps(names | changes))


def _switching(path: str, handle: Any, adapter: TypeAdapter[Any]) -> Route[Json]:
    return Route(
        method="PATCH",
        path=path,
        handle=handle,
        parse=TypeAdapter(Json).validate_json,
        schema=adapter.json_schema(ref_template="#/components/schemas/{model}"),
    )


ROUTES = (
    asks("/health", _health),
    takes(Webhook, "PUT", "/subscription", _subscribe),
    asks("/switches", _switches),
    asks("/switches", _reset, "DELETE"),
    _switching("/switches/acs", _set_acs, _ACS),
    _switching("/switches/voicelive", _set_voices, _VOICES),
    takes(Habit, "PUT", "/people/{id}", _decide),
)
