"""`python -m bridge` is `interlude`."""

import os
import signal
import sys

# Process 1 of a container gets no SIGTERM that it does not handle, and the imports take a second.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))

# The matrices here are small: OpenBLAS's threads, one a core, would only wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from bridge.cli import main  # noqa: E402 - after the above

if __name__ == "__main__":
    main()
