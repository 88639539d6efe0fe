"""A report as an HTML mail: tables, no image, no script, nothing from elsewhere.

It needs the extra [report].
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from monitor.core.figures import Figures
from monitor.reporting import words
from monitor.reporting.charts import HEIGHT
from monitor.reporting.shapes import Table, View
from monitor.reporting.view import view

_HERE = Path(__file__).resolve().parent
_TEMPLATE = "report.html.j2"
_MOST_BYTES = 60_000  # Gmail cuts off a mail over 102 kB
_FEWER = (12, 9, 7, 5, 3)  # lines a table, until the page is small enough
_STYLE = re.compile(r' style="[^"]*"')
_SPACES = re.compile(r"([:;,]) ")


class HtmlUnavailable(Exception):
    """The libraries for HTML are not installed; the text says how to install them."""


def html(figures: Figures) -> str:
    """The page, styles inlined, under 60 kB. HtmlUnavailable without jinja2 and css-inline."""
    try:
        import css_inline
        import jinja2
    except ModuleNotFoundError:
        raise HtmlUnavailable(
            "HTML reports need jinja2 and css-inline. "
            "Install them: pip install 'response-desk[report]'."
        ) from None
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template, report = environment.get_template(_TEMPLATE), view(figures)
    inliner = css_inline.CSSInliner(
        load_remote_stylesheets=False,  # else a stylesheet's address would be fetched
        keep_style_tags=False,
        keep_at_rules=True,  # dark mode and phones
    )
    page = ""
    for most in _FEWER:
        page = _tightened(inliner.inline(template.render(_shown(report, figures, most))))
        if len(page.encode()) <= _MOST_BYTES:
            break
    return page


def _shown(report: View, figures: Figures, most: int) -> dict[str, Any]:
    """What the page shows of a report: the largest channels, and few questions in one line a table."""
    channels = report.channels.lines
    bars = report.chart.bars if report.chart else ()
    return {
        "report": report,
        "channels": list(channels[:most]),
        "more_channels": len(channels[most:]),
        "tables": [_folded(t, most) for t in report.tables if t.lines],
        "height": HEIGHT,
        "now": "this week" if figures.period.is_week else "these days",
        "before": words.before_it(figures),
        "red": any(bar.is_surge for bar in bars),
        "faq": any(who == "faq" for one in report.firsts for who, _, _ in one.bar),
    }


def _folded(table: Table, most: int) -> dict[str, Any]:
    small = [line for line in table.lines if line.is_small]
    shown = [line for line in table.lines if not line.is_small]
    few = ", ".join(f"{line.name} {line.share}" for line in small[:most])
    told = f"Few questions: {few}." if few else ""
    if hidden := len(shown[most:]) + len(small[most:]):
        told += f" And {hidden:,} more, in the text part."
    heads = {"title": table.title, "column": table.column}
    return heads | {"lines": shown[:most], "few": told.strip()}


def _tightened(page: str) -> str:
    """Without what no reader sees: blank lines, and spaces inside of styles."""
    lines = "\n".join(line.strip() for line in page.splitlines() if line.strip())
    return _STYLE.sub(lambda found: _SPACES.sub(r"\1", found[0]), lines) + "\n"
