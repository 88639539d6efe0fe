"""The response desk for public communities."""

__version__ = "0.1.0"
