"""The call, as a tool sees it."""

from dataclasses import dataclass, field
from typing import Literal, Protocol, overload

from bridge.flow.digits import Entry, NoDigits, Secret


class Ear(Protocol):
    """Where a tool's words to the caller go, and where the caller's keys come from."""

    def progress(self, text: str) -> None:
        """Take in a line about how far a tool is."""
        ...

    async def digits(self, entry: Entry) -> str | Secret:
        """Ask the caller for digits."""
        ...


@dataclass(frozen=True)
class Call:
    """Who called whom. Its `repr`, and so a log line, never shows a telephone number.

    Made without `ear`, as in a test of a tool, it says nothing to anybody, and nobody enters
    anything.
    """

    id: str
    """Interlude's own name for the call, on every log line."""
    caller: str = field(repr=False)
    """Number of the caller in E.164 form; `anonymous` when withheld; else the carrier's id."""
    dialled: str = field(repr=False)
    """Number of the line, in E.164 form."""
    correlation_id: str
    """Azure's name for the call, for questions to Microsoft's support."""
    ear: Ear | None = field(default=None, repr=False, compare=False)

    async def progress(self, text: str) -> None:
        """Tell the caller how far a tool is, while it runs; returns at once.

        The line is spoken as soon as nothing else sounds, in place of the first line of an interim
        response if that has not been spoken yet, and only while the tool still runs. The model does
        not learn of it.
        """
        if self.ear:
            self.ear.progress(text)

    @overload
    async def digits(
        self,
        prompt: str | None = None,
        *,
        max_digits: int,
        terminator: str | None = ...,
        gap_ms: int = ...,
        total_ms: int = ...,
        secret: Literal[False] = ...,
        retries: int = ...,
        speech: bool = ...,
    ) -> str: ...
    @overload
    async def digits(
        self,
        prompt: str | None = None,
        *,
        max_digits: int,
        terminator: str | None = ...,
        gap_ms: int = ...,
        total_ms: int = ...,
        secret: Literal[True],
        retries: int = ...,
    ) -> Secret: ...

    async def digits(
        self,
        prompt: str | None = None,
        *,
        max_digits: int,
        terminator: str | None = "#",
        gap_ms: int = 4_000,
        total_ms: int = 30_000,
        secret: bool = False,
        retries: int = 1,
        speech: bool = False,
    ) -> str | Secret:
        """Have the caller enter digits by keys, and wait for them.

        Whatever covers waits is silent meanwhile, the tool's time stands still, and the model hears
        nothing of the caller. With `secret`, the digits reach the tool alone: no model, transcript,
        record, log or recording has them, and of what the tool returns they are cut out.

        Args:
            prompt: said first; the first key cuts it short.
            max_digits: so many complete the entry.
            terminator: the key that completes it, too; None for none. `*` begins it anew, unless it
                is the terminator.
            gap_ms: after a key, a longer pause completes the entry.
            total_ms: from the end of the prompt, for all of it.
            secret: hand the digits over as a `Secret`.
            retries: how often the prompt is said again when nothing was entered.
            speech: the caller may answer in words instead, which are returned as they were
                understood. Whatever begins first, a key or a word, is taken; the other is ignored.

        Raises:
            NoDigits: nothing was entered; not caught, the model is told so.
        """
        entry = Entry(prompt, max_digits, terminator, gap_ms, total_ms, secret, retries, speech)
        if self.ear is None:
            raise NoDigits
        return await self.ear.digits(entry)
