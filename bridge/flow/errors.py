"""What goes wrong in a call flow, when it is made and when it runs."""


class FlowError(Exception):
    """A call flow says something that cannot work; the message names the remedy."""


class ToolError(Exception):
    """Raised by a tool to tell the model, in words the caller may hear, why there is no result."""
