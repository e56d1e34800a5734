"""Which flow answers which number. One that cannot be loaded stops the service: loudly, early."""

import importlib
import importlib.util
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType

from bridge.flow.callflow import Callflow
from bridge.flow.errors import FlowError
from bridge.flow.prompts import sounds
from bridge.service.prompts import SPOILT, read_wav

FINEST_HZ = 24_000
"""The highest rate at which a sound may be played."""


class Flows:
    """All call flows of the service, by module name and by number, as they are at one time."""

    def __init__(
        self,
        by_name: Mapping[str, Callflow],
        folder: Path = Path(),
        answering: Mapping[str, tuple[str, Callflow]] | None = None,
        *,
        source: str | None = None,
    ) -> None:
        """Put them together.

        Args:
            by_name: each flow as its module, and operators for its number, have it.
            folder: where their sounds are.
            source: what they were loaded from, and can be again.
            answering: further numbers, each with a flow's name and what operators made of it; these
                go before the numbers that modules name.
        """
        self.by_name = by_name
        self.folder = folder
        self.source = source
        self.by_number: dict[str, tuple[str, Callflow]] = {}
        """Who answers, by its name and as it is for this number."""
        for name, flow in by_name.items():
            if other := self.by_number.get(flow.number):
                other_name = other[0]
                raise FlowError(
                    f"{name} and {other_name} both answer {flow.number}; give one another."
                )
            self.by_number[flow.number] = name, flow
        self.by_number |= answering or {}

    def serving(self, answering: Mapping[str, tuple[str, Callflow]]) -> "Flows":
        """The same flows, and these numbers as operators have them."""
        by_name = dict(self.by_name)
        for number, (name, flow) in answering.items():
            if self.by_name[name].number == number:
                by_name[name] = flow
        return Flows(by_name, self.folder, answering, source=self.source)

    @property
    def all(self) -> list[tuple[str, Callflow]]:
        """Every flow with its name; one that operators changed for other numbers more than once."""
        named = [*self.by_name.items(), *self.by_number.values()]
        return list({id(flow): (name, flow) for name, flow in named}.values())

    @property
    def led_by_agents(self) -> list[str]:
        """Names of the flows that Foundry agents lead."""
        return [name for name, flow in self.by_name.items() if flow.agent]

    def answering(self, number: str) -> Callflow | None:
        """The flow of a number, or None: there is no default."""
        return self.by_number[number][1] if number in self.by_number else None

    def name_at(self, number: str) -> str | None:
        """The name of the flow that answers a number, or None."""
        return self.by_number[number][0] if number in self.by_number else None

    def name_of(self, flow: Callflow) -> str | None:
        """The name of the module that holds this flow; None if it is not one of these."""
        return next((name for name, known in self.all if known is flow), None)

    def named(self, name: str) -> Callflow:
        """The flow in the module `name`.

        Raises:
            FlowError: there is none.
        """
        if name not in self.by_name:
            raise FlowError(f"There is no call flow {name!r}; there are {', '.join(self.by_name)}.")
        return self.by_name[name]


def load_flows(source: str) -> Flows:
    """Import every public module of a package or folder, and take its `flow`.

    Raises:
        FlowError: nothing there, a module that fails or has no `flow`, two with one number, a sound
            that cannot be played, or hours that name a flow which cannot answer.
    """
    package, folder = package_of(source)
    flows = {}
    for name, module in _modules(package, folder):
        flows[name.rpartition(".")[2]] = flow = _flow(module)
        for file in sounds(flow):
            check_sound(folder / file, name)
    if not flows:
        raise FlowError(f"{source} holds no call flow; add a module with `flow = Callflow(...)`.")
    for name, flow in flows.items():
        check_closed(name, flow, flows)
    return Flows(flows, folder, source=source)


def check_closed(name: str, flow: Callflow, flows: Mapping[str, Callflow]) -> None:
    """See that the flow which answers when this one is closed is there, and names no other.

    Raises:
        FlowError: it is not, or does.
    """
    other = _answers_when_closed(flow)
    if other is None:
        return
    if other not in flows:
        raise FlowError(
            f"{name}: when closed, {other!r} is to answer, and there is no such call flow; there "
            f"are {', '.join(flows)}."
        )
    if third := _answers_when_closed(flows[other]):
        raise FlowError(
            f"{name}: when closed, {other} is to answer, which leaves it to {third} in turn; give "
            f"the hours of {other} a closed=HangUp(...), Transfer(...) or Voicemail(...)."
        )


def _answers_when_closed(flow: Callflow) -> str | None:
    closed = flow.hours.closed if flow.hours else None
    return closed if isinstance(closed, str) else None


def check_sound(path: Path, flow: str | None = None) -> None:
    """See that a file can be played; `flow` names who plays it.

    Raises:
        FlowError: it cannot.
    """
    whose = f"{flow}: " if flow else ""
    try:
        read_wav(path, FINEST_HZ)
    except FileNotFoundError as error:
        raise FlowError(f"{whose}there is no file {path} to play.") from error
    except (OSError, *SPOILT) as error:
        raise FlowError(
            f"{whose}{path} cannot be played; make it PCM16, one channel, 24 kHz, for instance by "
            f"`ffmpeg -i {path.name} -ac 1 -ar 24000 -c:a pcm_s16le new.wav`."
        ) from error


def _flow(module: ModuleType) -> Callflow:
    flow = getattr(module, "flow", None)
    if not isinstance(flow, Callflow):
        raise FlowError(
            f"{module.__name__} has no `flow = Callflow(...)`; a helper's name begins with _."
        )
    return flow


def package_of(source: str) -> tuple[str, Path]:
    """Name and folder of the package that a folder is, or that has this name.

    Raises:
        FlowError: it is neither.
    """
    folder = Path(source).resolve()
    if folder.is_dir():
        if str(folder.parent) not in sys.path:
            sys.path.insert(0, str(folder.parent))
        return folder.name, folder
    found = importlib.util.find_spec(source)
    if not found or not found.submodule_search_locations:
        raise FlowError(f"INTERLUDE_FLOWS={source} is neither a folder nor a package.")
    return source, Path(next(iter(found.submodule_search_locations)))


def _modules(package: str, folder: Path) -> Iterator[tuple[str, ModuleType]]:
    for path in sorted(folder.glob("[!_]*.py")):
        name = f"{package}.{path.stem}"
        try:
            yield name, importlib.import_module(name)
        except FlowError as error:
            raise FlowError(f"{name}: {error}") from error
        except (Exception, SystemExit) as error:
            raise FlowError(
                f"{name} cannot be imported: {type(error).__name__}: {error}"
            ) from error
