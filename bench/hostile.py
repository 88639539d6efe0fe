"""How long the judge takes for texts that nobody writes in good faith: CPU milliseconds of single messages, by kind of
text and tier. It reads nothing but the rules.

python -m bench.hostile [--json] [--times N]
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from monitor import assets
from monitor.classify.rulefiles import LiveRules
from monitor.classify.tiers import Judge, NoTier, Tier, Tiers, cache_folder
from monitor.core.language import LANGUAGES
from monitor.core.messages import Author, Message, Platform

LONG = 40_000  # signs; platforms allow as many
MOST_MS = 50


def _filled(pattern: str) -> str:
    return (pattern * (LONG // len(pattern) + 1))[:LONG]


TEXTS = {
    "empty": "",
    "spaces": _filled(" \t\n"),
    "one letter": _filled("x"),
    "words": _filled("my withdrawal is stuck, where is my money? "),
    "chinese": _filled("提现卡了三天，客服死哪去了！"),
    "numbers": _filled("12,345.67 "),
    "sums": _filled("1,000 USDT 6 hours 2 btc "),
    "digits": _filled("1"),
    "address": _filled("0x3f5CE5FBFe3E9af3971dD833D26bA9b5C936f0bE"),
    "links": _filled("https://a.b.c.d.e/f?g=h&i=j "),
    "dots": _filled("a."),
    "handles": _filled("@abc u/def "),
    "shouting": _filled("WHERE IS MY MONEY!!! "),
    "capitals": _filled("A"),
    "marks": _filled("?!"),
    "emoji": _filled("😭🚀🙏"),
    "one emoji": "🚀",
    "joined emoji": _filled("👩‍👩‍👧‍👦🏳️‍🌈"),
    "right to left": _filled("\u202egnihton\u202c \u2067withdrawal\u2069 "),
    "invisible": _filled("\u200b\u200d\ufeff"),
    "piled marks": _filled("a" + "\u0301\u0316" * 40),
    "expanding": _filled("\ufdfa㌖ﷺ½"),
    "mixed scripts": _filled("提币 вывод ถอน سحب withdrawal 출금 çekim ヤバい "),
    "every sign": "".join(map(chr, range(0x20, LONG + 0x20))),
    "surrogates": _filled("\ud800 withdrawal \udfff"),
    "only surrogates": _filled("\ud800\udfff"),
    "controls": _filled("\x00\x01\x7f\x9f"),
}


def measured(times: int, wanted: Sequence[Tier] = (Tier.RULES, Tier.LIGHT)) -> dict[str, Any]:
    """The worst of so many runs of each text, every one a little different from the last."""
    tiers = {
        tier.value: {name: _worst(judge, text, times) for name, text in TEXTS.items()}
        for tier in wanted
        if (judge := _judge(tier))
    }
    worst = max((ms for found in tiers.values() for ms in found.values()), default=0.0)
    return {"worst_ms": worst, "within_target": worst <= MOST_MS, "times": times, "cpu_ms": tiers}


def _judge(tier: Tier) -> Judge | None:
    rules = assets.path("rules")
    try:
        judge = Tiers(LiveRules(rules), rules, cache_folder(), only=tier)
    except NoTier as missing:
        print(missing)
        return None
    for language in (*LANGUAGES, None):  # what is made once a language is made now
        judge.assess([replace(_message("1"), language_hint=language)])
    return judge


def _worst(judge: Judge, text: str, times: int) -> float:
    spent = []
    for at in range(times):
        message = _message(f"{at} {text}" if text else "")
        started = time.process_time()
        judge.assess([message])
        spent.append(time.process_time() - started)
    return round(max(spent) * 1000, 2)


def _message(text: str) -> Message:
    return Message(Platform.TELEGRAM, "", "", Author(""), text, datetime(2026, 1, 1, tzinfo=UTC))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--times", type=int, default=5)
    options = parser.parse_args()
    found = measured(options.times)
    for name in TEXTS:
        figures = "".join(f"{one[name]:>10.2f} ms {tier}" for tier, one in found["cpu_ms"].items())
        print(f"{name:<16}{figures}")
    if options.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
