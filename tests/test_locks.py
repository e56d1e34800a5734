"""What is installed is locked by version and hash, from no named host, and served as tested."""

import re
from pathlib import Path

import pytest

TOP = Path(__file__).parent.parent
SERVICE, ALL = TOP / "deploy" / "requirements.lock", TOP / "requirements.lock"
LAB = TOP / "deploy" / "lab.lock"
LOCKS = [ALL, *sorted((TOP / "deploy").glob("*.lock"))]
REQUIREMENT = re.compile(r"([a-z0-9-]+)==(\S+)(?: ; ([^\\]+))? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?")


def locked(lock: Path) -> dict[tuple[str, str], str]:
    """Hashes of each package and version; every line is understood."""
    hashes: dict[tuple[str, str], str] = {}
    for line in lock.read_text().splitlines():
        if requirement := REQUIREMENT.fullmatch(line):
            name, version, _ = requirement.groups()
            hashes[name, version] = ""
        else:
            assert HASH.fullmatch(line), f"neither a locked version nor a hash: {line}"
            hashes[name, version] += line
    return hashes


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: str(lock.name))
def test_every_version_has_its_hashes_and_no_line_names_a_host(lock: Path) -> None:
    assert all(locked(lock).values())
    assert "://" not in lock.read_text()


@pytest.mark.parametrize("lock", [SERVICE, LAB], ids=lambda lock: str(lock.name))
def test_what_serves_calls_is_what_was_tested(lock: Path) -> None:
    assert locked(lock).items() <= locked(ALL).items()
