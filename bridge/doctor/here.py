"""What can be seen without leaving this machine: addresses, folders, call flows."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from bridge.doctor.finding import Finding, ok, problem, skipped, warning
from bridge.flow.errors import FlowError
from bridge.service.flows import Flows, load_flows
from bridge.service.numbers.disk import NumbersFileError
from bridge.service.numbers.lines import Lines
from bridge.service.numbers.reading import BadNumbers
from bridge.service.setting_types import LOOPBACK, base_url
from bridge.service.settings import Settings


def check_addresses(settings: Settings) -> Iterator[Finding]:
    """Doubt a public URL that only this machine knows, where ACS is elsewhere."""
    with suppress(ValueError):
        acs = urlsplit(base_url(settings.acs[0])).hostname
        if not settings.is_local or acs in LOOPBACK:
            return
        yield warning(
            "INTERLUDE_PUBLIC_URL",
            "leads to this machine only, and ACS is elsewhere: it cannot call back.",
            "Set it to the https:// name by which the internet reaches this service.",
        )


def check_folders(settings: Settings) -> Iterator[Finding]:
    """See that files can be kept where they are to be."""
    yield _folder("INTERLUDE_PROMPTS", settings.interlude_prompts)
    if settings.webhook:
        yield _folder("INTERLUDE_OUTBOX", settings.interlude_outbox, is_private=True)
    if settings.interlude_state:
        yield _folder("INTERLUDE_STATE", settings.interlude_state, is_private=True)
    if settings.interlude_flights:
        yield _folder("INTERLUDE_FLIGHTS", settings.interlude_flights, is_private=True)


def _folder(name: str, folder: Path, *, is_private: bool = False) -> Finding:
    above = (folder, *folder.absolute().parents)
    place = next(each for each in above if os.path.exists(each))  # noqa: PTH110 - never fails
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        return problem(
            name,
            "nothing can be written there.",
            f"Set {name} to a folder that this user can write, or mount one.",
        )
    if place != folder:
        return ok(name, "not there yet, and can be made.")
    mode = stat.S_IMODE(folder.stat().st_mode)
    if is_private and mode & 0o077:
        return warning(
            name,
            f"others than this user may look into it (mode {mode:o}); it holds personal data.",
            f'chmod 700 "${name}", if the folder is this service\'s own.',
        )
    return ok(name, "can be written.")


def check_numbers(settings: Settings, flows: Flows) -> tuple[list[Finding], Flows]:
    """Read the operators' file, if there is one. It quotes numbers, so they are not repeated."""
    name, file = "INTERLUDE_NUMBERS", settings.interlude_numbers
    if not file:
        return [], flows
    if not flows.by_name:
        return [skipped(name, "was not read: no call flow is loaded.")], flows
    try:
        flows = Lines(flows, file).current
    except BadNumbers as bad:
        lines = ", ".join(dict.fromkeys(str(each.line or "?") for each in bad.problems))
        remedy = "Run `interlude check`: it says what is wrong, and what mends it."
        found = problem(name, f"it cannot serve, for what is in line {lines}.", remedy)
    except NumbersFileError:
        found = problem(name, "it cannot be read.", "Create it, empty if you like, or mount it.")
    else:
        found = _can_publish(name, file)
    return [found], flows


def _can_publish(name: str, file: Path) -> Finding:
    if os.access(file.resolve().parent, os.W_OK | os.X_OK):
        return ok(name, "can be read and written.")
    return warning(
        name,
        "can be read, and nothing can be published.",
        "Let this user write its folder, unless the file is only changed elsewhere.",
    )


def check_flows(settings: Settings) -> tuple[Finding, Flows]:
    """Load the flows. What is wrong with one may quote anything, so it is not repeated here."""
    name = "INTERLUDE_FLOWS"
    try:
        flows = load_flows(settings.interlude_flows)
    except FlowError:
        return problem(
            name,
            "the call flows cannot be loaded.",
            "Run `interlude check`: it says which one, and why.",
        ), Flows({})
    if settings.voicelive_api_key and (led := flows.led_by_agents):
        return problem(
            name,
            f"{led[0]} is led by an agent, and agents take no key.",
            "Unset VOICELIVE_API_KEY, and give this service an identity.",
        ), flows
    return ok(name, f"{len(flows.by_name)} loaded, each with a number of its own."), flows
