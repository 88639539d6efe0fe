"""Look whether far more people ask than usual, or far fewer: open, follow and close incidents, tell the desk.

Everything it must not forget is in the database; `Usual` only saves reading it again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from monitor.core import incidents as words_of
from monitor.core import surge
from monitor.core.assessment import Topic
from monitor.core.incidents import (
    ALL,
    RECENT,
    Asker,
    Incident,
    IncidentKind,
    Names,
    askers_by_series,
    distinct,
    expected_wait,
    newest_beginning,
    parent_of,
)
from monitor.core.surge import SILENCES, WINDOWS, Baseline, Course, Seen
from monitor.core.triage import Delivery, Desk, Kind, priority
from monitor.reporting import words
from monitor.stages.usual import Usual
from monitor.store import deliveries
from monitor.store import figures as places
from monitor.store import incidents as store
from monitor.store.database import Database

_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)
_WEEK = timedelta(days=7)
_LATE = timedelta(minutes=30)  # cases come minutes after their messages
_SAMPLES = 3


@dataclass(frozen=True, slots=True)
class View:
    """What one look sees."""

    now: datetime
    askers: Mapping[str, Sequence[Asker]]
    incidents: tuple[Incident, ...]
    names: Names

    @property
    def opened(self) -> tuple[Incident, ...]:
        """Those that go on."""
        return tuple(i for i in self.incidents if i.closed_at is None)

    def of(self, series: str) -> Sequence[Asker]:
        """Who asked in the last day."""
        return self.askers.get(series, ())

    def seen(self, series: str, *, afresh: bool = False) -> Seen:
        """Counts of the windows; `afresh`: without what belongs to a surge that is over."""
        minutes = (*WINDOWS, *SILENCES)
        over = [i.closed_at for i in self.incidents if i.closed_at and series in i.all_series]
        since = max([self.now - max(minutes) * _MINUTE, *(over if afresh else ())])
        recent = [a for a in self.of(series) if a.asked_at > since]
        return Seen(self.now, {m: distinct(recent, self.now - m * _MINUTE) for m in minutes})

    def queue(self, series: str) -> int:
        """Who waits for a first answer."""
        return sum(a.waits_at(self.now) for a in self.of(series))


def look(database: Database, usual: Usual, desk: Desk | None, now: datetime) -> int:
    """One look at every series; how many alerts were put into the outbox."""
    with database.read() as connection:
        usual.roll(connection, now)
        live = [a for a in store.askers(connection, now - _DAY, now) if not a.imported]
        names = Names(
            places.place_names(connection), {t.value: words.topic(t.value) for t in Topic}, words.LANGUAGES
        )  # fmt: skip
        view = View(
            now,
            askers_by_series(live),
            tuple(store.recent_incidents(connection, now - _DAY)),
            names,
        )
    for asker in live:
        usual.hear(asker)
    alerts = [*_follow(database, usual, view), *_open(database, usual, view)]
    if desk is None or not alerts:
        return 0
    with database.write() as connection:
        deliveries.queue(
            connection, [_alert(key, text, desk, now) for key, text in alerts], {}, now
        )
    return len(alerts)


_Alert = tuple[str, str]  # key, text
_Surging = tuple[float, str, Baseline]  # times the usual, series, the usual


def _alert(key: str, text: str, desk: Desk, now: datetime) -> Delivery:
    return Delivery(key, Kind.ALERT, desk.account, desk.platform, desk.place, text,
                    priority(Kind.ALERT), now)  # fmt: skip


def _key(incident: Incident, end: str = "") -> str:
    return f"{incident.kind}:{incident.series}:{incident.opened_at.isoformat()}{end}"


def _follow(database: Database, usual: Usual, view: View) -> Iterator[_Alert]:
    """Each open incident goes on or is over."""
    for incident in view.opened:
        profile = usual.of(incident.series)
        surges = incident.kind is IncidentKind.SURGE
        after = _surge_after(incident, profile, view) if surges else _silence_after(incident, view)
        mine = [a.case_id for a in view.of(incident.series) if _belongs(a, after, view.now)]
        with database.write() as connection:
            changed = store.save(connection, after)
            if surges:
                store.attach(connection, incident.id, mine)
        if changed and after.closed_at is not None:
            yield _key(after, ":closed"), _over(database, after, view)


def _belongs(asker: Asker, incident: Incident, now: datetime) -> bool:
    since = incident.began_at if incident.closed_at else max(incident.began_at, now - _LATE)
    return since <= asker.asked_at


def _surge_after(incident: Incident, usual: Baseline | None, view: View) -> Incident:
    seen = view.seen(incident.series)
    calm = usual is None or surge.is_calm(seen, usual)
    course = Course(incident.began_at, incident.usual_queue, incident.calm_since)
    asked = sum(a.asked_at >= incident.began_at for a in view.of(incident.series))
    queue = view.queue(incident.series)
    after = surge.goes_on(course, view.now, queue, asked, calm=calm)
    peak = max(incident.peak, seen.askers[60])
    if after is None:
        return replace(incident, peak=peak, closed_at=view.now)
    return replace(incident, peak=peak, calm_since=after.calm_since)


def _silence_after(incident: Incident, view: View) -> Incident:
    """Over with the first who asks after it was noticed."""
    asked = [a.asked_at for a in view.of(incident.series) if a.asked_at > incident.opened_at]
    return replace(incident, closed_at=max(asked)) if asked else incident


def _over(database: Database, incident: Incident, view: View) -> str:
    if incident.kind is IncidentKind.SILENCE:
        return words_of.silence_over_card(incident, view.names)
    with database.read() as connection:
        linked = store.cases_of(connection, [incident.id]).get(incident.id, frozenset())
    waiting = sum(a.waits_at(view.now) for a in view.of(incident.series) if a.case_id in linked)
    return words_of.surge_over_card(incident, len(linked), waiting, view.names)


def _open(database: Database, usual: Usual, view: View) -> Iterator[_Alert]:
    surges: list[_Surging] = []
    silences: list[tuple[str, Baseline]] = []
    for series in sorted({*usual.profiles, *view.askers}):
        profile, seen = usual.of(series), view.seen(series)
        if profile is None:
            continue
        if found := surge.surge_in(view.seen(series, afresh=True), profile, usual.bars_of(series)):
            surges.append((found.ratio, series, profile))
        elif usual.can_be_silent(series, view.now) and surge.silence_in(seen, profile):
            silences.append((series, profile))
    surges.sort(key=lambda s: s[:2], reverse=True)
    yield from _open_surges(database, view, surges)
    yield from _open_silences(database, usual, view, silences)


def _open_surges(database: Database, view: View, found: Sequence[_Surging]) -> Iterator[_Alert]:
    """The clearest series gives its name to the incident; what is another view of it folds into it."""
    opened = [i for i in view.opened if i.kind is IncidentKind.SURGE]
    for ratio, series, usual in found:
        if any(series in i.all_series for i in opened):
            continue
        since = (view.now - (newest_beginning(opened) or view.now)) // _MINUTE
        expected = usual.expected(view.now, since)
        if parent := parent_of(series, view.askers, opened, expected):
            opened[opened.index(parent)] = _fold(database, parent, series)
            continue
        incident = _surge(database, usual, view, series, ratio)
        with database.write() as connection:
            number = store.open_one(connection, incident)
            if number is None:
                continue
            mine = [a.case_id for a in view.of(series) if a.asked_at >= incident.began_at]
            store.attach(connection, number, mine)
        opened.append(replace(incident, id=number))
        yield _key(incident), _card(database, incident, view)


def _fold(database: Database, parent: Incident, series: str) -> Incident:
    folded = replace(parent, folded=(*parent.folded, series))
    with database.write() as connection:
        store.save(connection, folded)
    return folded


def _surge(database: Database, usual: Baseline, view: View, series: str, ratio: float) -> Incident:
    minutes = [0] * 60
    for asker in view.of(series):
        ago = (view.now - asker.asked_at) // _MINUTE
        if 0 <= ago < 60:
            minutes[59 - ago] += 1
    return Incident(
        id=0,
        kind=IncidentKind.SURGE,
        series=series,
        began_at=surge.began(minutes, view.now, usual, ratio),
        opened_at=view.now,
        usual=usual.expected(view.now, 60),
        usual_queue=_usual_queue(database, series, view.now),
        ratio=ratio,
        peak=view.seen(series).askers[60],
    )


def _usual_queue(database: Database, series: str, now: datetime) -> float:
    """What nine in ten hours of the week before did not exceed."""
    with database.read() as connection:
        week = store.askers(connection, now - _WEEK - _DAY, now)
    return words_of.usual_queue([a for a in week if series in a.series], now)


def _card(database: Database, incident: Incident, view: View) -> str:
    mine = view.of(incident.series)
    newest = words_of.newest(mine, _SAMPLES)
    answered = sum(a.answered_at is not None and a.answered_at > view.now - RECENT for a in mine)
    wait = expected_wait(view.queue(incident.series), answered)
    with database.read() as connection:
        samples = store.texts(connection, [a.case_id for a in newest])
    return words_of.surge_card(incident, mine, samples, view.names, wait, view.now)


def _open_silences(
    database: Database, usual: Usual, view: View, found: Sequence[tuple[str, Baseline]]
) -> Iterator[_Alert]:
    """When everything is silent, that is one alarm and not one a place."""
    silent = {i.series for i in view.opened if i.kind is IncidentKind.SILENCE}
    everything = [pair for pair in found if pair[0] == ALL]
    for series, profile in everything or found:
        if series in silent or ALL in silent:
            continue
        last = usual.heard[series]
        rate = profile.expected(view.now, 60)
        incident = Incident(0, IncidentKind.SILENCE, series, last, view.now, rate, 0.0, 0.0, 0)
        with database.write() as connection:
            number = store.open_one(connection, incident)
        if number is not None:
            yield _key(incident), words_of.silence_card(incident, view.names)
