"""Reads the queries of X's recent search. It finds posts; it never ranks them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from monitor.core import xtext
from monitor.sandbox.x_book import XPost

LIMIT = 512
_TOKEN = re.compile(r'\s*(\(|\)|-?"[^"]*"|-?[^\s()]+)')
Wanted = Callable[[XPost], bool]


class BadQuery(ValueError):
    """The query cannot be read; `str()` says why."""


def query(text: str) -> Wanted:
    """A test for posts. Raises BadQuery."""
    if len(text) > LIMIT:
        raise BadQuery(f"query is longer than {LIMIT} characters")
    reading = _Reading([found.group(1) for found in _TOKEN.finditer(text)])
    wanted = reading.alternatives()
    if reading.tokens:
        raise BadQuery(f"unexpected {reading.tokens[0]}")
    return wanted


@dataclass(slots=True)
class _Reading:
    tokens: list[str]

    def alternatives(self) -> Wanted:
        ways = [self.terms()]
        while self.tokens and self.tokens[0] == "OR":
            self.tokens.pop(0)
            ways.append(self.terms())
        return lambda post: any(way(post) for way in ways)

    def terms(self) -> Wanted:
        terms: list[Wanted] = []
        while self.tokens and self.tokens[0] not in ("OR", ")"):
            terms.append(self.term())
        if not terms:
            raise BadQuery("an empty term")
        return lambda post: all(term(post) for term in terms)

    def term(self) -> Wanted:
        token = self.tokens.pop(0)
        if token in ("(", "-("):
            return self.group()
        if token.startswith("-") and len(token) > 1:
            refused = _single(token[1:])
            return lambda post: not refused(post)
        return _single(token)

    def group(self) -> Wanted:
        inner = self.alternatives()
        if not self.tokens or self.tokens.pop(0) != ")":
            raise BadQuery("a missing )")
        return inner


def _single(token: str) -> Wanted:
    if token.startswith("@"):
        return lambda post: post.names(token[1:])
    operator, colon, value = token.partition(":")
    if colon and operator.isalpha() and not token.startswith('"'):
        return _operator(operator, value)
    words = token.strip('"').lower()
    return lambda post: words in post.text.lower()


def _operator(operator: str, value: str) -> Wanted:
    lowered = value.lower().lstrip("@")
    match operator, lowered:
        case "from", _:
            return lambda post: lowered in (post.author.username.lower(), post.author.id)
        case "to", _:
            return lambda post: post.shown_from > 0 and _first_name(post) == lowered
        case "lang", _:
            return lambda post: post.lang == lowered
        case "is", "reply":
            return lambda post: post.reply_to is not None
        case "is", "quote":
            return lambda post: post.quotes is not None
        case "is", "retweet":
            return lambda _: False
        case "has", "links":
            return lambda post: bool(post.links)
        case "has", "cashtags":
            return lambda post: bool(xtext.cashtags(post.text))
    raise BadQuery(f"there is no operator {operator}:{value} here")


def _first_name(post: XPost) -> str:
    named = xtext.mentions(post.text)
    return named[0][1].lower() if named else ""
