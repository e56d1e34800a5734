"""`python -m bridge` is `interlude`."""

from bridge.cli import main

main()
