"""From what is new in the conversation to what the model does about it."""

import re
from collections.abc import Sequence
from dataclasses import replace
from random import Random

from bridge.lab.voicelive.brain import Brain, Thought
from bridge.lab.voicelive.conversation import Conversation
from bridge.lab.voicelive.request import language
from bridge.lab.voicelive.wire import Json

_GREETINGS = {"de": "Guten Tag, wie kann ich Ihnen helfen?"}
_NO_ANSWERS = {"de": "Ich bin ein Platzhalter und habe darauf keine Antwort."}
_GREETING = "Hello, how can I help you?"
_NO_ANSWER = "I am a stand-in, and I have no answer to that."
_RESUMES = {"de": "Wo waren wir stehen geblieben?"}
_RESUME = "Where were we?"
_QUOTED = re.compile(r"[\"“„«]([^\"“”„«»]+)[\"”“»]")


def consider(
    news: Sequence[Json], conversation: Conversation, brain: Brain, settings: Json
) -> Thought:
    """What the model does: answers tools first, then the caller, else says what it is told to say.

    Told nothing in so many words, it greets; or takes a conversation up that has begun already.
    """
    thought = _thought(news, conversation, brain, settings)
    if thought.say or thought.calls:
        calls = thought.calls if settings.get("parallel_tool_calls", True) else thought.calls[:1]
        return replace(thought, calls=calls)
    was_asked = any(item.get("role") != "system" for item in news)
    return Thought(_no_answer(settings) if was_asked else _resume(settings))


def tell(settings: Json, own_words: Sequence[str], dice: Random) -> Thought:
    """What the model says because its instructions tell it to: a quotation, or its own words."""
    if quoted := _QUOTED.search(settings["instructions"]):
        return Thought(quoted.group(1))
    return Thought(dice.choice(own_words) if own_words else _no_answer(settings))


def _thought(
    news: Sequence[Json], conversation: Conversation, brain: Brain, settings: Json
) -> Thought:
    functions = [tool for tool in settings["tools"] if tool.get("type") == "function"]
    tools = [] if settings["tool_choice"] == "none" else functions
    outputs = [
        (conversation.called(item["call_id"]), str(item["output"]))
        for item in news
        if item["type"] == "function_call_output"
    ]
    if outputs:
        return brain.answer(outputs, tools, settings["instructions"])
    told = _text(news, "system")
    was_asked = any(item.get("role") == "user" for item in news)
    if not was_asked and (quoted := _QUOTED.search(told)):
        return Thought(quoted.group(1))
    if was_asked or conversation.has_caller() or (told and conversation.has_agent()):
        return brain.turn(_text(news, "user"), tools, settings["instructions"])
    return Thought(_GREETINGS.get(language(settings)[:2], _GREETING))


def _no_answer(settings: Json) -> str:
    return _NO_ANSWERS.get(language(settings)[:2], _NO_ANSWER)


def _resume(settings: Json) -> str:
    return _RESUMES.get(language(settings)[:2], _RESUME)


def words_in(news: Sequence[Json]) -> int:
    """Words in all of it."""
    return sum(len(_text(news, role).split()) for role in ("user", "system"))


def _text(news: Sequence[Json], role: str) -> str:
    return " ".join(
        part.get("transcript") or part.get("text") or ""
        for item in news
        if item.get("role") == role
        for part in item["content"]
    )
