"""Appointment line of a clinic, led by a Foundry agent with its own tools."""

from bridge import Agent, Callflow, StaticInterim, Trigger

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
    longest_call_s=900,
)
