"""Loading call flows again while the process runs, from what is on disk by then."""

import hashlib
import importlib
import importlib.util
import sys
from contextlib import suppress
from pathlib import Path

from bridge.service.flows import Flows, load_flows, package_of


def load_fresh(source: str) -> Flows:
    """Import the modules of `source` anew, helpers among them.

    Whoever holds flows of before keeps them, and what their tools refer to. Where it fails, the
    modules of before are back.

    Raises:
        FlowError: as from `load_flows`.
    """
    package, folder = package_of(source)
    before = {name: sys.modules.pop(name) for name in _within(package)}
    importlib.invalidate_caches()
    for path in _files(folder, "*.py"):  # else what was edited within a second may be missed
        with suppress(OSError):  # where nobody may write, nothing was kept either
            Path(importlib.util.cache_from_source(str(path))).unlink(missing_ok=True)
    try:
        return load_flows(source)
    except BaseException:
        for name in _within(package):
            del sys.modules[name]
        sys.modules.update(before)
        raise


def fingerprint(folder: Path) -> str:
    """Stands for the modules and sounds in a folder: alike as long as they are."""
    seen = hashlib.sha256()
    for pattern in ("*.py", "*.wav"):
        for path in _files(folder, pattern):
            seen.update(str(path.relative_to(folder)).encode() + b"\0")
            with suppress(FileNotFoundError):  # it has just gone: what comes is seen next time
                seen.update(hashlib.sha256(path.read_bytes()).digest())
    return seen.hexdigest()[:12]


def _within(package: str) -> list[str]:
    return [name for name in sys.modules if name == package or name.startswith(f"{package}.")]


def _files(folder: Path, pattern: str) -> list[Path]:
    """Those in hidden folders are no part of it: `.venv`, or what a ConfigMap links to."""
    found = {path.relative_to(folder): path for path in folder.rglob(pattern)}
    return [found[path] for path in sorted(found) if not any(p[0] == "." for p in path.parts)]
