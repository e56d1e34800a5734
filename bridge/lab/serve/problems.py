"""What can go wrong in the control API: a status and a sentence for each."""

import wave

from aiohttp import web
from pydantic import ValidationError

from bridge.lab.acs import CallRefused, DidNotHear, LineDead, NotSubscribed, SubscriptionRefused
from bridge.lab.serve.stage import NotDone

_KNOWN: dict[type[Exception], tuple[int, str]] = {
    CallRefused: (409, "The call was over before there was any sound: {}."),
    LineDead: (409, "The call ended {}."),
    DidNotHear: (409, "The caller did not hear {}."),
    SubscriptionRefused: (409, "The webhook did not pass the handshake: {}."),
    NotSubscribed: (409, "{} PUT /subscription first."),
    ConnectionResetError: (409, "The client of that session has gone."),
    TimeoutError: (409, "It did not come to that in time."),
    wave.Error: (400, "The sound must be a WAV file, PCM16 on one channel: {}."),
    EOFError: (400, "The sound must be a WAV file, PCM16 on one channel."),
    web.HTTPNotFound: (404, "There is nothing here; GET /openapi.json tells what there is."),
    web.HTTPMethodNotAllowed: (405, "That is no method of this path; see /openapi.json."),
    web.HTTPRequestEntityTooLarge: (413, "That is too long."),
}
PROBLEMS: tuple[type[Exception], ...] = (NotDone, ValidationError, *_KNOWN)
"""All that can be said in a sentence."""


def sentence(problem: Exception) -> tuple[int, str]:
    """Return the status and the sentence for one of `PROBLEMS`."""
    if isinstance(problem, NotDone):
        return problem.status, str(problem)
    if isinstance(problem, ValidationError):
        return 400, " ".join(_wrong(problem))
    status, said = next(_KNOWN[kind] for kind in type(problem).__mro__ if kind in _KNOWN)
    return status, said.format(problem)


def _wrong(error: ValidationError) -> list[str]:
    sentences = []
    for problem in error.errors(include_url=False, include_input=False):
        where = ".".join(str(part) for part in problem["loc"])
        sentences.append(f"{where}: {problem['msg']}." if where else f"{problem['msg']}.")
    return sentences
