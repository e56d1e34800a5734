"""Pages about calls: of one, of a run, and of the difference between two runs.

Each is one file that needs no network and no other file, and can be mailed or kept by a build.
"""

from bridge.lab.pages.call import write_call_page
from bridge.lab.pages.comparison import write_comparison
from bridge.lab.pages.index import write_index

__all__ = ["write_call_page", "write_comparison", "write_index"]
