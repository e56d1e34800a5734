"""Rechnungsauskunft der Stadtwerke, auf Deutsch."""

import asyncio
from typing import Annotated

from bridge import (
    Call,
    Callflow,
    HangUp,
    Hours,
    LlmInterim,
    Recording,
    Silence,
    ToolError,
    Transfer,
    Trigger,
)

flow = Callflow(
    number="+493023125100",
    greeting="Stadtwerke Musterstadt, guten Tag. Worum geht es?",
    instructions=(
        "Du gibst Auskunft über Rechnungen der Stadtwerke Musterstadt. Antworte auf Deutsch, in "
        "höchstens zwei Sätzen. Nenne nur Beträge, die du abgefragt hast."
    ),
    model="gpt-4.1",
    voice="de-DE-Seraphina:DragonHDLatestNeural",
    interim=LlmInterim(
        instructions="Ein kurzer Satz auf Deutsch, der um etwas Geduld bittet. Keine Zusagen.",
        triggers=(Trigger.TOOL, Trigger.LATENCY),
        latency_threshold_ms=800,
    ),
    silence=Silence(
        after_ms=7_000,
        reprompts=("Sind Sie noch da?", "Ich höre Sie leider nicht."),
        then=HangUp(say="Ich lege jetzt auf. Auf Wiederhören."),
    ),
    recording=Recording(consent="Dieses Gespräch wird aufgezeichnet."),
    hours=Hours(
        zone="Europe/Berlin",
        week={"mon-thu": "08:00-18:00", "fri": "08:00-14:00"},
        holidays="DE-BE",
        special={"2026-12-24": "closed", "2026-12-31": "08:00-12:00"},
        closed=HangUp(say="Sie erreichen uns montags bis donnerstags von acht bis achtzehn Uhr."),
    ),
    operators=("greeting", "interim", "silence", "hours", "fallback", "keypad", "limits"),
)

_RECHNUNGEN = {"5508": "84 Euro und 20 Cent, fällig am ersten Dezember", "7731": "beglichen"}


@flow.tool
async def rechnung_abfragen(
    kundennummer: Annotated[str, "Kundennummer, vier Ziffern"],
) -> dict[str, str]:
    """Den Stand der letzten Rechnung zu einer Kundennummer abfragen."""
    await asyncio.sleep(3)
    if kundennummer not in _RECHNUNGEN:
        raise ToolError(f"Zur Kundennummer {' '.join(kundennummer)} gibt es keine Rechnung.")
    return {"die letzte Rechnung": _RECHNUNGEN[kundennummer]}


@flow.tool(effect="write")
async def zaehlerstand_melden(
    zaehlernummer: Annotated[str, "Zählernummer, vier Ziffern"],
    stand: Annotated[int, "Abgelesener Stand in Kilowattstunden"],
) -> dict[str, str]:
    """Einen abgelesenen Zählerstand melden."""
    await asyncio.sleep(2)
    return {"gemeldet": f"Zähler {' '.join(zaehlernummer)}, {stand} Kilowattstunden"}


@flow.tool(interim=None)
async def bankverbindung_bestaetigen(call: Call) -> str:
    """Die Bankverbindung mit der Geheimzahl des Kunden bestätigen."""
    geheimzahl = await call.digits(
        "Bitte geben Sie Ihre Geheimzahl über die Tasten ein.", max_digits=4, secret=True
    )
    if geheimzahl.reveal() != "4711":
        raise ToolError("Die Geheimzahl stimmt nicht.")
    return "Die Bankverbindung ist bestätigt."


@flow.tool
async def mitarbeiter_verbinden() -> Transfer:
    """Den Anrufer mit einem Mitarbeiter oder einer Person verbinden."""
    return Transfer("+493023125199", say="Ich verbinde Sie mit einer Kollegin.")
