"""The bot's private chat: a menu of the FAQ, help, and a way to be left alone. Anybody may write there.

It sends nothing itself.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from monitor.core.faq import Faq
from monitor.core.faq_menu import Names, Page, page
from monitor.core.messages import Platform
from monitor.core.triage import Delivery, Kind, priority
from monitor.stages import faq as answers
from monitor.stages.cards import Board
from monitor.stages.desk import Press, Private
from monitor.store import deliveries, unasked
from monitor.store.database import Connection

MENU = ("start", "help", "faq")
LEAVE, COME_BACK = "stop", "start"
LEFT_ALONE = {
    "en": "We will not write to you by ourselves any more. /start undoes this.",
    "zh": "我们不会再主动给您发送消息。发送 /start 可恢复。",
    "ja": "今後こちらから自動でメッセージを送ることはありません。/start で元に戻せます。",
    "ko": "앞으로 먼저 메시지를 보내지 않겠습니다. /start 를 보내면 다시 받습니다.",
    "ru": "Мы больше не будем писать вам автоматически. Вернуть: /start.",
    "es": "No volveremos a escribirle automáticamente. Con /start se deshace.",
    "tr": "Size artık otomatik olarak yazmayacağız. /start ile geri alabilirsiniz.",
    "vi": "Chúng tôi sẽ không tự động nhắn cho bạn nữa. Gửi /start để nhận lại.",
    "pt": "Não escreveremos mais para você automaticamente. /start desfaz isso.",
    "id": "Kami tidak akan mengirim pesan otomatis lagi kepada Anda. /start untuk membatalkan.",
}


Naming = Callable[[], Names]


def _unnamed() -> Names:
    return {}


def commands(faq: Callable[[], Faq], names: Naming = _unnamed) -> Private:
    """What /start, /help, /faq and /stop do there. `names`: how topics are called, by language."""

    def take(connection: Connection, board: Board, row: Any, now: datetime) -> None:
        name = row.text[1:].split()[0].partition("@")[0].lower() if row.text[1:].split() else ""
        language = _language(row.language_hint)
        if name == LEAVE:
            unasked.opt_out(connection, Platform(row.platform), row.author_id, now)
            text = LEFT_ALONE.get(language.partition("-")[0], LEFT_ALONE["en"])
            _say(connection, board, row, Page(text, ()), now)
        elif name in MENU:
            if name == COME_BACK:
                unasked.opt_in(connection, Platform(row.platform), row.author_id)
            _say(connection, board, row, page(faq(), (), language, names(), now.date()), now)

    return take


def presses(faq: Callable[[], Faq], names: Naming = _unnamed) -> Press:
    """Buttons that begin with "faq:": the pages of the menu, and whether an answer helped."""

    def take(connection: Connection, board: Board, row: Any, author_id: str, parts: list[str],
             now: datetime) -> str:  # fmt: skip
        if not parts or parts[0] not in ("m", "t", "e"):
            return answers.press(connection, board, row, author_id, parts, now)
        language = _language(row.details.get("language", ""))
        _say(connection, board, row, page(faq(), parts, language, names(), now.date()), now)
        return ""

    return take


def _language(hint: str | None) -> str:
    return {"zh-tw": "zh-Hant", "zh-hk": "zh-Hant", "zh-hant": "zh-Hant"}.get(
        (hint or "en").lower(), (hint or "en").partition("-")[0]
    )


def _say(connection: Connection, board: Board, row: Any, shown: Page, now: datetime) -> None:
    note = Delivery(
        f"page:{row.place}:{row.native_id}", Kind.NOTE, board.desk.account, Platform.TELEGRAM, row.place, shown.text,
        priority(Kind.ACKNOWLEDGEMENT), now, now + timedelta(minutes=10), buttons=shown.buttons,
    )  # fmt: skip
    deliveries.queue(connection, [note], {}, now)
