"""config.toml as a frozen Config, or every fault in a sentence. It never reads a secret unasked.

Secrets come from the environment or from files, when `Config.secret` is called: `monitor try`
needs none.
"""

from monitor.config.faults import ConfigBroken
from monitor.config.reading import load, parse
from monitor.config.shapes import Account, Place
from monitor.config.whole import Config
from monitor.secrets import SecretMissing

__all__ = ["Account", "Config", "ConfigBroken", "Place", "SecretMissing", "load", "parse"]
