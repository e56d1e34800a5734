"""What the REST interface does to recordings, which it knows apart from calls."""

from bridge.lab.acs.leg import Leg
from bridge.lab.acs.replies import Operation, Refused, Reply, RestRequest, check_established


def _start(leg: Leg, asked: RestRequest) -> Reply:
    """Start to record: 200, the effect in a callback."""
    check_established(leg)
    if leg.recorder.recording_id:
        raise Refused(409, "8519", "The call is being recorded.")
    leg.recorder.start(asked.body)
    return 200, leg.recorder.state()


def _get(leg: Leg, _: RestRequest) -> Reply:
    """Tell whether it records: 200."""
    return 200, leg.recorder.state()


def _pause(leg: Leg, _: RestRequest) -> Reply:
    """Record no longer, for a while: 202, the effect in a callback."""
    leg.recorder.switch(active=False)
    return 202, None


def _resume(leg: Leg, _: RestRequest) -> Reply:
    """Record again: 202, the effect in a callback."""
    leg.recorder.switch(active=True)
    return 202, None


def _stop(leg: Leg, _: RestRequest) -> Reply:
    """End the recording: 204."""
    leg.recorder.stop()
    return 204, None


RECORDING_OPERATIONS: dict[str, Operation] = {
    "POST recordings": _start,
    "GET recordings/*": _get,
    "DELETE recordings/*": _stop,
    "POST recordings/*:pause": _pause,
    "POST recordings/*:resume": _resume,
}
"""By method and path, with an asterisk for each id."""
