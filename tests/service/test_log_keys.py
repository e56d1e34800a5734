"""Every key of a log line, and every label of a figure, is declared: this reads all the code."""

import ast
import inspect
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

import bridge
from bridge.call.record import Record
from bridge.service import call_figures, capacity_figures, metrics, model_figures
from bridge.service.numbers import figures
from bridge.service.privacy import NUMBERS, PLAIN, WORDS

OURS = Path(bridge.__file__).parent
LOGS = {
    *("debug", "info", "warning", "warn", "error", "exception", "critical", "fatal", "log", "msg"),
    *("bind", "new", "bound_contextvars", "bind_contextvars"),
}
OF_EVERY_LINE = {"event", "level", "logger", "timestamp", "exception", "stack"}
OF_STRUCTLOG = {"exc_info", "stack_info"}
CONVENTIONAL = {
    *("error.type", "gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model"),
    "gen_ai.token.type",
}
"""Labels of OpenTelemetry's; what models are called is said by the authors of call flows."""
PERSONAL = {"caller", "dialled", "to", "text", "arguments", "output", "pcm", "said", "brief"}
"""Attributes and names that hold numbers and words."""
SECRET = {"context", "token", "secret", "headers", "body", "reveal", "get_secret_value", "url"}


class LogCall:
    """A place in the code that writes a log line, or a part of one."""

    def __init__(self, where: str, call: ast.Call, names: dict[str, str]) -> None:
        self.where = f"{where}:{call.lineno}"
        self._call = call
        self._names = names
        """Names in reach, and how they are annotated."""

    @property
    def events(self) -> list[ast.expr]:
        return self._call.args

    @property
    def values(self) -> dict[str, ast.expr]:
        return {word.arg: word.value for word in self._call.keywords if word.arg}

    def every_key(self) -> Iterator[str]:
        yield from self.values
        for word in self._call.keywords:
            if word.arg is None:
                yield from keys_of(self._dataclass(word.value))

    def _dataclass(self, value: ast.expr) -> Any:
        match value:
            case ast.Call(func=ast.Name("asdict"), args=[ast.Name(name)]):
                return {"Record": Record}[self._names[name]]
        raise AssertionError(f"{self.where}: name the keys of **{ast.unparse(value)}")


def keys_of(kind: Any) -> Iterator[str]:
    """Names of the fields of a dataclass, and of the dataclasses within."""
    if is_dataclass(kind):
        for field in fields(kind):
            yield field.name
        for hint in get_type_hints(kind).values():
            yield from keys_of(hint)
    for part in get_args(kind):
        yield from keys_of(part)


def found(where: str, tree: ast.AST) -> Iterator[LogCall]:
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        match node:
            case ast.arg(name, ast.Name(kind)):
                names[name] = kind
            case ast.Call(func=ast.Attribute(attr=name) | ast.Name(name)) if name in LOGS:
                if node.args or node.keywords:  # task.exception() logs nothing
                    yield LogCall(where, node, names)


@cache
def log_calls() -> list[LogCall]:
    """Of all modules but the doctor's, which log nothing and call their findings warnings."""
    files = sorted(set(OURS.rglob("*.py")) - set(OURS.glob("doctor/*.py")))
    trees = [(str(path.relative_to(OURS)), ast.parse(path.read_text())) for path in files]
    return [call for where, tree in trees for call in found(where, tree)]


def test_every_key_of_every_log_call_is_declared() -> None:
    used = {key: call.where for call in log_calls() for key in call.every_key()}
    assert len(log_calls()) > 90
    declared = PLAIN | NUMBERS | WORDS
    undeclared = {key: used[key] for key in used.keys() - declared - OF_STRUCTLOG}
    assert not undeclared, "declare these in bridge/service/privacy.py"
    assert declared - used.keys() == OF_EVERY_LINE, "nobody uses the others"


def test_no_key_is_declared_twice() -> None:
    assert not PLAIN & NUMBERS
    assert not PLAIN & WORDS
    assert not NUMBERS & WORDS


def test_what_happened_is_told_in_words_that_are_always_the_same() -> None:
    for call in log_calls():
        assert all(isinstance(event, ast.Constant) for event in call.events), call.where


def test_personal_values_are_only_logged_under_personal_keys_and_secrets_under_none() -> None:
    for call in log_calls():
        for key, value in call.values.items():
            named = {
                getattr(node, "attr", None) or getattr(node, "id", None) for node in ast.walk(value)
            }
            assert not named & SECRET, call.where
            assert key in NUMBERS | WORDS or not named & PERSONAL, call.where


@pytest.mark.parametrize(
    "line",
    [
        'log.info("x", caller_number=1)',
        'told.bind(call_id="1", caller_number=2)',
        'with bound_contextvars(caller_number="+1"): pass',
    ],
)
def test_a_key_that_is_not_declared_is_found(line: str) -> None:
    (call,) = found("x.py", ast.parse(line))
    assert "caller_number" in set(call.every_key())


def test_keys_that_nobody_can_follow_are_refused() -> None:
    (call,) = found("x.py", ast.parse('log.info("x", **everything)'))
    with pytest.raises(AssertionError, match="name the keys"):
        list(call.every_key())


def test_a_record_is_looked_through() -> None:
    assert {"tools", "outcome", "dead_air_ms", "heard_ms", "reason"} <= set(keys_of(Record))


def test_every_label_of_every_figure_is_declared_and_not_personal() -> None:
    trees = [
        ast.parse(inspect.getsource(each))
        for each in (metrics, call_figures, capacity_figures, figures, model_figures)
    ]
    bodies = [
        node
        for tree in trees
        for node in tree.body
        if isinstance(node, ast.ClassDef | ast.FunctionDef)
    ]
    labels = {
        ast.literal_eval(key)
        for body in bodies
        for node in ast.walk(body)
        if isinstance(node, ast.Dict)
        for key in node.keys
        if key
    }
    assert labels >= {"flow", "tool", "outcome"}
    assert {label for label in labels if label.startswith(("gen_ai.", "error."))} == CONVENTIONAL
    assert {label for label in labels - PLAIN if "." not in label} == set(), "figures have a dot"
    measuring = [
        path.name
        for path in OURS.rglob("*.py")
        if "opentelemetry.metrics" in path.read_text() or "prometheus_client" in path.read_text()
    ]
    assert sorted(measuring) == [
        "call_figures.py",
        "capacity_figures.py",
        "figures.py",
        "metrics.py",
        "model_figures.py",
    ], "the rest is looked through"
