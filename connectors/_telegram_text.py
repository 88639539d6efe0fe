"""What Telegram makes of a text's length: UTF-16 units. Pure; it sends nothing."""

from __future__ import annotations

from collections.abc import Sequence

TEXT_LIMIT = 4096
WORD_REACH = 80  # how far back a cut looks for the end of a word
JOINER = "\u200d"


def units(text: str) -> int:
    """Length in UTF-16 code units, as Telegram counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def clip(text: str, limit: int = TEXT_LIMIT) -> str:
    """At most `limit` units; cut at a word where there is one near, never inside a character."""
    if units(text) <= limit:
        return text
    room = text.encode("utf-16-le", "surrogatepass")[: 2 * (limit - 1)]
    kept = room.decode("utf-16-le", "ignore")
    space = max(kept.rfind(" "), kept.rfind("\n"))
    if space >= len(kept) - WORD_REACH and space > 0:
        kept = kept[:space]
    return kept.rstrip().rstrip(JOINER) + "…"


def with_link(text: str, link: str | None) -> tuple[str, list[dict[str, object]]]:
    """The text to send and its entities: the link has a line of its own and survives the cut."""
    if not link:
        return clip(text), []
    body = clip(text, TEXT_LIMIT - units(link) - 1)
    entity = {"type": "text_link", "offset": units(body) + 1, "length": units(link), "url": link}
    return f"{body}\n{link}", [entity]


def with_calls(
    text: str, entities: list[dict[str, object]], calls: Sequence[tuple[str, str]]
) -> tuple[str, list[dict[str, object]]]:
    """A line of names at the end that rings the phones of those people. Who would not fit is not called."""
    found = list(entities)
    for at, (name, native_id) in enumerate(calls):
        lead = "\n→ " if at == 0 else ", "
        if not native_id.isdecimal() or units(text + lead + name) > TEXT_LIMIT:
            continue
        mention = {"type": "text_mention", "offset": units(text + lead), "length": units(name)}
        text += lead + name
        found.append(
            mention | {"user": {"id": int(native_id), "is_bot": False, "first_name": name}}
        )
    return text, found
