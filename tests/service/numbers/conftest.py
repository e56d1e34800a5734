"""Two flows, of which operators may change one."""

import pytest

from bridge import Callflow
from bridge.flow.overrides import PARTS
from bridge.service.flows import Flows

ORDERS, CLINIC, NEW = "+18005550100", "+18005550101", "+18005550109"


@pytest.fixture
def flows() -> Flows:
    orders = Callflow(number=ORDERS, greeting="Orders.", operators=tuple(PARTS), silence=None)
    return Flows({"orders": orders, "clinic": Callflow(number=CLINIC, silence=None)})
