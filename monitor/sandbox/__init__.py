"""Telegram, Reddit, X and a mail server on loopback: as strict as the real ones, and able to fail on command."""
