"""`monitor case show` names the other places in which the same person asked the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from monitor import assets
from tests.desks import Said

Monitor = Callable[..., Said]


def test_case_show_says_where_else_it_was_asked(nowhere: Path, monitor: Monitor) -> None:
    asked = {
        "platform": "telegram",
        "author_id": "4001",
        "text": "my withdrawal is stuck since yesterday",
    }
    lines = [
        asked | {"id": str(n), "place": f"-100{n}", "sent_at": 1_790_000_000 + 60 * n}
        for n in (1, 2)
    ]
    (nowhere / "history.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines))
    (nowhere / "config.toml").write_text(f'[monitor]\nrules = "{assets.path("rules")}"\n')
    assert monitor("import", "history.jsonl").code == 0

    assert "also_asked_in: -1002 (#2)" in monitor("case", "show", "1").out
    assert monitor("case", "show", "2", "--json").json["also_asked_in"] == "-1001 (#1)"
