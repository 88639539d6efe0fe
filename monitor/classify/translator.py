"""The translator that config.toml asks for, if any; what it said is remembered. Never raises for a text."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path

from monitor.config import Config, ConfigBroken
from monitor.ports import Translator
from monitor.secrets import Secret, SecretMissing, Whereabouts, look_up

_REMEMBERED = 2_000


class Remembering:
    """A `monitor.ports.Translator` that asks another one for each text only once; failures are asked again."""

    def __init__(self, translator: Translator) -> None:
        self._translator = translator
        self._known: OrderedDict[tuple[str, str, str], str] = OrderedDict()
        self._lock = threading.Lock()

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str | None]:
        """As the other one."""
        with self._lock:
            new = [t for t in dict.fromkeys(texts) if (t, source, target) not in self._known]
        said = self._translator.translate(new, source, target) if new else []
        with self._lock:
            for text, translation in zip(new, said, strict=True):
                if translation is not None:
                    self._known[text, source, target] = translation
            found = [self._known.get((text, source, target)) for text in texts]
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return found

    def close(self) -> None:
        """Give back what the other one holds."""
        self._translator.close()


def translator_of(config: Config, environ: Mapping[str, str] | None = None) -> Translator | None:
    """None when there is no [translation]. ConfigBroken for settings that cannot be used. Loads no model yet."""
    kind = config.translation.kind
    if not kind:
        return None
    made = _seq2seq(config) if kind == "seq2seq" else _openai(config, environ)
    return Remembering(made)


def unusable_models(config: Config) -> list[str]:
    """What is wrong with the models on the disk, one sentence each; nothing is loaded."""
    from monitor.classify.transformerfiles import BadModel, check

    if config.translation.kind != "seq2seq":
        return []
    found = []
    for direction, folder in _folders(config).items():
        try:
            check(folder)
        except BadModel as bad:
            found.append(f"{direction}: {bad}.")
    return found


def _folders(config: Config) -> dict[str, Path]:
    from monitor.classify.tiers import cache_folder
    from monitor.classify.transformerfiles import located
    from monitor.classify.translator_seq2seq import ANY

    given = config.translation
    names = dict(given.pairs) | ({ANY: given.model} if given.model else {})
    beside, models = config.file.parent, cache_folder() / "models"
    return {key: located(name, beside, models) for key, name in names.items()}


def _seq2seq(config: Config) -> Translator:
    from monitor.classify.translator_seq2seq import Seq2SeqTranslator

    folders = _folders(config)
    if not folders:
        raise ConfigBroken(
            ["translation.model: not set. Name a model, or models by direction under pairs."]
        )
    return Seq2SeqTranslator(folders, config.translation.timeout.total_seconds())


def _openai(config: Config, environ: Mapping[str, str] | None) -> Translator:
    from monitor.classify.translator_openai import Endpoint, OpenAiTranslator

    given = config.translation
    wrong = []
    if not given.model:
        wrong.append("translation.model: not set. Name the model that the endpoint knows.")
    if not _is_safe(given.base_url):
        wrong.append(f"translation.base_url: {given.base_url!r} is no https:// address.")
    if wrong:
        raise ConfigBroken(wrong)
    key = _key(config, environ)
    timeout = given.timeout.total_seconds()
    return OpenAiTranslator(Endpoint(given.base_url, given.model, key, timeout, given.mask_amounts))


def _is_safe(address: str) -> bool:
    """https, or this machine itself."""
    local = ("http://127.0.0.1", "http://localhost", "http://[::1]")
    return address.startswith("https://") or address.startswith(local)


def _key(config: Config, environ: Mapping[str, str] | None) -> Secret | None:
    named = config.translation.key_file
    file = config.file.parent / Path(named).expanduser() if named else None
    try:
        return look_up(
            Whereabouts("translation.key", "MONITOR_TRANSLATION_KEY", file), environ
        ).secret
    except SecretMissing:
        if named:
            raise
        return None  # an endpoint of one's own may want none
