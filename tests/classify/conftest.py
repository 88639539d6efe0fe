"""A small, sound folder of rules for tests to write to; never the shipped one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.core.assessment import Topic

HEAD = 'policy = "{policy}"\ncomplexity = "simple"\nurgency = "{urgency}"\n[name]\nen = "{topic}"\n'
STRONG = {
    Topic.WITHDRAWAL: ("withdraw*", "提币"),
    Topic.SECURITY: ("hacked", "被盗"),
    Topic.TERMS: ("fees?", "手续费"),
    Topic.PROMO: ("referral", "邀请码"),
    Topic.SPAM: ("free signals", "免费带单"),
}
URGENCY = """
[critical]
en = ["scam"]
[high]
en = ["(two|three|[0-9]+) days"]
[low]
en = ["no hurry"]
[[when]]
urgency = "critical"
topics = ["security"]
en = ["right now"]
[[examples]]
text = "my withdrawal is missing for three days"
language = "en"
urgency = "high"
"""
SIGNALS = """
[thanks]
any = ["🙏"]
en = ["thanks?"]
[stop]
en = ["stop replying to me"]
[examples.thanks]
en = ["thanks a lot"]
"""
REPLIES = '[acknowledgement]\nen = "A colleague will look at it."\nzh = "同事会来看。"\n'
OWN = '[acknowledgement]\nen = "Withdrawals are looked at first."\n'


@pytest.fixture
def rules_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    for room in ("topics", "replies"):
        (folder / room).mkdir(parents=True)
    for topic in Topic:
        (folder / "topics" / f"{topic}.toml").write_text(_topic(topic), "utf-8")
    (folder / "urgency.toml").write_text(URGENCY, "utf-8")
    (folder / "signals.toml").write_text(SIGNALS, "utf-8")
    (folder / "replies" / "default.toml").write_text(REPLIES, "utf-8")
    (folder / "replies" / "withdrawal.toml").write_text(OWN, "utf-8")
    return folder


def _topic(topic: Topic) -> str:
    policy = "alert" if topic is Topic.SECURITY else "acknowledge"
    urgency = "high" if topic is Topic.SECURITY else "normal"
    head = HEAD.format(topic=topic, policy=policy, urgency=urgency)
    if topic not in STRONG:
        return head
    english, chinese = STRONG[topic]
    return f'{head}[strong]\nen = ["{english}"]\nzh = ["{chinese}"]\n'


@pytest.fixture
def edit(rules_folder: Path) -> Callable[[str, str], Path]:
    """Replace a file of the folder; its size always changes, so that coarse clocks do not matter."""

    def write(name: str, text: str) -> Path:
        path = rules_folder / name
        path.write_text(text, "utf-8")
        return path

    return write
