"""The operators' file: which number does what, in numbered versions."""
