"""`monitor check`: look at everything a desk stands on, and tell a stranger what is wrong and what to do."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from rich.console import Console

from monitor.cli.common import counted, read_config, rules_folder
from monitor.cli.troubles import explained
from monitor.config import Account, Config, ConfigBroken
from monitor.core.assessment import Policy
from monitor.core.rules import RuleSet
from monitor.ports import Finding, Refusal, Standing
from monitor.secrets import SecretMissing

_SIGN = {
    Standing.OK: "[green]ok[/]      ",
    Standing.WARNING: "[yellow]look[/]    ",
    Standing.FAILED: "[red]wrong[/]   ",
}


def check(file: Path, *, as_json: bool) -> int:
    """0 when nothing is wrong, 1 when something is, 2 when the config itself cannot be read."""
    config = read_config(file)
    found: list[Finding] = []
    console = Console(highlight=False, soft_wrap=True)
    for finding in findings(config):
        found.append(finding)
        if not as_json:
            _print(console, finding)
    if as_json:
        print(json.dumps([{"subject": f.subject, "standing": f.standing, "found": f.found, "remedy": f.remedy}
                          for f in found], ensure_ascii=False))  # fmt: skip
    wrong = [f for f in found if f.standing is Standing.FAILED]
    if not as_json:
        console.print("All is well: monitor run" if not wrong else f"{len(wrong)} to mend.")
    return 1 if wrong else 0


def _print(console: Console, finding: Finding) -> None:
    console.print(_SIGN[finding.standing], end="")
    console.print(f"{finding.subject}: {finding.found}", markup=False)
    if finding.remedy and finding.standing is not Standing.OK:
        console.print(f"         {finding.remedy}", markup=False)


def findings(config: Config) -> Iterator[Finding]:
    """One after the other, as they are found."""
    yield Finding(
        str(config.file), Standing.OK, f"{counted(len(config.enabled), 'account')} enabled"
    )
    yield from _installed()
    yield from _rules(config)
    yield from _faq(config)
    yield from _translation(config)
    yield from _database(config)
    if not config.enabled:
        yield Finding(
            "accounts",
            Standing.FAILED,
            "none is enabled",
            "Fill in [accounts.NAME]; see config.example.toml.",
        )
    if not config.desk.account:
        yield Finding(
            "desk",
            Standing.WARNING,
            "no managers' chat: nobody is alerted",
            "Set desk.account and desk.chat.",
        )
    paid = _paid(config)
    for account in config.enabled:
        yield from _account(config, account, paid.get(account.name, 0.0))


def _installed() -> Iterator[Finding]:
    """The names `connectors` and `rules` exist on the package index too; one of those may have overwritten ours."""
    import monitor

    found = importlib.util.find_spec("connectors")
    ours = Path(monitor.__file__).resolve().parent.parent
    theirs = Path((found and found.origin) or "").resolve().parent.parent
    if ours != theirs:
        yield Finding("connectors", Standing.FAILED, f"belongs to another package ({theirs})",
                      "Install response-desk into an environment of its own.")  # fmt: skip


def _rules(config: Config) -> Iterator[Finding]:
    from monitor.classify.fakewords import load_warnings
    from monitor.classify.rulefiles import check_examples, load
    from monitor.classify.rulereading import RulesBroken
    from monitor.classify.team import load_roster, load_targets

    try:
        folder = rules_folder(config)
        rules = load(folder)
        roster, _, _ = load_roster(folder), load_targets(folder), load_warnings(folder)
    except RulesBroken as broken:
        yield Finding("rules", Standing.FAILED, str(broken))
        return
    problems = check_examples(rules)
    yield _policies(rules, folder)
    yield Finding(
        "rules",
        Standing.OK,
        f"{len(rules.clues)} patterns, {len(rules.examples)} examples, version {rules.version}",
    )
    for problem in problems:
        yield Finding("rules", Standing.FAILED, problem, "Mend the pattern or the example.")
    yield _seeds(folder)
    if not roster.people:
        yield Finding("roster", Standing.WARNING, "nobody is staff: no answer counts as yours",
                      f"Name your people in {folder / 'roster.toml'}.")  # fmt: skip


def _seeds(folder: Path) -> Finding:
    """What the light judge learns from."""
    from monitor.classify.rulereading import RESTORE, RulesBroken
    from monitor.classify.seeds import load_seeds

    try:
        seeds = load_seeds(folder)
    except RulesBroken as broken:
        return Finding("seeds", Standing.FAILED, str(broken))
    if not seeds:
        return Finding(
            "seeds",
            Standing.WARNING,
            f"no labelled messages in {folder / 'seeds'}: the light judge knows only the examples in rules/topics",
            f"{RESTORE}.",
        )
    languages = sorted({seed.language.partition("-")[0] for seed in seeds})
    found = f"{counted(len(seeds), 'labelled message')} in {len(languages)} languages ({', '.join(languages)})"
    return Finding("seeds", Standing.OK, found)


def _policies(rules: RuleSet, folder: Path) -> Finding:
    """What the desk may say by itself, so that nobody is surprised."""
    by_policy = {
        p: [t.value for t, rule in rules.topics.items() if rule.policy is p] for p in Policy
    }
    said = "; ".join(
        f"{policy}: {', '.join(topics)}" for policy, topics in by_policy.items() if topics
    )
    if not by_policy[Policy.ANSWER]:
        said += f'. Ready answers are said by nobody but you: policy = "answer" in {folder / "topics"} lets the desk'
    return Finding("policies", Standing.OK, said)


def _faq(config: Config) -> Iterator[Finding]:
    from monitor.classify.faqfiles import load_faq, warnings
    from monitor.classify.rulereading import RulesBroken
    from monitor.cli.common import utc_now

    try:
        faq = load_faq(rules_folder(config))
    except RulesBroken as broken:
        yield Finding("faq", Standing.FAILED, str(broken))
        return
    yield Finding("faq", Standing.OK, f"{len(faq.entries)} entries, version {faq.version}")
    for warning in warnings(faq, utc_now().date()):
        yield Finding("faq", Standing.WARNING, warning, "Write a later valid_until or remove it.")


def _translation(config: Config) -> Iterator[Finding]:
    from monitor.classify.translator import translator_of, unusable_models

    if not config.translation.kind:
        return
    try:
        translator = translator_of(config)
    except (ConfigBroken, SecretMissing) as error:
        yield Finding("translation", Standing.FAILED, str(error))
        return
    if translator is not None:
        translator.close()
    troubles = unusable_models(config)
    for why in troubles:
        yield Finding("translation", Standing.FAILED, why)
    if not troubles:
        yield Finding("translation", Standing.OK, config.translation.kind)


def _database(config: Config) -> Iterator[Finding]:
    from monitor.app import open_store
    from monitor.store import migrate

    try:
        database = open_store(config, create=True)
        wrong = migrate.troubles(database)
        database.close()
    except Exception as error:
        known = explained(error)
        if known is None:
            raise
        wrong = known[1]
    for sentence in wrong:
        yield Finding("database", Standing.FAILED, sentence)
    if not wrong:
        yield Finding("database", Standing.OK, config.monitor.database.rpartition("@")[2])


def _paid(config: Config) -> Mapping[str, float]:
    """Dollars that each account has paid today; nothing where the database cannot be read, which was told before."""
    from monitor.app import open_store
    from monitor.cli.common import utc_now
    from monitor.store.fetches import spent_today

    try:
        database = open_store(config)
    except Exception as error:
        if explained(error) is None:
            raise
        return {}
    with database.read() as connection:
        paid = spent_today(connection, utc_now())
    database.close()
    return paid


def _account(config: Config, account: Account, paid: float) -> Iterator[Finding]:
    from monitor.app import CannotStart, connect

    missing, warnings = config.secret_troubles(account.name)
    for warning in warnings:
        yield Finding(account.name, Standing.WARNING, warning)
    for sentence in missing:
        yield Finding(account.name, Standing.FAILED, sentence)
    if missing:
        return
    try:
        connector = connect(config, account)
    except (CannotStart, ConfigBroken) as error:
        yield Finding(account.name, Standing.FAILED, str(error))
        return
    if hasattr(connector, "spend"):
        connector.spend(paid)
    try:
        for finding in connector.check().findings:
            yield Finding(
                f"{account.name}: {finding.subject}",
                finding.standing,
                finding.found,
                finding.remedy,
            )
    except Refusal as refusal:
        yield Finding(account.name, Standing.FAILED, refusal.reason, "Look again in a minute.")
    finally:
        connector.close()
