"""Which release this is; the package is built from this, and a container has no package."""

__version__ = "0.1.0"
