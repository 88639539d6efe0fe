"""A report as an HTML mail: tables, no image, no script, nothing from elsewhere.

It needs the extra [report].
"""

from __future__ import annotations

from pathlib import Path

from monitor.core.figures import Figures
from monitor.reporting.view import view

_HERE = Path(__file__).resolve().parent
_TEMPLATE = "report.html.j2"
_MOST_CHANNELS = 10  # Gmail cuts off a mail over 102 kB


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
    report = view(figures)
    shown, hidden = report.channels.lines[:_MOST_CHANNELS], report.channels.lines[_MOST_CHANNELS:]
    page = environment.get_template(_TEMPLATE).render(
        report=report, channels=list(shown), more_channels=len(hidden)
    )
    inliner = css_inline.CSSInliner(
        load_remote_stylesheets=False,  # else a stylesheet's address would be fetched
        keep_style_tags=False,
        keep_at_rules=True,  # dark mode and phones
    )
    return _without_blank_lines(inliner.inline(page))


def _without_blank_lines(page: str) -> str:
    return "\n".join(line.strip() for line in page.splitlines() if line.strip()) + "\n"
