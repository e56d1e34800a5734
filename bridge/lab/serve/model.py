"""A model that does as it is told, and by rule when it was told nothing."""

from collections import deque

from bridge.lab.voicelive import RuleBrain, Thought
from bridge.lab.voicelive.brain import Outputs, Tools


class DirectedBrain(RuleBrain):
    """One for all sessions: whichever has a turn next takes the next of those prescribed."""

    def __init__(self) -> None:
        self.turns: deque[Thought] = deque()
        """What it will do about what callers say."""
        self.answers: deque[Thought] = deque()
        """What it will do about the outputs of tools."""

    def turn(self, said: str, tools: Tools, instructions: str) -> Thought:
        """Return the next turn prescribed, or follow the rule."""
        return self.turns.popleft() if self.turns else super().turn(said, tools, instructions)

    def answer(self, outputs: Outputs, tools: Tools, instructions: str) -> Thought:
        """Return the next answer prescribed, or speak the outputs."""
        if self.answers:
            return self.answers.popleft()
        return super().answer(outputs, tools, instructions)
