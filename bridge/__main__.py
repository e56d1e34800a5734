"""`python -m bridge` is `interlude`."""

import signal
import sys

# Process 1 of a container gets no SIGTERM that it does not handle, and the imports take a second.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))

from bridge.cli import main  # noqa: E402 - after the above

main()
