"""The first journey to its end: who reads no Chinese sees what was asked, and nobody answers. The program as a process."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from monitor.sandbox.sandbox import Sandbox
from tests.desks import Chat, Running, soon
from tests.journeys.test_from_outside import EMMA, MEI, STUCK, says

IN_ENGLISH = "My withdrawal has been stuck for three hours, where is my money?"


@pytest.fixture
def translations() -> Iterator[tuple[str, list[str]]]:
    """An endpoint that knows one sentence: its address, and what it was sent."""
    asked: list[str] = []

    class Ask(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            found = {
                "choices": [{"message": {"role": "assistant", "content": f"[#1] {IN_ENGLISH}"}}]
            }
            said = json.dumps(found).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *given: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Ask)
    keywords = {"poll_interval": 0.02}
    thread = threading.Thread(target=server.serve_forever, kwargs=keywords, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1", asked
    server.shutdown()
    server.server_close()
    thread.join()


def called(post: Any) -> set[int]:
    return {e["user"]["id"] for e in post.entities if e["type"] == "text_mention"}


@pytest.mark.slow  # a minute and a half: targets are looked at every ten seconds
def test_1_the_card_is_translated_and_the_chain_goes_from_the_reader_to_the_lead_to_a_mail(
    desk_of: Callable[..., Running], sandbox: Sandbox, chat: Chat, translations: Any
) -> None:
    address, asked = translations
    desk_of(
        "emma", "mei", desk=f'leads = ["{EMMA.name}"]', minutes=0.7,
        more=f'\n[translation]\nkind = "openai"\nmodel = "small"\nbase_url = "{address}"\n',
    )  # fmt: skip
    says(sandbox, "lihua", f"@lihua_trades {STUCK}")

    card = soon("a card", lambda: chat.card(STUCK))
    assert called(card) == {MEI.telegram_id}
    shown = soon("the English line", lambda: chat.shows(STUCK, f"→ @lihua_trades {IN_ENGLISH}"))
    assert "#1" in shown.text.splitlines()[0]
    assert "@lihua_trades" not in "".join(asked)  # masked before it left, and back

    def under(words: str) -> Any:
        return soon(words, lambda: next((p for p in chat.posts() if words in p.text), None))

    warned = under("target in ")
    assert (called(warned), warned.reply_to) == ({MEI.telegram_id}, card.message_id)
    late = under("no staff answer within the target")
    assert called(late) == {EMMA.telegram_id, MEI.telegram_id}
    soon("the card shows it", lambda: chat.shows(STUCK, "⏰ Waiting · past its target"))
    mail = soon("a mail", lambda: next((m for m in sandbox.mails if "nobody has answered" in m.subject), None), 90)  # fmt: skip
    assert STUCK in mail.text
    assert warned.message_id < late.message_id
    assert len([p for p in chat.posts() if "no staff answer" in p.text]) == 1
    assert len([p for p in chat.posts() if STUCK in p.text and p.markup]) == 1
