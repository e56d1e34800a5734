"""The lab as a server: both stand-ins on fixed ports, for any client, and an API to direct them.

Nothing here runs on virtual time, and nothing knows who the clients are.
"""

from bridge.lab.serve.lab import Lab, Place, open_lab
from bridge.lab.serve.process import serve

__all__ = ["Lab", "Place", "open_lab", "serve"]
