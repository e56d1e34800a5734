"""Values that may come from outside as JSON: every name and every type in it is checked."""

from pydantic import BaseModel, ConfigDict, with_config

_RULES = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)
checked = with_config(_RULES)
"""Has pydantic read a dataclass so, and describe its fields by their docstrings."""


class Body(BaseModel):
    """What a request holds."""

    model_config = _RULES
