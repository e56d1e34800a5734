"""How a tool may end the conversation."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from bridge.flow.errors import FlowError
from bridge.flow.numbers import is_e164

RAW_ID = re.compile(r"(8:(orgid|acs|dod|gcch):|28:orgid:)[0-9A-Za-z_-]+")
_SIP_HEADER = re.compile(r"User-To-User|X-MS-Custom-[A-Za-z0-9-]+", re.IGNORECASE)
_LONGEST_SIP_VALUE = 256


@dataclass(frozen=True)
class HangUp:
    """Speak `say`, let the caller hear it to its end, then hang up.

    Returned by a tool; or a step of an interim response, `after_ms` into the wait.
    """

    say: str | None = None
    after_ms: int | None = None


@dataclass(frozen=True)
class Transfer:
    """Speak `say`, let the caller hear it, then connect the caller to `to`.

    Returned by a tool; or a step of an interim response, `after_ms` into the wait. If the transfer
    fails, the conversation goes on.

    Args:
        to: a telephone number in E.164 form, `+18005550199`; or the identifier of a Teams user,
            `8:orgid:` and the object id, or of an ACS user, `8:acs:…`. SIP trunks of ACS (direct
            routing) are reached by number.
        say: what the agent announces first.
        after_ms: for a step, when.
        brief: what a colleague at `to` hears first, while the caller hears `music`; who then
            presses 1 takes the call. Else the agent takes the caller back. Without it the caller is
            transferred at once, and whatever answers has the call: an answering machine, too.
        music: a WAV file for that time; its path begins at the folder of flows.
        headers: SIP headers that tell the other side what the call is about: `User-To-User` and
            `X-MS-Custom-…`, up to 256 characters each.
    """

    to: str
    say: str | None = None
    after_ms: int | None = None
    brief: str | None = None
    music: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if self.to.lower().startswith("sip:"):
            raise FlowError(
                f"Transfer({self.to!r}): ACS reaches a SIP trunk by a number that direct routing "
                "sends there, like '+18005550199'."
            )
        if not is_e164(self.to) and not RAW_ID.fullmatch(self.to):
            raise FlowError(
                f"Transfer({self.to!r}) needs a number in international form, like '+18005550199', "
                "or the identifier of a Teams user, like '8:orgid:…'."
            )
        if bool(self.brief) != bool(self.music):
            raise FlowError(
                f"Transfer({self.to!r}): a colleague who hears brief=... first needs music=... for "
                "the caller, and music needs a brief."
            )
        for name, value in self.headers.items():
            if not _SIP_HEADER.fullmatch(name):
                raise FlowError(
                    f"Transfer({self.to!r}): ACS passes on the SIP headers User-To-User and "
                    f"X-MS-Custom-..., not {name!r}."
                )
            if len(value) > _LONGEST_SIP_VALUE or not value.isascii() or not value.isprintable():
                raise FlowError(
                    f"Transfer({self.to!r}): the header {name} needs plain ASCII, at most "
                    f"{_LONGEST_SIP_VALUE} characters."
                )


@dataclass(frozen=True)
class Voicemail:
    """Speak `say`, beep, and record what the caller says, until they hang up or press #.

    Args:
        say: what the caller hears first: that they may leave a message, and that it is recorded.
        longest_s: the line hangs up after so many seconds of message.
    """

    say: str
    longest_s: float = 120

    def __post_init__(self) -> None:
        if not self.say.strip():
            raise FlowError("Voicemail needs words: that a message is recorded.")
        if self.longest_s <= 0:
            raise FlowError("Voicemail(longest_s=...) must be above 0.")
