"""Which flow answers which number. One that cannot be loaded stops the service: loudly, early."""

import importlib
import importlib.util
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType

from bridge.flow.callflow import Callflow
from bridge.flow.errors import FlowError


class Flows:
    """All call flows of the service, by module name and by number."""

    def __init__(self, by_name: Mapping[str, Callflow]) -> None:
        self.by_name = by_name
        self._by_number: dict[str, str] = {}
        for name, flow in by_name.items():
            if other := self._by_number.get(flow.number):
                raise FlowError(f"{name} and {other} both answer {flow.number}; give one another.")
            self._by_number[flow.number] = name

    def answering(self, number: str) -> Callflow | None:
        """The flow of a number, or None: there is no default."""
        name = self._by_number.get(number)
        return self.by_name[name] if name else None

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
        FlowError: nothing there, a module that fails or has no `flow`, or two with one number.
    """
    flows = {name.rpartition(".")[2]: _flow(module) for name, module in _modules(source)}
    if not flows:
        raise FlowError(f"{source} holds no call flow; add a module with `flow = Callflow(...)`.")
    return Flows(flows)


def _flow(module: ModuleType) -> Callflow:
    flow = getattr(module, "flow", None)
    if not isinstance(flow, Callflow):
        raise FlowError(
            f"{module.__name__} has no `flow = Callflow(...)`; a helper's name begins with _."
        )
    return flow


def _modules(source: str) -> Iterator[tuple[str, ModuleType]]:
    folder = Path(source)
    if folder.is_dir():
        package = folder.resolve().name
        sys.path.insert(0, str(folder.resolve().parent))
    else:
        package = source
        found = importlib.util.find_spec(package)
        if not found or not found.submodule_search_locations:
            raise FlowError(f"INTERLUDE_FLOWS={source} is neither a folder nor a package.")
        folder = Path(next(iter(found.submodule_search_locations)))
    for path in sorted(folder.glob("[!_]*.py")):
        name = f"{package}.{path.stem}"
        try:
            yield name, importlib.import_module(name)
        except FlowError as error:
            raise FlowError(f"{name}: {error}") from error
        except Exception as error:
            raise FlowError(
                f"{name} cannot be imported: {type(error).__name__}: {error}"
            ) from error
