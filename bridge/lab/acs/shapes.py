"""The JSON of the wire, key by key as recorded from the service or in Microsoft's reference."""

import base64
import gzip
import json
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

Json = dict[str, Any]

API_VERSIONS = (
    "2023-03-06",
    "2023-10-15",
    "2024-04-15",
    "2024-09-15",
    "2025-05-15",
    "2025-06-15",
    "2026-03-12",
)
"""The versions of Call Automation that the SDK for Python knows."""
TOPIC = (
    "/subscriptions/5b2e7e5c-5a0f-4a3a-9a54-3f2f3f1c2a10/resourcegroups/lab"
    "/providers/microsoft.communication/communicationservices/lab"
)
BRIDGE = "8:acs:3d20e1de-0f28-41c5-84a0-58e5ae7ec4a5_00000021-7a1f-4b2c-9d3e-6c5b4a392817"
"""The application itself, as a participant of its calls."""
PREFIX = "Microsoft.Communication."
OK = {"code": 200, "subCode": 0, "message": ""}
DONE = OK | {"message": "Action completed successfully."}


def seven_digits(at: datetime) -> str:
    """Return the time of an event to the tenth of a microsecond, without its zone."""
    return f"{at:%Y-%m-%dT%H:%M:%S.%f}0"


def identifier(address: str, kind: str = "phoneNumber") -> Json:
    """Return a participant: a telephone number, or the raw id of an ACS or Teams user.

    Its kind is spelled with a capital letter where `kind` is.
    """
    detail: Json
    if address.startswith("8:acs:"):
        name, detail = "communicationUser", {"id": address}
    elif address.startswith("8:orgid:"):
        name, user_id = "microsoftTeamsUser", address.removeprefix("8:orgid:")
        detail = {"userId": user_id, "isAnonymous": False, "cloud": "public"}
    else:
        name, detail = "phoneNumber", {"value": address}
    spelled = name[0].upper() + name[1:] if kind[0].isupper() else name
    return {"kind": spelled, "rawId": raw_id(address), name: detail}


def identified(target: Json) -> Json:
    """Return a participant of a request with its kind, which the SDK leaves out."""
    kind = next((key for key in target if key not in {"kind", "rawId"}), "unknown")
    return target | {"kind": kind}


def raw_id(address: str) -> str:
    """Return the raw id of a telephone number; one of anybody else is returned as it is."""
    return address if address.startswith(("8:", "28:")) else f"4:{address}"


def address(target: Json) -> str:
    """Return a participant's telephone number, or its raw id."""
    return str(target.get("phoneNumber", {}).get("value", target["rawId"]))


def server_call_id() -> str:
    """Return the name of the call for all its legs: the URL of a conversation, in base64."""
    url = f"https://api.flightproxy.skype.com/api/v2/cp/conv-usce-01-prod-aks.conv.skype.com/conv/{uuid4()}"
    return base64.b64encode(f"{url}?i=10-60-19-68&e=638445890530304957".encode()).decode()


def incoming_call_context() -> str:
    """About 9 KB, as recorded: an unsigned JWT around a packed blob and a token."""
    blob = base64.b64encode(gzip.compress(secrets.token_bytes(4600))).decode()
    payload = {"cc": blob, "shrToken": base64.b64encode(secrets.token_bytes(400)).decode()}
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
        for part in ({"alg": "none", "typ": "JWT"}, payload)
    ]
    return ".".join([*parts, ""])


def event_grid(event_type: str, subject: str, data: Json, *, late_s: float = 0) -> Json:
    """Return an event in the schema of Event Grid that happened `late_s` ago."""
    return {
        "id": str(uuid4()),
        "topic": TOPIC,
        "subject": subject,
        "data": data,
        "eventType": event_type,
        "dataVersion": "1.0",
        "metadataVersion": "1",
        "eventTime": f"{seven_digits(datetime.now(UTC) - timedelta(seconds=late_s))}Z",
    }


def cloud_event(event: Json) -> Json:
    """Return the same event in the schema of CloudEvents."""
    return {
        "id": event["id"],
        "source": event["topic"],
        "subject": event["subject"],
        "data": event["data"],
        "type": event["eventType"],
        "time": event["eventTime"],
        "specversion": "1.0",
    }


def callback(event_type: str, data: Json, source: str | None = None) -> Json:
    """Return a mid-call event; `data` holds at least the `callConnectionId`."""
    source = source or f"calling/callConnections/{data['callConnectionId']}"
    name = f"{PREFIX}{event_type}"
    return {
        "id": str(uuid4()),
        "source": source,
        "type": name,
        "data": {**data, "publicEventType": name},
        "time": f"{seven_digits(datetime.now(UTC))}+00:00",
        "specversion": "1.0",
        "datacontenttype": "application/json",
        "subject": source,
    }


def media_update(status: str, detail: str, result: Json) -> Json:
    """Return what the three MediaStreaming events add to a callback."""
    return {
        "mediaStreamingUpdate": {
            "contentType": "Audio",
            "mediaStreamingStatus": status,
            "mediaStreamingStatusDetails": detail,
        },
        "resultInformation": result,
    }


MEDIA_STARTED = media_update("mediaStreamingStarted", "subscriptionStarted", DONE)
MEDIA_STOPPED = media_update("mediaStreamingStopped", "subscriptionStopped", DONE)
_NO_MEDIA = {
    "code": 400,
    "subCode": 8581,
    "message": "Action failed, Transport url is not valid or web socket server is not operational.",
}
MEDIA_FAILED = media_update("mediaStreamingFailed", "streamUrlMissing", _NO_MEDIA)
MEDIA_INTERRUPTED = media_update("mediaStreamingFailed", "streamConnectionInterrupted", _NO_MEDIA)
MEDIA_REESTABLISHED = media_update("mediaStreamingStarted", "streamConnectionReestablished", DONE)
"""These two details are in Microsoft's reference; when they come is not documented."""
TRANSFERRED = {
    "resultInformation": {
        "code": 200,
        "subCode": 7015,
        "message": "The transfer operation completed successfully.",
    }
}


def result(code: int, sub_code: int, message: str) -> Json:
    """Return what an operation with this result adds to a callback."""
    return {"resultInformation": {"code": code, "subCode": sub_code, "message": message}}


def failure(code: int, sub_code: int) -> Json:
    """Return what a failed operation adds to a callback."""
    return result(code, sub_code, f"The operation failed. DiagCode: {code}#{sub_code}.@")


def tone(key: str, address: str | None) -> str:
    """Return the media frame of a key press, which may name who pressed it."""
    who = {"participantRawID": raw_id(address)} if address else {}
    return json.dumps({"kind": "DtmfData", "dtmfData": {"data": key, **who}})


def recognized_tone(word: str, sequence_id: int) -> Json:
    """Return what ContinuousDtmfRecognitionToneReceived adds to a callback."""
    result = OK | {"message": "DTMF tone received successfully."}
    return {"sequenceId": sequence_id, "tone": word, "resultInformation": result}


def participant(address: str, *, muted: bool = False, on_hold: bool = False) -> Json:
    """Return somebody who is in a call."""
    return {"identifier": identifier(address), "isMuted": muted, "isOnHold": on_hold}
