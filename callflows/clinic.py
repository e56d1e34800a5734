"""Appointment line of a clinic, led by a Foundry agent with its own tools."""

from bridge import Agent, Callflow, Hours, Limits, StaticInterim, Trigger, Voicemail

flow = Callflow(
    number="+442079460100",
    greeting="Riverside Clinic, good morning. Would you like to make an appointment?",
    agent=Agent(name="clinic-appointments", project="riverside"),
    voice="en-GB-SoniaNeural",
    interim=StaticInterim(
        texts=("I am looking at the calendar.", "Bear with me a second."),
        triggers=(Trigger.TOOL, Trigger.LATENCY),
        latency_threshold_ms=1_000,
    ),
    limits=Limits(
        longest_s=900,
        calls_per_hour=6,
        refusal="You have called us several times this hour. Please try again later.",
    ),
    hours=Hours(
        zone="Europe/London",
        week={"mon-fri": "08:00-18:30", "sat": "09:00-12:00"},
        holidays="GB-ENG",
        closed=Voicemail("The clinic is closed. Please leave a message after the tone."),
    ),
    operators=("greeting", "interim.texts", "hours", "limits.blocked", "limits.refusal"),
)
