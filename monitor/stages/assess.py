"""Judge what waits, attach it to cases, decide what to say, and store all of it in one transaction."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from monitor.core import desk as cards
from monitor.core.assessment import Assessment
from monitor.core.cases import Read
from monitor.core.ledger import Attached, Ledger
from monitor.core.linking import Judge
from monitor.core.lookalike import noted
from monitor.core.messages import Message, Platform, Role
from monitor.core.quick import replace
from monitor.core.roster import Roster, role_of
from monitor.core.targets import Targets, with_due
from monitor.core.triage import Delivery, News, Playbook, Speaker, triage
from monitor.core.wording import fingerprint
from monitor.ports import Classifier
from monitor.stages import fakes
from monitor.stages import faq as faqs
from monitor.stages.copies import note_copies, said_once
from monitor.stages.replies import judged_in_full
from monitor.store import (
    accounts,
    assessments,
    cases,
    deliveries,
    edits,
    guesses,
    messages,
    moving,
    needs_triage,
    recent,
    unasked,
    unsettled,
)
from monitor.store.database import Connection, Database, is_passing
from monitor.store.written import message_of, was_rewritten

log = logging.getLogger(__name__)
LIMIT = 200
_HUMAN = (Role.MEMBER, Role.STAFF)


@dataclass(frozen=True, slots=True)
class House:
    """What judging needs of the house. The callables give the rules, roster and targets of this moment.

    `speakers` by (platform, place); `anywhere` by platform, for places the config does not name;
    `private` are places that are ours alone (the managers' chat): nothing there is a question;
    `links` judges who answers whom; without it that is guessed by nearness alone; `faq` gives the ready
    answers of this moment.
    """

    database: Database
    classifier: Classifier
    playbook: Callable[[], Playbook]
    roster: Callable[[], Roster]
    targets: Callable[[], Targets]
    speakers: Mapping[tuple[Platform, str], Speaker] = field(default_factory=dict)
    anywhere: Mapping[Platform, Speaker] = field(default_factory=dict)
    private: frozenset[tuple[Platform, str]] = frozenset()
    links: Judge | None = None
    faq: Callable[[], faqs.Book] | None = None
    warnings: fakes.Texts | None = None  # of who speaks in our name; None: never in public
    refresh: Callable[[], object] = lambda: (
        None
    )  # edited rules and new corrections, looked at before judging
    one_at_a_time: threading.Lock = field(default_factory=threading.Lock)  # pollers judge too

    def judged(self, found: Sequence[Message]) -> list[Assessment]:
        """One assessment a message, by the rules and corrections of this moment."""
        with self.one_at_a_time:
            self.refresh()
            alone = self.classifier.assess(found)
            assessed = judged_in_full(self.database, self.classifier, self.roster(), found, alone)
        team = self.roster().names
        return [
            noted(one, message.author, team) for one, message in zip(assessed, found, strict=True)
        ]


def assess_waiting(house: House, now: datetime, limit: int = LIMIT) -> int:
    """Judge up to `limit` waiting messages; how many were looked at. One bad message stops nobody."""
    try:
        return _assess(house, now, limit, ())
    except Exception as error:
        if is_passing(error):
            raise
        log.exception("a batch could not be judged; judging its messages one by one")
    with house.database.read() as connection:
        numbers = [row.id for row in messages.unassessed(connection, limit)]
    for number in numbers:
        _assess_alone(house, number, now)
    return len(numbers)


def _assess_alone(house: House, number: int, now: datetime) -> None:
    try:
        _assess(house, now, 1, (number,))
    except Exception as error:
        if is_passing(error):
            raise
        log.exception("a message could not be judged", extra={"message_id": number})
        reason = f"could not be attached: {type(error).__name__}"
        with house.database.write() as connection:
            messages.could_not_assess(connection, number, reason, now)


def _assess(house: House, now: datetime, limit: int, only: Sequence[int]) -> int:
    if house.database.is_sqlite:
        return _assess_embedded(house, now, limit, only)
    with house.database.write() as connection:
        # This transaction is the claim: others skip its rows.
        rows = messages.unassessed(connection, limit, only=only, lock=True)
        if rows:
            _decide(connection, house, _judge(connection, house, rows), now)
    return len(rows)


def _assess_embedded(house: House, now: datetime, limit: int, only: Sequence[int]) -> int:
    with house.database.read() as connection:
        rows = messages.unassessed(connection, limit, only=only)
        if not rows:
            return 0
        reads, failed = _judge(connection, house, rows)
    with house.database.write() as connection:
        new = messages.still_new(connection, rows)
        failed = [(number, reason) for number, reason in failed if number in new]
        _decide(connection, house, ([r for r in reads if r.id in new], failed), now)
    return len(rows)


_Outcome = tuple[list[Read], list[tuple[int, str]]]
Keep = Callable[[Connection, Sequence[messages.Judged]], object]


def _judge(connection: Connection, house: House, rows: Sequence[Any]) -> _Outcome:
    found = [message_of(row) for row in rows]
    roles = roles_of(connection, house, found, messages.keys_of(found))
    judged, failed = _classify(house, found)
    reads = [
        Read(
            message,
            role,
            judged[index],
            row.id,
            row.case_id,
            row.imported,
            was_rewritten(row.edited_at, row.seen_at),
        )
        for index, (row, message, role) in enumerate(zip(rows, found, roles, strict=True))
        if index in judged
    ]
    if house.faq is not None:
        faqs.look_ahead(house.faq, house.playbook, reads)
    return reads, [(rows[index].id, reason) for index, reason in failed]


def roles_of(
    connection: Connection, house: House, found: Sequence[Message], keys: Mapping[str, str]
) -> list[Role]:
    """Who wrote each of these, seen from the house. `keys` (messages.keys_of) names them all, or more."""
    roster = house.roster()
    own = {Platform(p): ids for p, ids in accounts.own_identities(connection).items()}
    said = deliveries.ours_among(connection, keys)
    return [Role.BOT if said and messages.key_of(m) in said else
            m.role or role_of(m.author, m.platform, m.sent_at, roster, own) for m in found]  # fmt: skip


def _classify(
    house: House, found: Sequence[Message]
) -> tuple[dict[int, Assessment], list[tuple[int, str]]]:
    try:
        return dict(enumerate(house.judged(found))), []
    except Exception:
        log.exception("the classifier failed on a batch; judging its messages one by one")
    judged: dict[int, Assessment] = {}
    failed: list[tuple[int, str]] = []
    for index, message in enumerate(found):
        try:
            judged[index] = house.judged([message])[0]
        except Exception as error:  # noqa: BLE001 - told and kept in quarantine
            failed.append((index, f"could not be judged: {type(error).__name__}"))
    return judged, failed


def _decide(connection: Connection, house: House, judged: _Outcome, now: datetime) -> None:
    reads, failed = judged
    for number, reason in failed:
        messages.could_not_assess(connection, number, reason, now)
    decide(connection, house, reads, now, messages.mark_assessed)


def decide(
    connection: Connection, house: House, reads: Sequence[Read], now: datetime, keep: Keep
) -> None:
    """Attach to cases, store what became of the messages by `keep`, and queue what is to be said."""
    cases.lock_places(connection, (r.message for r in reads))
    moved = edits.moved_places(connection, Platform.TELEGRAM)
    reads = [replace(r, said=fingerprint(r.message)) if r.asks else r for r in reads]
    placed = [_in_new_place(r, moved) for r in reads] if moved else reads
    private = moving.followed(house.private, moved)
    asked = [r for r in placed if (r.message.platform, r.message.place) not in private]
    known = cases.known_around(connection, asked)
    known = recent.completed(connection, known, asked, guesses=house.links is not None)
    attached = Ledger(known, house.links).attach(asked)
    attached = _with_targets(attached, house.targets())
    ids = cases.save(connection, attached, known.cases)
    copies = note_copies(connection, attached, ids, known.cases)
    keep(connection, [_judged(read, attached, ids) for read in reads])
    said = _to_say(connection, house, attached, moved, now) + _of_fakes(
        connection, house, asked, attached, moved, now
    )
    deliveries.queue(connection, said_once(connection, said, copies, ids), ids, now)
    unasked.note_opt_outs(connection, asked, now)
    _link_earlier(connection, reads, attached, ids)
    guesses.save(connection, attached.guesses)
    unsettled.note(connection, asked, known.nearby, now)
    needs_triage.note(connection, asked)
    human = [(r.id, r.assessment) for r in reads if r.role in _HUMAN]
    assessments.save(connection, human, now, {r.id: r.said for r in reads if r.said})


def _judged(read: Read, attached: Attached, ids: Mapping[str, int]) -> messages.Judged:
    key = attached.links.get(read.id)
    return messages.Judged(read.id, read.message, read.role, ids[key] if key else None)


def _link_earlier(connection: Connection, reads: Sequence[Read], attached: Attached,
                  ids: Mapping[str, int]) -> None:  # fmt: skip
    own = {read.id for read in reads}
    earlier = {n: ids[key] for n, key in attached.links.items() if n not in own and key}
    messages.link_to_cases(connection, earlier)


def _in_new_place(read: Read, moved: Mapping[str, str]) -> Read:
    message = read.message
    if message.platform is not Platform.TELEGRAM or message.place not in moved:
        return read
    return replace(read, message=replace(message, place=moved[message.place]))


def _with_targets(attached: Attached, targets: Targets) -> Attached:
    changed = {key: with_due(attached.cases[key], targets) for key in attached.touched}
    return replace(attached, cases=attached.cases | changed)


def _to_say(connection: Connection, house: House, attached: Attached, moved: Mapping[str, str],
            now: datetime) -> list[Delivery]:  # fmt: skip
    live = {
        key: read
        for key, read in (attached.opened | attached.again | attached.raised).items()
        if not read.imported
    }
    if not live:
        return []
    playbook = house.playbook()
    if playbook.desk is not None and playbook.desk.place in moved:
        playbook = replace(playbook, desk=replace(playbook.desk, place=moved[playbook.desk.place]))
    back = {new: old for old, new in moved.items()}
    said: list[Delivery] = []
    for key, read in live.items():
        case, news = attached.cases[key], _news(attached, key)
        text = cards.headline(case, news)  # the card itself is written as it goes out
        speaker = _speaker(house, read.message, back)
        found = triage(case, read, speaker, playbook, text, now, news=news)
        if house.faq is not None and news is News.OPENED:
            found = faqs.answered(connection, house.faq, case, read, speaker, playbook, found, now)
        said.extend(found)
    return said


def _of_fakes(connection: Connection, house: House, reads: Sequence[Read], attached: Attached,
              moved: Mapping[str, str], now: datetime) -> list[Delivery]:  # fmt: skip
    back = {new: old for old, new in moved.items()}
    return fakes.noticed(
        connection, reads, attached, house.playbook, house.warnings, lambda m: _speaker(house, m, back), moved, now
    )  # fmt: skip


def _news(attached: Attached, key: str) -> News:
    if key in attached.raised:
        return News.RAISED
    return News.AGAIN if key in attached.again else News.OPENED


def _speaker(house: House, message: Message, back: Mapping[str, str]) -> Speaker | None:
    where = (message.platform, message.place)
    old = (message.platform, back.get(message.place, ""))
    return (
        house.speakers.get(where) or house.speakers.get(old) or house.anywhere.get(message.platform)
    )
