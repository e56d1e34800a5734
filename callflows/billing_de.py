"""Rechnungsauskunft der Stadtwerke, auf Deutsch."""

import asyncio
from typing import Annotated

from bridge import Callflow, LlmInterim, ToolError, Transfer, Trigger

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


@flow.tool
async def mitarbeiter_verbinden() -> Transfer:
    """Den Anrufer mit einem Mitarbeiter oder einer Person verbinden."""
    return Transfer("+493023125199", say="Ich verbinde Sie mit einer Kollegin.")
