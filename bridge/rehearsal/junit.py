"""The verdicts of a run for machines: JUnit's XML, as continuous integration reads it."""

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET  # nosec B405

from bridge.rehearsal.many import Rehearsed


def write_junit(run: Sequence[Rehearsed], path: Path) -> None:
    """Write one test case per call, in a suite per flow."""
    suites = ET.Element("testsuites", name="interlude lab")
    for flow in dict.fromkeys(each.outcome.flow for each in run):
        calls = [each for each in run if each.outcome.flow == flow]
        suite = ET.SubElement(
            suites,
            "testsuite",
            name=flow,
            tests=str(len(calls)),
            failures=str(sum(not each.outcome.passed for each in calls)),
            time=f"{sum(each.outcome.seconds for each in calls):.3f}",
        )
        for each in calls:
            case = ET.SubElement(
                suite,
                "testcase",
                classname=flow,
                name=each.outcome.name,
                file=str(each.file),
                time=f"{each.outcome.seconds:.3f}",
            )
            for failure in each.outcome.all_failures:
                where = "" if failure.at_ms is None else f" (at {failure.at_ms / 1000:.2f} s)"
                ET.SubElement(case, "failure", message=failure.text).text = f"{failure}{where}"
    path.parent.mkdir(parents=True, exist_ok=True)
    ET.ElementTree(suites).write(path, encoding="utf-8", xml_declaration=True)
