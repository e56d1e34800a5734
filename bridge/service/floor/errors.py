"""What stands against it when somebody wants to see a call, or to have one do something."""


class NoSuchCall(Exception):
    """No replica that could be asked has the call."""

    def __init__(self) -> None:
        super().__init__("There is no such call in progress; it may be over.")


class NotNow(Exception):
    """The call cannot do that now; the message says why."""


class OutOfReach(Exception):
    """The replica that has the call, or may have it, does not answer; the message says more."""


class TooManyWatchers(Exception):
    """So many streams are open that there may be no more."""
