"""Measurements: calls per core beside a bare relay, barge-in, and resamplers beside each other.

`python -m bench calls`, `most`, `barge`, `profile` and `resample`; `--help` says what can be
chosen.
Absolute figures belong to the machine they were taken on; what travels is the ratio between
programs that ran one after the other in the same command.
"""
