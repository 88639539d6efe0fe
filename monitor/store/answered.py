"""What replies answer: the stored text and author of the messages that they name. It changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.core.messages import Message
from monitor.store.lookup import dialect_of, keyed, wanted
from monitor.store.messages import key_of
from monitor.store.reading import rows_of
from monitor.store.tables import messages
from monitor.store.written import COLUMNS, message_at

Key = tuple[str, str, str]


def parents(connection: Connection, keys: Collection[Key]) -> Mapping[Key, Message]:
    """Messages that we have and that still say something, by platform, place and native id."""
    rows = rows_of(connection, _by_key(dialect_of(connection)), wanted(keys))
    found = [message_at(row[:-1]) for row in rows if row[-1] is None]
    return {key_of(message): message for message in found if message.text}


@cache
def _by_key(dialect: str) -> sa.Select[Any]:
    shown = sa.select(*COLUMNS, messages.c.deleted_at)
    return shown.select_from(keyed(dialect, messages, "platform", "place", "native_id"))
