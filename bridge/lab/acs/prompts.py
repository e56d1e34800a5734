"""What the REST interface has the service play, sound and collect."""

from bridge.lab.acs.leg import Leg
from bridge.lab.acs.people import present
from bridge.lab.acs.playing import is_tone
from bridge.lab.acs.replies import (
    Operation,
    Refused,
    Reply,
    RestRequest,
    bad_body,
    bad_field,
    check_established,
    context,
)

_MOST_TONES = 18
"""Microsoft's reference."""
_SOURCES = ("file", "text", "ssml")


def _play(leg: Leg, asked: RestRequest) -> Reply:
    """Play to all or to some: 202, the results in callbacks."""
    check_established(leg)
    sources = asked.body.get("playSources")
    if not sources or any(each.get("kind") not in _SOURCES for each in sources):
        raise bad_field("PlaySources")
    to = [present(leg, {"targetParticipant": who}) for who in asked.body.get("playTo") or ()]
    _make_way(leg, asked, excluded=bool(to))
    leg.player.play(asked.body, to)
    return 202, context(asked.body)


def _recognize(leg: Leg, asked: RestRequest) -> Reply:
    """Collect keys: 202, the result in a callback."""
    check_established(leg)
    options = asked.body.get("recognizeOptions") or {}
    if asked.body.get("recognizeInputType") != "dtmf" or not options.get("dtmfOptions"):
        raise bad_body("The lab recognizes keys only.")
    person = present(leg, options)
    _make_way(leg, asked, excluded=False)
    leg.recognizer.recognize(asked.body, person)
    return 202, context(asked.body)


def _send(leg: Leg, asked: RestRequest) -> Reply:
    """Sound tones to somebody: 202, the result in a callback."""
    person, tones = present(leg, asked.body), asked.body.get("tones") or ()
    if not 0 < len(tones) <= _MOST_TONES or not all(map(is_tone, tones)):
        raise bad_field("Tones")
    _make_way(leg, asked, excluded=True)
    leg.player.send(asked.body, person)
    return 202, context(asked.body)


def _cancel(leg: Leg, asked: RestRequest) -> Reply:
    """Cancel all prompts and recognitions: 202, the results in callbacks."""
    check_established(leg)
    leg.player.cancel()
    return 202, context(asked.body)


def _make_way(leg: Leg, asked: RestRequest, *, excluded: bool) -> None:
    """Cancel what runs, if that is asked; refuse what may not run beside it."""
    if asked.body.get("interruptCallMediaOperation"):
        leg.player.cancel()
    elif excluded and leg.player.excludes:
        raise Refused(412, "8583", "Another media operation is in progress.")


PROMPT_OPERATIONS: dict[str, Operation] = {
    "POST callConnections/*:play": _play,
    "POST callConnections/*:recognize": _recognize,
    "POST callConnections/*:sendDtmfTones": _send,
    "POST callConnections/*:cancelAllMediaOperations": _cancel,
}
"""By method and path, with an asterisk for each id."""
