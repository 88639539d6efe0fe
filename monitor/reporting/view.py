"""The figures as the strings that text and page share, so that the two cannot disagree.

No layout here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from monitor.core.figures import Change, Figures, SeenGap, Slice
from monitor.core.latency import Row
from monitor.core.visibility import Lag
from monitor.reporting import charts, sections, verdict, words
from monitor.reporting.definitions import DEFINITIONS
from monitor.reporting.shapes import Card, Line, Open, Table, View

_FAR = 0.1  # ten points
_MOST_GAPS = 12


def view(figures: Figures) -> View:
    """Everything a report shows."""
    return View(
        subject=verdict.subject(figures),
        title=words.line(figures.title, 80),
        dates=_dates(figures),
        headline=verdict.headline(figures),
        reasons=verdict.reasons(figures),
        cards=_cards(figures) if figures.total.n else (),
        advice=sections.advice(figures),
        chart=charts.chart(figures),
        reach=charts.reach(figures),
        has_surges=any(r.in_surges for r in charts.reach(figures)),
        clocks=charts.clocks(figures),
        clock_note=charts.clock_note(figures),
        now=charts.now(figures),
        total=_line("All", figures.total, figures.change, figures),
        channels=_table("By channel", "Channel", figures.channels, figures, words.line),
        tables=(
            _table("Simple and complex", "Kind", figures.complexities, figures, words.kind),
            _table("By topic", "Topic", figures.topics, figures, words.topic),
            _table("By urgency", "Urgency", figures.urgencies, figures, words.urgency),
            _table("By language", "Language", figures.languages, figures, words.language),
        ),
        firsts=sections.firsts(figures),
        hours=sections.hours(figures),
        heat=sections.heat(figures),
        rushes=sections.rushes(figures),
        unanswered=tuple(
            Open(
                words.length(w.waited),
                " · ".join(
                    (words.line(w.channel, 60), words.topic(w.topic), words.urgency(w.urgency))
                ),
                words.line(w.text),
                words.link(w.link),
            )
            for w in figures.unanswered
        ),
        more_unanswered=_more(figures),
        notes=tuple(_notes(figures)),
        definitions=DEFINITIONS,
    )


def _dates(figures: Figures) -> str:
    period = figures.period
    year = "" if period.first.year == period.last.year else f" {period.first.year}"
    first = f"{period.first:%a} {period.first.day} {period.first:%b}{year}"
    last = f"{period.last:%a} {period.last.day} {period.last:%b %Y}"
    days = last if period.days == 1 else f"{first} – {last}"
    week = f" · week {period.first.isocalendar().week}" if period.is_week else ""
    return f"{days}{week} · {period.zone.key}"


def _cards(figures: Figures) -> tuple[Card, ...]:
    row, goal = figures.total, words.percent(round(figures.goal * 1000), 1000)
    moved, between = words.change(figures.change), words.between(row)
    calm = " in calm hours" if figures.calm else ""
    share = Card(
        words.share(row.staff, row),
        "answered in target",
        tuple(
            note
            for note in (
                f"goal {goal}",
                between and f"95% interval {between}",
                moved and f"{moved} vs {words.before_it(figures)}{calm}",
            )
            if note
        ),
        _tone(row, figures.goal, figures.goal + _FAR),
    )
    median = Card(
        words.quantile(row.p50, row),
        "median wait for staff",
        (words.slowest(row.p90),) if not row.is_small else ("too few to say",),
    )
    oldest = (f"oldest {words.length(row.oldest_unanswered)}",) if row.unanswered else ()
    lonely = Card(f"{row.unanswered:,}", "unanswered", oldest, "bad" if row.unanswered else "good")
    acks = (f"95% within {words.at_most(row.ack_p95)}",) if row.acked else ("none was sent",)
    acked = words.share(row.acked, row) if row.acked else words.NOTHING
    ack = Card(acked, "acknowledged at once", acks)
    return share, median, lonely, ack


def _tone(row: Row, goal: float, usual: float) -> str:
    """Green at the goal, red far below the usual; red for every line would say nothing."""
    if row.share is None or row.is_small:
        return ""
    if row.share >= goal:
        return "good"
    return "bad" if row.share <= usual - _FAR else ""


def _table(
    title: str, column: str, parts: Sequence[Slice], figures: Figures, name: Callable[[str], str]
) -> Table:
    return Table(title, column, tuple(_line(name(p.key), p.row, p.change, figures) for p in parts))


def _line(name: str, row: Row, change: Change | None, figures: Figures) -> Line:
    return Line(
        name=name,
        n=f"{row.n:,}",
        share=words.share(row.staff, row),
        change=words.change(change),
        staff=words.share(row.staff, row),
        community=words.share(row.community, row),
        nobody=words.share(row.nobody, row),
        median=words.quantile(row.p50, row),
        nine_in_ten=words.quantile(row.p90, row),
        slowest=words.slowest(row.p90),
        waiting=f"{row.waiting:,}" if row.n else words.NOTHING,
        acked=words.share(row.acked, row),
        bar=_bar(row),
        tone=_tone(row, figures.goal, figures.total.share or 0.0),
        is_small=row.is_small,
    )


def _bar(row: Row) -> tuple[tuple[str, float], ...]:
    if row.n == 0:
        return ()
    parts = (("staff", row.staff), ("community", row.community), ("nobody", row.nobody))
    return tuple((who, round(100 * n / row.n, 2)) for who, n in parts if n)


def _more(figures: Figures) -> str:
    hidden = figures.total.unanswered - len(figures.unanswered)
    return f"and {hidden:,} more" if hidden > 0 and figures.unanswered else ""


def _notes(figures: Figures) -> Iterator[str]:
    zone = figures.period.zone
    yield f"As of {words.moment(figures.as_of, zone)} ({zone.key})."
    yield from _still_waiting(figures)
    yield from _small_print(figures)
    yield from (_visibility(lag) for lag in figures.lags)
    yield from (_gap(gap, figures) for gap in figures.gaps[:_MOST_GAPS])
    if len(figures.gaps) > _MOST_GAPS:
        yield f"And {len(figures.gaps) - _MOST_GAPS:,} more gaps, listed in the JSON report."
    if not figures.gaps:
        yield "No gaps are known."


def _still_waiting(figures: Figures) -> Iterator[str]:
    row = figures.total
    if row.waiting:
        askers = words.count(row.waiting, "asker waits", "askers wait")
        yield f"{askers} for staff, the longest {words.length(row.oldest_waiting)}."
    if figures.backlog.n:
        yield (
            f"From before these days {figures.backlog.n:,} more still wait, "
            f"the longest {words.length(figures.backlog.oldest)}; they are in no share above."
        )


def _small_print(figures: Figures) -> Iterator[str]:
    row = figures.total
    if row.acked:
        yield (
            f"Acknowledgements: {row.acked:,} of {row.n:,}, "
            f"half within {words.at_most(row.ack_p50)}, 95% within {words.at_most(row.ack_p95)}."
        )
    if row.mean_day is not None and not row.is_small:
        yield f"Mean wait for staff, each cut at 24 hours: {words.length(row.mean_day)}."
    if row.by_proximity:
        guessed = words.percent(row.by_proximity, row.staff_ever)
        yield (
            f"{guessed} of {words.count(row.staff_ever, 'staff answer', 'staff answers')} "
            "had no reply mark or mention; whom they answered was inferred."
        )
    if figures.skewed:
        bore = words.count(figures.skewed, "question bears", "questions bear")
        yield f"{bore} a later time than an answer to it; such a wait counts as none."
    yield from _moved(figures)
    if figures.withdrawn:
        withdrawn = words.count(figures.withdrawn, "question", "questions")
        yield f"Left out: {withdrawn} that the asker withdrew before any answer."
    if figures.copies:
        asked = words.count(figures.copies, "question was", "questions were")
        yield f"{asked} asked again in another place; only its channel counts it a second time."


def _moved(figures: Figures) -> Iterator[str]:
    """Late answers may change a week after its mail went out; by a point or more, that is told."""
    told, now = figures.mailed_before, figures.previous.share
    if told is None or now is None or figures.previous.is_small:
        return
    before, after = words.rounded(told), words.rounded(now)
    if before != after:
        yield f"{words.before_it(figures).capitalize()}: {before}% when it was mailed, {after}% as known by now."


def _visibility(lag: Lag) -> str:
    ahead = f"; {lag.ahead:,} bore a time ahead of ours" if lag.ahead else ""
    return (
        f"{lag.platform.shown}: 95% of {words.count(lag.n, 'message', 'messages')} "
        f"seen within {words.at_most(lag.p95)}{ahead}."
    )


def _gap(gap: SeenGap, figures: Figures) -> str:
    zone = figures.period.zone
    since = words.moment(gap.since, zone) if gap.since else "an unknown time"
    until = words.moment(gap.until, zone) if gap.until else "an unknown time"
    where = words.line(f"{gap.account} {gap.stream}", 80)
    return f"Gap: {where} from {since} to {until}: {words.line(gap.reason)}"
