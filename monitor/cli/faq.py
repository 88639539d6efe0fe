"""`monitor faq`: what the FAQ holds, what it makes of a text, how good it is, and what it lacks. Changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor.cli.common import AsJson, ConfigFile, WrongUse

if TYPE_CHECKING:
    from monitor.classify.faq import FaqBook
    from monitor.classify.house_rules import HouseRules
    from monitor.config import Config
    from monitor.core.faq_figures import FaqFigures, Found

app = typer.Typer(
    help="Answers kept ready in rules/faq/.", no_args_is_help=True, rich_markup_mode=None
)
_WORST = 10  # wrong answers that are shown
_GAPS = 30


ByWords = typer.Option(False, "--words", help="As without the extra nlp.")


def _config(file: Path) -> Config:
    from monitor.cli.common import read_config_or_defaults

    return read_config_or_defaults(file)


def _house(config: Config) -> HouseRules:
    from monitor.app import house_rules

    return house_rules(config)


def _book(config: Config, *, words: bool) -> FaqBook:
    if not words:
        return _house(config).faq.book
    from monitor.classify.faq import FaqBook
    from monitor.classify.faqfiles import load_faq
    from monitor.cli.common import rules_folder

    return FaqBook(load_faq(rules_folder(config)))


def _print_json(value: Any) -> None:
    import json

    print(json.dumps(value, ensure_ascii=False))


@app.command("list")
def list_(config: Path = ConfigFile, json: bool = AsJson) -> None:
    """All entries: topics, languages, how many questions, until when."""
    from monitor.classify.faqfiles import load_faq
    from monitor.cli.common import rules_folder, utc_now

    faq = load_faq(rules_folder(_config(config)))
    rows: list[dict[str, Any]] = [
        {
            "id": e.id,
            "topics": [t.value for t in e.topics],
            "languages": sorted(e.answers),
            "questions": sum(map(len, e.questions.values())),
            "link": e.link,
            "valid_until": str(e.valid_until or ""),
            "in_force": e.in_force(utc_now().date()),
            "title": e.title("en"),
        }
        for e in faq.entries
    ]
    if json:
        _print_json({"version": faq.version, "entries": rows})
        return
    for row in rows:
        state = "" if row["in_force"] else f"  EXPIRED {row['valid_until']}"
        counts = f"{row['questions']} questions, {len(row['languages'])} languages"
        print(f"{row['id']:<24}{', '.join(row['topics']):<22}{counts:<30}{row['title']}{state}")
    print(f"{len(rows)} entries, version {faq.version}")


@app.command("try")
def try_(
    text: Annotated[str, typer.Argument(help="A question as somebody might ask it.")],
    config: Path = ConfigFile,
    json: bool = AsJson,
) -> None:
    """Which entries fit a text, how surely, and whether the desk would say the first one by itself."""
    from monitor.cli.common import readable, utc_now

    text = readable(text)
    house = _house(_config(config))
    judged = house.judge.assess([_message(text)])[0]
    rules, today = house.live.rules, utc_now().date()
    found = (
        house.faq.book.matches(text, judged.language, today) if judged.topic.needs_answer else []
    )
    rows = [
        {
            "entry": m.entry.id,
            "score": m.score,
            "sure": m.sure,
            "why": m.why,
            "says": _would_say(
                m.sure, judged.topic in m.entry.topics, rules.topics[judged.topic].policy
            ),
            "answer": m.entry.answer(judged.language) or m.entry.answer("en"),
        }
        for m in found
    ]
    if json:
        _print_json({"language": judged.language, "topic": judged.topic, "matches": rows})
        return
    print(f"{judged.language} · {judged.topic} · {judged.urgency.word}")
    for row in rows or [{}]:
        if not row:
            print("No entry fits.")
            continue
        print(f"\n{row['entry']}: {row['why']}\n{row['says']}\n  {row['answer']}")


def _would_say(sure: bool, is_for_topic: bool, policy: str) -> str:
    if not sure:
        return "Not sure enough: offered to the managers."
    if not is_for_topic:
        return "Not meant for this topic: offered to the managers."
    if policy != "answer":
        return f"The topic's policy is {policy}: offered to the managers."
    return "Would be said by itself."


def _message(text: str) -> Any:
    from monitor.cli.common import utc_now
    from monitor.core.messages import Author, Message, Platform

    return Message(Platform.TELEGRAM, "try", "1", Author("try"), text, utc_now())


@app.command("eval")
def eval_(
    file: Annotated[
        Path | None, typer.Argument(help="JSON lines: text, entry (null for none), lang.")
    ] = None,
    words: bool = ByWords,
    config: Path = ConfigFile,
    json: bool = AsJson,
) -> None:
    """How often the right entry is found and how often a wrong one would be said: on its own questions, each left out
    in turn, and on messages that nothing answers; or on a file."""
    from monitor.classify.faq_evaluating import asked, left_out, load_lines
    from monitor.classify.labelled import BadFile

    book = _book(_config(config), words=words)
    try:
        found = left_out(book) if file is None else asked(book, load_lines(file, book))
    except BadFile as wrong:
        raise WrongUse(str(wrong)) from None
    if json:
        _print_json(_as_dict(book, found))
        return
    for line in _lines(book, found):
        print(line)


def _as_dict(book: FaqBook, found: list[Found]) -> dict[str, Any]:
    from dataclasses import asdict

    from monitor.core.faq_figures import TARGET, by_language, enough, figures

    tiers = {f.tier for f in found}
    return {
        "version": book.faq.version,
        **asdict(figures(found)),
        "target": TARGET,
        "tiers": {
            tier: {
                **asdict(figures([f for f in found if f.tier == tier])),
                "threshold": book.faq.thresholds[tier].answer,
                "would_do": enough(f for f in found if f.tier == tier),
            }
            for tier in sorted(tiers)
        },
        "per_language": {name: asdict(one) for name, one in by_language(found).items()},
        "wrong": [
            {"text": f.text, "lang": f.language, "said": f.first, "entry": f.wanted or None}
            for f in found
            if f.said and not f.right
        ],
    }


def _lines(book: FaqBook, found: list[Found]) -> list[str]:
    from monitor.core.faq_figures import TARGET, by_language, enough, figures

    shown = [
        f"FAQ {book.faq.version}: {len(book.faq.entries)} entries",
        "",
        _HEAD,
        _row("all", figures(found)),
    ]
    shown += [_row(name, one) for name, one in by_language(found).items()]
    for tier in sorted({f.tier for f in found}):
        own = [f for f in found if f.tier == tier]
        own_figures, limit = figures(own), enough(own)
        would = "no threshold would do" if limit is None else f"{limit:.2f} would do"
        precision = own_figures.precision
        is_good = precision is not None and precision >= TARGET
        verdict = "reached" if is_good else "nothing is said" if precision is None else "MISSED"
        shown += ["", f"Judged by {tier}: answers from {book.faq.thresholds[tier].answer:.2f} on; target "
                  f"{TARGET:.2f} right of what is said: {verdict} ({would})."]  # fmt: skip
    wrong = [f for f in found if f.said and not f.right]
    shown += ["", "Said and wrong:" if wrong else "Nothing that was said was wrong."]
    shown += [f'  {f.language:<8}{f.first} for "{f.text}" ({f.wanted or "no entry"})'
              for f in wrong[:_WORST]]  # fmt: skip
    return shown


_HEAD = f"{'':<10}{'asked':>7}{'others':>8}{'said':>6}{'right':>8}{'covered':>9}{'first':>8}{'wrongly said':>14}"


def _row(name: str, one: FaqFigures) -> str:
    shares = [("–" if v is None else f"{v:.2f}") for v in (one.precision, one.coverage, one.first)]
    return (
        f"{name:<10}{one.asked:>7}{one.others:>8}{one.said:>6}{shares[0]:>8}{shares[1]:>9}{shares[2]:>8}"
        f"{one.answered:>14}"
    )


@app.command()
def gaps(
    since: Annotated[str, typer.Option("--from", help="First day: 2026-11-01.")],
    until: Annotated[str, typer.Option("--to", help="Last day, included: 2026-11-14.")],
    words: bool = ByWords,
    config: Path = ConfigFile,
    json: bool = AsJson,
) -> None:
    """What people ask that no entry answers, and how often each entry helped."""
    from dataclasses import asdict

    from monitor.classify.faq_gaps import Question, unanswered
    from monitor.classify.faq_gaps import gaps as put_together
    from monitor.cli.common import local_time, opened, utc_now
    from monitor.store import faq as store

    read = _config(config)
    first = local_time(since, read.timezone, "--from")
    ends = until if "T" in until else f"{until}T23:59:59.999999"
    last = local_time(ends, read.timezone, "--to")
    if first > last:
        raise WrongUse(f"--from {since}: later than --to {until}. Turn them round.")
    with opened(read) as database, database.read() as connection:
        asked = store.questions(connection, first, last)
        used = store.used(connection, first, last)
    open_ones = [Question(q.text, q.topic, q.language) for q in asked if not q.answered]
    book = _book(read, words=words)
    lacking = unanswered(book, open_ones, utc_now().date())
    found = put_together(book, lacking)
    if json:
        _print_json({"asked": len(asked), "answered": len(asked) - len(open_ones), "unanswered": len(lacking),
                     "gaps": [asdict(g) for g in found], "used": [asdict(u) for u in used]})  # fmt: skip
        return
    print(f"{len(asked)} questions, {len(asked) - len(open_ones)} answered by the FAQ, "
          f"{len(open_ones) - len(lacking)} with an entry to offer, {len(lacking)} that no entry answers.")  # fmt: skip
    for gap in found[:_GAPS]:
        spoken = ", ".join(f"{name} {count}" for name, count in gap.languages.items())
        print(f"\n{gap.count:>5}  {gap.topic} ({spoken})")
        for example in gap.examples:
            print(f"         {_shown(example)}")
    if used:
        print(f"\n{'entry':<26}{'said':>6}{'helped':>8}{'did not':>9}{'no word':>9}")
    for use in used:
        silent = use.said - use.helped - use.not_helped
        print(f"{use.entry:<26}{use.said:>6}{use.helped:>8}{use.not_helped:>9}{silent:>9}")


def _shown(text: str) -> str:
    from monitor.core.text import clip, safe

    return clip(" ".join(safe(text).split()), 120)
