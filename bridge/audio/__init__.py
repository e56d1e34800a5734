"""Sound as both wires carry it: 16-bit little-endian PCM, one channel."""
