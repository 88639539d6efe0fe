"""The FAQ at work: the entry that fits a question, by meaning where the light tier's encoder reads the language, by
words otherwise. Follows the edits in rules/faq/. Never says anything and never goes outside.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.classify.faq_words import Leads, Words, nearest, samples_of
from monitor.classify.faqfiles import files_of, load_faq, stamp_of
from monitor.classify.rulereading import RulesBroken
from monitor.core.cases import Read
from monitor.core.faq import Faq, Match, is_general
from monitor.core.text import clip

if TYPE_CHECKING:
    from monitor.classify.faq_meaning import Encodes, Floats, Meaning

LIGHT, WORDS = "light", "words"
# Languages whose left-out questions the encoder finds. Vietnamese it never learned: 1 of 5 right.
READS = frozenset({"und", "en", "zh", "zh-Hant", "ja", "ko", "ru", "es", "tr", "pt", "id"})
_REMEMBERED = 1_000
_CLOSE = 0.25  # a runner-up this near to the first is worth a manager's look
_BROKEN = (ArithmeticError, LookupError, ValueError, RuntimeError, MemoryError, TypeError, OSError)
Text = tuple[str, str]  # the text and its language


@dataclass(frozen=True, slots=True)
class Eyes:
    """What the light tier lends: its encoder, and the vectors of its seeds (what people write otherwise)."""

    encoder: Encodes
    talk: Floats | None = None


class FaqBook:
    """One state of rules/faq/, ready to be asked. Safe to use from several threads."""

    def __init__(
        self,
        faq: Faq,
        eyes: Eyes | None = None,
        cache: Path | None = None,
        before: FaqBook | None = None,
    ) -> None:
        """`before` lends the vectors it has. An encoder that fails is done without."""
        self.faq = faq
        self.words = Words(faq)
        self.meaning = self._learned(eyes, cache, before)
        self._known: OrderedDict[Text, list[Match]] = OrderedDict()
        self._lock = threading.Lock()

    def _learned(
        self, eyes: Eyes | None, cache: Path | None, before: FaqBook | None
    ) -> Meaning | None:
        if eyes is None or not self.faq.entries:
            return None
        from monitor.classify.faq_meaning import Meaning

        known = before.meaning if before is not None else None
        try:
            return Meaning(eyes.encoder, samples_of(self.faq), cache, eyes.talk, known)
        except _BROKEN:
            return None

    def tier(self, language: str) -> str:
        """By what a question in this language is judged."""
        return LIGHT if self.meaning is not None and language in READS else WORDS

    def best(self, read: Read) -> Match | None:
        """The entry that fits best, if any is worth offering. Expired ones are not."""
        found = self.matches(
            read.message.text, read.assessment.language, read.message.sent_at.date()
        )
        return found[0] if found else None

    def look_up(self, reads: Sequence[Read]) -> None:
        """Match many at once, so that `best` only has to remember: call it where there is time."""
        self._remember([(read.message.text, read.assessment.language) for read in reads])

    def matches(self, text: str, language: str, today: date, most: int = 3) -> list[Match]:
        """Entries worth offering, best first."""
        self._remember([(text, language)])
        with self._lock:
            found = self._known.get((text, language), [])
        return [match for match in found if match.entry.in_force(today)][:most]

    def _remember(self, texts: Sequence[Text]) -> None:
        with self._lock:
            new = [one for one in dict.fromkeys(texts) if one not in self._known]
        if not new:
            return
        for one, leads in zip(new, self._ranked(new), strict=True):
            matches = self._matches(*one, leads)
            with self._lock:
                self._known[one] = matches
                while len(self._known) > _REMEMBERED:
                    self._known.popitem(last=False)

    def _ranked(self, texts: Sequence[Text]) -> list[Leads]:
        found = [self.words.ranked(text) for text, _ in texts]
        read = [at for at, (_, language) in enumerate(texts) if self.tier(language) == LIGHT]
        if self.meaning is None or not read:
            return found
        try:
            for at, leads in zip(
                read, self.meaning.ranked([texts[at][0] for at in read]), strict=True
            ):
                found[at] = leads
        except _BROKEN:
            self.meaning = None  # the words are there
            return [self.words.ranked(text) for text, _ in texts]
        return found

    def _matches(self, text: str, language: str, leads: Leads) -> list[Match]:
        limits = self.faq.thresholds[self.tier(language)]
        behind = leads[0][1] - limits.suggest if leads else 0.0
        if behind < 0:
            return []
        near = [one for one in leads[:5] if one[1] >= leads[0][1] - _CLOSE]
        return [self._match(text, language, name, lead, not at and lead >= limits.answer)
                for at, (name, lead) in enumerate(near)]  # fmt: skip

    def _match(self, text: str, language: str, name: str, lead: float, sure: bool) -> Match:
        entry = self.faq.entry(name)
        assert entry is not None  # noqa: S101 - both come from the same files
        like = nearest(text, {language: entry.questions.get(language, ())}) or entry.title(language)
        why = f'like "{clip(like, 80)}" (leads by {lead:.2f}, {self.tier(language)})'
        return Match(entry, round(lead, 3), sure and is_general(text), why)


class LiveFaq:
    """The last good FAQ of a folder. A broken edit changes nothing but `problem`."""

    def __init__(
        self,
        folder: Path,
        eyes: Callable[[], Eyes | None] = lambda: None,
        cache: Path | None = None,
    ) -> None:
        """Load rules/faq/ of `folder`; there need not be one. `eyes`: what the light tier lends at this moment, None
        when it does not work. Raises RulesBroken."""
        self._folder = folder
        self._eyes = eyes
        self._cache = cache
        self._stamp = stamp_of(files_of(folder))
        self._faq = load_faq(folder)
        self._book: FaqBook | None = None
        self._made_with: Eyes | None = None
        self._lock = threading.Lock()
        self.problem: str | None = None

    @property
    def faq(self) -> Faq:
        """The entries in force."""
        return self._faq

    @property
    def book(self) -> FaqBook:
        """Ready to be asked; made when first wanted (a second at most), then by refresh()."""
        with self._lock:
            if self._book is None:
                self._make()
            assert self._book is not None  # noqa: S101 - made above
            return self._book

    def _make(self) -> None:
        self._made_with = self._eyes()
        self._book = FaqBook(self._faq, self._made_with, self._cache, self._book)

    def refresh(self) -> str | None:
        """Read again what changed on the disk, and follow the light tier. The standing problem, or None while all is
        well."""
        stamp = stamp_of(files_of(self._folder))
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._faq, self.problem = load_faq(self._folder), None
            except RulesBroken as broken:
                self.problem = f"{broken} The FAQ from before stays in force."
        with self._lock:
            book = self._book
            is_stale = book is not None and (
                book.faq is not self._faq or not _same(self._eyes(), self._made_with)
            )
            if is_stale:
                self._make()
        return self.problem


def _same(one: Eyes | None, other: Eyes | None) -> bool:
    if one is None or other is None:
        return one is other
    return one.encoder is other.encoder and one.talk is other.talk
