"""Which topics are taken for which, as one HTML page without scripts. Shows labels and counts only,
never a text.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from monitor.core.assessment import Topic
from monitor.core.evaluation import Verdict, confusion

_STYLE = """body{font:15px/1.5 system-ui,sans-serif;margin:2rem;color:#1a1d21}
table{border-collapse:collapse}th,td{padding:.35rem .6rem;text-align:right;border:1px solid #e3e6ea}
th{font-weight:600;background:#f6f7f9}th.given{text-align:left}td.none{color:#b8bec6}
caption{text-align:left;padding-bottom:.6rem}"""


def page(verdicts: Sequence[Verdict], version: str, name: str) -> str:
    """A row for each topic that was meant, a column for each that was said."""
    counted = confusion(verdicts)
    most = max(counted.values(), default=1)
    head = "".join(f"<th scope=col>{escape(t)}</th>" for t in Topic)
    rows = "".join(_row(given, counted, most) for given in Topic)
    title = f"{escape(version)} on {escape(name)}"
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title>"
        f"<style>{_STYLE}</style><h1>{title}</h1><table><caption>Rows: what was meant. Columns: what "
        f"was said. {len(verdicts)} messages.</caption><tr><th></th>{head}<th>found</th></tr>"
        f"{rows}</table></html>"
    )


def _row(given: Topic, counted: dict[tuple[Topic, Topic], int], most: int) -> str:
    total = sum(counted.get((given, said), 0) for said in Topic)
    found = f"{counted.get((given, given), 0) / total:.0%}" if total else ""
    cells = "".join(_cell(counted.get((given, said), 0), most, given is said) for said in Topic)
    return f"<tr><th class=given scope=row>{escape(given)}</th>{cells}<td>{found}</td></tr>"


def _cell(count: int, most: int, right: bool) -> str:
    if not count:
        return "<td class=none>·</td>"
    colour = "46,125,80" if right else "200,60,50"
    return f'<td style="background:rgba({colour},{0.12 + 0.6 * count / most:.2f})">{count}</td>'
