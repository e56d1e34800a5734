"""Invitations: colleagues who are rung on the bridge's behalf."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Protocol
from uuid import uuid4

from bridge.lab.acs import shapes
from bridge.lab.acs.behaviours import SETUP_S, UNANSWERED, Refuses, Ringing, Voicemail
from bridge.lab.acs.circuit import Circuit
from bridge.lab.acs.colleague import Colleague
from bridge.lab.acs.connection import Connection
from bridge.lab.acs.directory import Directory
from bridge.lab.acs.ends import LAST_ONE_LEFT, LineEnd
from bridge.lab.acs.keys import Keys
from bridge.lab.acs.shapes import Json
from bridge.lab.speech import Studio


class Host(Protocol):
    """The call to which people are invited."""

    connection: Connection
    keys: Keys

    def admit(self, circuit: Circuit) -> None:
        """Let somebody in."""

    def part(self, circuit: Circuit, end: LineEnd) -> None:
        """Let somebody out."""

    def lasting(self, work: Coroutine[None, None, None]) -> None:
        """Do something that the bridge's leaving does not cut short."""


@dataclass(frozen=True)
class Staff:
    """The people who can be added, and the studio in which they speak."""

    directory: Directory[Colleague]
    studio: Studio


class Invitations:
    """Adds people to a call, unless they refuse or the bridge thinks better of it."""

    def __init__(self, host: Host, staff: Staff) -> None:
        self._host = host
        self._staff = staff
        self._pending: dict[str, tuple[Colleague, asyncio.Task[None]]] = {}

    def add(self, request: Json) -> str:
        """Ring somebody; returns the id of the invitation."""
        invitation_id = str(uuid4())
        circuit = Circuit(shapes.address(request["participantToAdd"]))
        behaviour = self._staff.directory.behaviour(circuit.address)
        ringing = Ringing(behaviour)
        colleague = Colleague(
            circuit,
            self._host.keys,
            self._staff.studio,
            ringing,
            lambda: self._host.part(circuit, LAST_ONE_LEFT),
        )
        self._staff.directory.ring(circuit.address, colleague)
        task = self._host.connection.errand(self._invite(request, circuit, colleague, ringing))
        task.add_done_callback(lambda _: self._pending.pop(invitation_id, None))
        task.add_done_callback(lambda _: None if colleague.is_in_call else circuit.cut())
        self._pending[invitation_id] = colleague, task
        if isinstance(behaviour, Voicemail):
            self._host.lasting(colleague.greets(behaviour))
        return invitation_id

    def cancel(self, request: Json) -> None:
        """Stop ringing."""
        told = {"invitationId": request["invitationId"]}
        colleague, task = self._pending.pop(request["invitationId"], (None, None))
        if colleague is None or task is None:
            told |= shapes.failure(404, 8522)
            self._host.connection.post("CancelAddParticipantFailed", told, request)
            return
        task.cancel()
        told |= shapes.result(
            200,
            5300,
            f"addParticipants failed for participant {shapes.raw_id(colleague.address)}. Underlying"
            " reason: The conversation has ended. DiagCode: 0#5300.@",
        )
        self._host.connection.post("CancelAddParticipantSucceeded", told, request)

    async def _invite(
        self, request: Json, circuit: Circuit, colleague: Colleague, ringing: Ringing
    ) -> None:
        told = {"participant": shapes.identified(request["participantToAdd"])}
        refusal = await ringing.outcome(request.get("invitationTimeoutInSeconds", SETUP_S))
        if refusal is None:
            told["resultInformation"] = shapes.OK
            self._host.connection.post("AddParticipantSucceeded", told, request)
            self._host.admit(circuit)
        else:
            colleague.reason = f"{refusal.code}/{refusal.sub_code}"
            if self._is_reported(refusal):
                told |= shapes.failure(refusal.code, refusal.sub_code)
                self._host.connection.post("AddParticipantFailed", told, request)

    def _is_reported(self, refusal: Refuses) -> bool:
        return refusal is UNANSWERED or not self._host.connection.switches.unreported_refusals
