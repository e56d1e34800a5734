"""Models and voices of Azure Voice Live, as far as a flow must know them to be refused early."""

from enum import StrEnum

OPENAI_VOICES = frozenset(
    ("alloy", "ash", "ballad", "cedar", "coral", "echo", "marin", "sage", "shimmer", "verse")
)
"""Names that Voice Live knows as voices of type `openai`; all others are Azure voices."""


class Pipeline(StrEnum):
    """Who turns speech into an answer."""

    CASCADE = "cascade"
    """Speech to text, a text model, text to speech."""
    REALTIME = "realtime"
    """One model from speech to speech."""
    AGENT = "agent"
    """A Foundry agent, with its own instructions and tools."""


def pipeline_of(model: str) -> Pipeline:
    """How Voice Live runs `model`: `gpt-realtime*` and `azure-realtime` are speech to speech."""
    realtime = model.startswith(("gpt-realtime", "azure-realtime"))
    return Pipeline.REALTIME if realtime else Pipeline.CASCADE


def locale_of(voice: str | None) -> str | None:
    """BCP-47 tag that an Azure voice's name begins with: `de-DE` of `de-DE-SeraphinaNeural`."""
    parts = voice.split("-") if voice else []
    return "-".join(parts[:2]) if len(parts) > 2 else None  # noqa: PLR2004 - locale and name
