"""`release.sh`, with an Azure that writes down what it is asked."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.validators.conftest import DEPLOY

AZ = """#!/bin/sh
echo "az $*" >> "$ASKED"
case "$*" in
  "keyvault secret show"*--query*) echo the-key ;;
  "keyvault secret show"*interlude-secret*) exit 0 ;;
  "keyvault secret show"*) exit 3 ;;
  "deployment group show"*url.value*) echo https://calls.example.com ;;
  "deployment group show"*releaseUrl.value*) echo https://calls--r1.example.com ;;
  "containerapp revision list"*'`0`'*) printf 'old\\nolder\\n' ;;
esac
"""
CURL = '#!/bin/sh\necho "curl $*" >> "$ASKED"\n'
GIVEN = {
    "AZURE_RESOURCE_GROUP": "rg-calls",
    "AZURE_CONTAINER_REGISTRY_ENDPOINT": "crcalls.azurecr.io",
    "INTERLUDE_ENVIRONMENT": "cae-calls",
    "INTERLUDE_IDENTITY": "id-calls",
    "INTERLUDE_VAULT": "kv-calls",
    "INTERLUDE_ACS": "acs-calls",
    "INTERLUDE_VOICE": "voice-calls",
    "INTERLUDE_REDIS": "redis-calls.westeurope.redis.azure.net:10000",
}


def release(folder: Path, *arguments: str, given: dict[str, str]) -> tuple[int, list[str]]:
    for name, text in (("az", AZ), ("curl", CURL)):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    asked = folder / "asked"
    asked.touch()
    environment = {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "ASKED": str(asked)}
    done = subprocess.run(  # noqa: S603 - our own script
        [DEPLOY / "azure" / "release.sh", *arguments],
        env=environment | given,
        capture_output=True,
        check=False,
    )
    return done.returncode, asked.read_text().splitlines()


def test_a_release_makes_missing_secrets_then_the_image_the_app_and_its_calls(
    tmp_path: Path,
) -> None:
    status, asked = release(tmp_path, given=GIVEN)
    assert status == 0
    made = [line.split("--name ")[1].split()[0] for line in asked if " secret set " in line]
    assert made == ["interlude-api-key", "interlude-read-key", "eventgrid-key"]
    steps = [
        next(number for number, line in enumerate(asked) if step in line)
        for step in (
            "az acr build --registry crcalls",
            "app.bicep",
            "curl --fail",
            "events.bicep",
        )
    ]
    assert steps == sorted(steps)
    assert "https://calls--r1.example.com/health/ready" in asked[steps[2]]
    assert f"redisAddress={GIVEN['INTERLUDE_REDIS']} redisKeys=true" in asked[steps[1]]
    assert "url=https://calls.example.com key=the-key" in asked[steps[3]]


def test_retiring_ends_all_releases_that_get_no_calls(tmp_path: Path) -> None:
    status, asked = release(tmp_path, "retire", given=GIVEN)
    ended = [line.split("--revision ")[1].split()[0] for line in asked if "deactivate" in line]
    assert (status, ended) == (0, ["older", "old"])


def test_going_back_gives_new_calls_to_the_newest_release_before(tmp_path: Path) -> None:
    status, asked = release(tmp_path, "back", given=GIVEN)
    assert status == 0
    assert "--revision-weight older=100" in asked[-1]


@pytest.mark.parametrize("missing", sorted(GIVEN.keys() - {"INTERLUDE_REDIS"}))
def test_nothing_is_asked_of_azure_unless_it_is_known_of_what(missing: str, tmp_path: Path) -> None:
    given = {name: value for name, value in GIVEN.items() if name != missing}
    status, asked = release(tmp_path, given=given)
    assert status != 0
    assert asked == []


def test_another_word_is_answered_by_how_it_is_used(tmp_path: Path) -> None:
    assert release(tmp_path, "undo", given=GIVEN) == (2, [])
