"""Figures as people and programs read them: text, HTML, JSON, CSV, a subject line.

It computes no figure and sends nothing.
"""

from monitor.reporting.facts import as_json
from monitor.reporting.page import HtmlUnavailable, html
from monitor.reporting.plain import text
from monitor.reporting.table import as_csv
from monitor.reporting.verdict import subject

__all__ = ["HtmlUnavailable", "as_csv", "as_json", "html", "subject", "text"]
