"""`python -m bench.profiled FILE MODULE …`: run a module, under cProfile between two signals.

SIGUSR1 begins the profile, SIGUSR2 ends it and writes it to the file. Start-up is left out this
way, and so is the event loop, which cProfile cannot see into: it waits there, too.
"""

import cProfile
import runpy
import signal
import sys


def main() -> None:
    """Become the module."""
    file, module = sys.argv[1:3]
    profile = cProfile.Profile()

    def begin(*_: object) -> None:
        profile.enable()

    def end(*_: object) -> None:
        profile.disable()
        profile.dump_stats(file)

    signal.signal(signal.SIGUSR1, begin)
    signal.signal(signal.SIGUSR2, end)
    sys.argv = sys.argv[2:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
