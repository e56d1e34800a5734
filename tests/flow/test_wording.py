"""Interim lines are spoken before anybody knows: they claim nothing and tell nothing."""

from functools import partial
from typing import Annotated, Any

import pytest

from bridge import Callflow, HangUp, LlmInterim, Say, StaticInterim, Transfer
from bridge.flow.wording import doubts
from callflows import billing_de, clinic, order_status


def line(language: str, **more: Any) -> Callflow:
    """A telephone line with a voice of that language."""
    return Callflow(number="+18005550100", voice=f"{language}-XX-AnyNeural", **more)


def doubts_about(language: str, text: str) -> list[str]:
    """What is doubted about the only interim line of a flow."""
    return list(doubts(line(language, interim=StaticInterim(texts=(text,)))))


INNOCENT = {
    "en": """I'll be right with you.
        Let me confirm that for you.
        Let me get that booked for you.
        Your order is being cancelled.
        Let me see whether that is done.
        I'm looking at the rooms you have booked.
        I'm looking up the seats that are reserved.
        It hasn't been found yet.
        I'm almost done.
        Thanks a million, this may take a minute.""",
    "de": """Einen Augenblick, ich sehe nach.
        Ich bin gleich wieder bei Ihnen.
        Ich habe das noch nicht gefunden.
        Das haben wir gleich erledigt.
        Ich sehe nach, ob es gebucht ist.
        Ihre Bestellung wird storniert.
        Tausend Dank für Ihre Geduld.
        Ich öffne gerade Ihr Office Konto.""",
    "fr": """Un instant, je vérifie cela pour vous.
        Je regarde si c'est fait.
        Ce n'est pas encore confirmé.
        Cet appel est enregistré.""",
    "es": """Un momento, por favor.
        Estoy viendo si está confirmado.
        Mil gracias por su paciencia.
        De hecho, lo estoy mirando.""",
    "it": "Un momento, per favore.",
    "nl": "Een ogenblik, ik controleer dat.",
    "pl": "Chwileczkę, sprawdzam ten numer.",
}


@pytest.mark.parametrize(
    ("language", "text"),
    [(key, text.strip()) for key, texts in INNOCENT.items() for text in texts.splitlines()],
)
def test_a_line_that_only_asks_for_patience_is_not_doubted(language: str, text: str) -> None:
    assert doubts_about(language, text) == []


@pytest.mark.parametrize("flow", [billing_de.flow, clinic.flow, order_status.flow])
def test_our_own_call_flows_raise_no_doubts(flow: Callflow) -> None:
    assert list(doubts(flow)) == []


def test_a_flow_that_covers_no_waits_raises_no_doubts() -> None:
    assert list(doubts(line("de", greeting="Hello there, how may I help you?"))) == []


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "All done!"),
        ("en", "Okay, it’s booked for you."),  # noqa: RUF001 - as word processors write it
        ("en", "I have found your order."),
        ("en", "Your order has been cancelled."),
        ("en", "One moment, you're all set."),
        ("en", "Good news, one moment please."),
        ("de", "Erledigt."),
        ("de", "Ich habe Ihre Bestellung gefunden."),
        ("de", "Moment, Ihr Termin ist bestätigt."),
        ("de", "All done!"),
        ("fr", "C’est fait !"),  # noqa: RUF001 - as word processors write it
        ("fr", "J'ai trouvé votre dossier."),
        ("fr", "Votre commande a bien été annulée."),
        ("es", "¡Listo!"),
        ("es", "He encontrado su pedido."),
        ("es", "Su cita ya está confirmada."),
    ],
)
def test_a_line_that_claims_a_result_is_doubted(language: str, text: str) -> None:
    (doubt,) = doubts_about(language, text)
    assert doubt.startswith(f'"{text}" claims that something is done')


@pytest.mark.parametrize(
    ("language", "text", "data"),
    [
        ("en", "I am looking at order 4271.", "4271"),
        ("en", "I will be back in two minutes.", "two"),
        ("en", "That will be $12.50, one moment.", "$12.50"),
        ("en", "I am looking at Friday.", "Friday"),
        ("de", "Ich bin in zwei Minuten wieder da.", "zwei"),
        ("de", "Ich sehe im März nach.", "März"),
        ("de", "Please give me ten seconds for that.", "ten"),
        ("fr", "Je reviens dans cinq minutes.", "cinq"),
        ("es", "Vuelvo en tres minutos.", "tres"),
        ("pl", "Wracam za 2 minuty.", "2"),
    ],
)
def test_a_line_that_carries_data_is_doubted(language: str, text: str, data: str) -> None:
    assert any(
        doubt.startswith(f'"{text}" says "{data}" before anybody knows')
        for doubt in doubts_about(language, text)
    )


def test_a_line_of_more_than_twelve_words_is_doubted() -> None:
    twelve = "I am still looking for that and will be with you shortly"
    assert doubts_about("en", twelve) == []
    (doubt,) = doubts_about("en", f"{twelve} again")
    assert "has 13 words" in doubt


@pytest.mark.parametrize(
    ("language", "text", "doubted"),
    [
        ("de", "Let me look that up for you.", "English, and the flow speaks German"),
        ("it", "I am looking at the calendar.", "English, and the flow speaks Italian"),
        ("en", "Ich bin gleich wieder bei Ihnen.", "German, and the flow speaks English"),
        ("nl", "Ich suche das für Sie heraus.", "German, and the flow speaks Dutch"),
        ("de", "Je vérifie cela pour vous.", "French, and the flow speaks German"),
        ("fr", "Estoy buscando su pedido.", "Spanish, and the flow speaks French"),
        ("en", "Sto cercando il suo ordine.", "Italian, and the flow speaks English"),
        ("de", "Ik kijk het even voor u na.", "Dutch, and the flow speaks German"),
    ],
)
def test_a_line_in_another_language_than_the_flow_is_doubted(
    language: str, text: str, doubted: str
) -> None:
    (doubt,) = doubts_about(language, text)
    assert f'"{text}" sounds like {doubted}; say it in ' in doubt


def test_nothing_is_said_about_a_language_that_cannot_be_judged() -> None:
    assert doubts_about("pl", "Let me look that up for you.") == []
    assert doubts_about("de", "Okay, one sec.") == []


def test_a_voice_of_many_languages_speaks_that_of_the_greeting() -> None:
    interim = StaticInterim(texts=("Ich bin gleich wieder da.", "Let me look that up for you."))
    greeting = "Guten Tag, was kann ich für Sie tun?"
    (doubt,) = doubts(line("en", greeting=greeting, interim=interim))
    assert '"Let me look that up for you." sounds like English' in doubt


@pytest.mark.parametrize("end", [HangUp, partial(Transfer, "+18005550199")])
def test_words_that_give_up_the_wait_need_only_be_in_the_flows_language(end: Any) -> None:
    def given_up(text: str) -> list[str]:
        steps = (end(say=text, after_ms=9_000),)
        return list(doubts(line("en", interim=StaticInterim(texts=("Hm.",), then=steps))))

    assert given_up("I have found a colleague who calls you back within 24 hours.") == []
    (doubt,) = given_up("Ich verbinde Sie mit einer Kollegin.")
    assert "sounds like German" in doubt


def test_later_lines_and_those_of_tools_are_doubted_once_and_may_repeat_what_the_caller_said() -> (
    None
):
    steps = (Say("All done!", after_ms=6_000),)
    flow = line("en", interim=StaticInterim(texts=("One moment.",), then=steps))

    @flow.tool(interim="Checking order {order_number}.")
    async def look_up(order_number: Annotated[str, "Four digits"]) -> str:
        """Look up an order."""
        return order_number

    @flow.tool(interim="Order {order_number} has been cancelled.")
    async def cancel(order_number: Annotated[str, "Four digits"]) -> str:
        """Cancel an order."""
        return order_number

    assert [doubt.partition(" claims")[0] for doubt in doubts(flow)] == [
        '"All done!"',
        '"Order {order_number} has been cancelled."',
    ]


@pytest.mark.parametrize(("language", "named"), [("de", "German"), ("pl", "pl-XX")])
def test_lines_made_up_without_instructions_may_come_in_english(language: str, named: str) -> None:
    (doubt,) = doubts(line(language, interim=LlmInterim()))
    assert f"may make up an English line, and the flow speaks {named};" in doubt
    assert list(doubts(line(language, interim=LlmInterim(instructions="Kurz.")))) == []
    assert list(doubts(line("en", interim=LlmInterim()))) == []
