"""Rehearsals: calls by scripted callers to flows as they are, judged by what the caller hears.

The room above the service and the lab: it joins both.
"""
