"""What the README says is so."""

import re
from pathlib import Path

import bridge
from bridge.service.flows import load_flows
from bridge.service.settings import Settings
from bridge.trial import trial

README = (Path(__file__).parent.parent / "README.md").read_text()


async def test_the_call_flow_in_the_readme_serves_a_call(tmp_path: Path) -> None:
    (source,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    folder = tmp_path / "readme_lines"
    folder.mkdir()
    (folder / "parcels.py").write_text(source)
    flows = load_flows(str(folder))
    async with trial(flows) as scene:
        phone = await scene.acs.dial("+18005550142")
        await phone.hears("this is the parcel line")
        await phone.says("Where is my large parcel, number four two seven one?")
        await phone.hears("Your large parcel arrives today.")
        await phone.says("Thank you, goodbye.")
        await phone.hears("Thank you. Goodbye.")
        await phone.ended()


def test_the_flow_in_the_readme_is_short() -> None:
    (source,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len([line for line in source.splitlines() if line.strip()]) <= 30


def test_every_name_a_flow_may_import_is_in_the_readme() -> None:
    assert [name for name in bridge.__all__ if name not in README] == []


def test_every_setting_is_in_the_readme() -> None:
    assert [name for name in Settings.model_fields if f"`{name.upper()}`" not in README] == []
