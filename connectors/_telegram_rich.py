"""Telegram's rich messages (Bot API 10.1) as plain text. It reads; it never writes one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DEPTH_LIMIT = 32  # Telegram allows far fewer; beyond it the rest is left out


def flatten(rich: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """The text of a RichMessage, one line a block, and whom it names (handles, or ids)."""
    mentions: dict[str, None] = {}
    text = _blocks(rich["blocks"], mentions, DEPTH_LIMIT)
    return text, tuple(mentions)


def _blocks(blocks: Any, mentions: dict[str, None], depth: int) -> str:
    lines = (_block(block, mentions, depth - 1) for block in blocks)
    return "\n".join(line for line in lines if line)


def _block(block: Mapping[str, Any], mentions: dict[str, None], depth: int) -> str:
    """Blocks differ in which of these parts they have; read in the order of their showing."""
    if depth <= 0:
        return ""
    parts = [
        _inline(block[key], mentions, depth)
        for key in ("summary", "text", "expression")
        if key in block
    ]
    if "blocks" in block:
        parts.append(_blocks(block["blocks"], mentions, depth))
    parts += [_entry(entry, mentions, depth) for entry in block.get("items", ())]
    parts += [_row(row, mentions, depth) for row in block.get("cells", ())]
    parts += [
        _caption(block[key], mentions, depth) for key in ("caption", "credit") if key in block
    ]
    return "\n".join(part for part in parts if part)


def _entry(entry: Mapping[str, Any], mentions: dict[str, None], depth: int) -> str:
    return f"{entry.get('label', '')} {_blocks(entry['blocks'], mentions, depth)}".strip()


def _row(row: Any, mentions: dict[str, None], depth: int) -> str:
    return " | ".join(_inline(cell.get("text", ""), mentions, depth) for cell in row)


def _caption(caption: Any, mentions: dict[str, None], depth: int) -> str:
    if isinstance(caption, Mapping) and "type" not in caption:  # RichBlockCaption
        parts = (
            _inline(caption[key], mentions, depth) for key in ("text", "credit") if key in caption
        )
        return "\n".join(part for part in parts if part)
    return _inline(caption, mentions, depth)


def _inline(text: Any, mentions: dict[str, None], depth: int) -> str:
    if depth <= 0:
        return ""
    if isinstance(text, str):
        return text
    if isinstance(text, list):
        return "".join(_inline(part, mentions, depth - 1) for part in text)
    match text["type"]:
        case "mention":
            mentions[str(text["username"]).removeprefix("@")] = None
        case "text_mention":
            mentions[str(text["user"]["id"])] = None
        case "custom_emoji":
            return str(text["alternative_text"])
        case "mathematical_expression":
            return str(text["expression"])
    return _inline(text.get("text", ""), mentions, depth - 1)
