"""Requests of the Bot API as the sandbox reads them: known methods, known parameters, right types.

It never lets anything else through.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web


class ApiError(Exception):
    """An answer with ok=false."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


def bad_request(description: str) -> ApiError:
    """A 400 in Telegram's words."""
    return ApiError(400, f"Bad Request: {description}")


def too_many(seconds: int | None) -> ApiError:
    """A 429; None: without the hint how long to wait."""
    if seconds is None:
        return ApiError(429, "Too Many Requests")
    return ApiError(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)


def refuse(error: ApiError) -> web.Response:
    """The HTTP answer for an error."""
    body: dict[str, Any] = {"ok": False, "error_code": error.code, "description": error.description}
    if error.parameters:
        body["parameters"] = error.parameters
    return web.json_response(body, status=error.code)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError
    return int(value)


def _truth(value: Any) -> bool:
    truths = {"true": True, "false": False}
    if isinstance(value, bool):
        return value
    if not isinstance(value, str) or value.lower() not in truths:
        raise ValueError
    return truths[value.lower()]


def _words(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError
    value.encode()
    return value


def _chat(value: Any) -> int | str:
    if isinstance(value, str) and value.startswith("@"):
        return value
    return _whole(value)


def _listing(value: Any) -> list[Any]:
    found = json.loads(value) if isinstance(value, str) else value
    if not isinstance(found, list):
        raise ValueError
    return found


def _mapping(value: Any) -> dict[str, Any]:
    found = json.loads(value) if isinstance(value, str) else value
    if not isinstance(found, dict):
        raise ValueError
    return found


def _photo(value: Any) -> bytes:
    """The content of an uploaded image; JPEG or PNG, by its first bytes."""
    if not isinstance(value, web.FileField):
        raise ValueError
    content = value.file.read()
    if not content.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")):
        raise bad_request("IMAGE_PROCESS_FAILED")
    return bytes(content)


READERS: dict[str, Callable[[Any], Any]] = {
    "whole": _whole,
    "truth": _truth,
    "words": _words,
    "chat": _chat,
    "listing": _listing,
    "mapping": _mapping,
    "photo": _photo,
}
_SAID = {"link_preview_options": "mapping", "reply_markup": "mapping", "parse_mode": "words"}
_SAID |= {"entities": "listing"}
METHODS: dict[str, dict[str, str]] = {
    "getMe": {},
    "getUpdates": {
        "offset": "whole",
        "limit": "whole",
        "timeout": "whole",
        "allowed_updates": "listing",
    },
    "getChat": {"chat_id*": "chat"},
    "getChatMember": {"chat_id*": "chat", "user_id*": "whole"},
    "getChatAdministrators": {"chat_id*": "chat"},
    "getWebhookInfo": {},
    "deleteWebhook": {"drop_pending_updates": "truth"},
    "sendMessage": {
        "chat_id*": "chat",
        "text*": "words",
        "message_thread_id": "whole",
        "disable_notification": "truth",
        "protect_content": "truth",
        "reply_parameters": "mapping",
        **_SAID,
    },
    "sendPhoto": {
        "chat_id*": "chat",
        "photo*": "photo",
        "caption": "words",
        "caption_entities": "listing",
        "parse_mode": "words",
        "message_thread_id": "whole",
        "disable_notification": "truth",
        "protect_content": "truth",
        "reply_parameters": "mapping",
        "reply_markup": "mapping",
    },
    "editMessageText": {"chat_id*": "chat", "message_id*": "whole", "text*": "words", **_SAID},
    "deleteMessage": {"chat_id*": "chat", "message_id*": "whole"},
    "pinChatMessage": {
        "chat_id*": "chat",
        "message_id*": "whole",
        "disable_notification": "truth",
    },
    "unpinChatMessage": {"chat_id*": "chat", "message_id": "whole"},
    "setMessageReaction": {
        "chat_id*": "chat",
        "message_id*": "whole",
        "reaction": "listing",
        "is_big": "truth",
    },
    "answerCallbackQuery": {
        "callback_query_id*": "words",
        "text": "words",
        "show_alert": "truth",
        "url": "words",
        "cache_time": "whole",
    },
}


def checked(
    values: Mapping[str, Any], allowed: Mapping[str, str], what: str = ""
) -> dict[str, Any]:
    """The values read as their types. Raises a 400 for one unknown, missing or of another type."""
    known = {name.rstrip("*"): kind for name, kind in allowed.items()}
    for name in values:
        if name not in known:
            raise bad_request(f'unknown parameter "{what}{name}"')
    for name in allowed:
        if name.endswith("*") and name[:-1] not in values:
            raise bad_request(f'parameter "{what}{name[:-1]}" is required')
    return {name: _read(f"{what}{name}", known[name], value) for name, value in values.items()}


def _read(name: str, kind: str, value: Any) -> Any:
    try:
        return READERS[kind](value)
    except ValueError:
        raise bad_request(f'parameter "{name}" must be of another type') from None


async def arguments(request: web.Request, method: str) -> dict[str, Any]:
    """What was asked: from the query, a form, a multipart form or JSON."""
    values: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        values |= await _json_body(request)
    else:
        values |= dict(await request.post())
    return checked(values, METHODS[method])


async def _json_body(request: web.Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise bad_request("can't parse the request body as a JSON object")
    return body
