"""What one message shows by itself: words, names, kinds of beginning and end. It never looks at other messages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from monitor.core.text import normalise

LONGEST = 1_000  # characters that are read of one message
_STEM = 5  # languages that inflect at the end meet in their first letters
_NO_SPACES = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
)
_WORD = re.compile(rf"[{_NO_SPACES}]+|[^\W_{_NO_SPACES}]+(?:['’][^\W_{_NO_SPACES}]+)*")
_UNSPACED = re.compile(rf"[{_NO_SPACES}]")
_URL = re.compile(r"(?:https?://|www\.)\S+")
_EDGES = "@<(\"'*"
_TAILS = ":,;.!?)>\"'*…"
_ENDS = {
    ".": 1,
    "。": 1,
    "?": 2,
    "？": 2,
    "؟": 2,
    "!": 3,
    "！": 3,
    "…": 4,
    ",": 5,
    "，": 5,
    ":": 6,
    "：": 6,
}

_THANKS = """thanks thank thx ty tnx thanx cheers gracias obrigado obrigada valeu teşekkürler sağol
спасибо спс благодарю cảm ơn terima kasih makasih 谢谢 謝謝 多谢 ありがとう ありがと 감사합니다 감사 고마워"""
_YES_NO = """yes yeah yep yup ya no nope nah sí si não sim evet hayır да нет ага không vâng tidak iya
gak 是 是的 不是 没有 对 はい いいえ うん 네 아니요 아니 예"""
_FINE = """ok okay okey k ah oh oic ic right sure cool great good nice fine vale bien tá beleza tamam
ок ладно понял понятно oke baik 好 好的 嗯 明白 了解 わかりました なるほど 알겠습니다 그렇군요 hmm hm well so"""
_HELLO = """hi hello hey hola buenas olá oi bom merhaba selam привет здравствуйте добрый chào halo hai
你好 您好 大家好 こんにちは こんばんは 안녕하세요 안녕 anyone anybody guys"""
_ASKING = """what how where why who which when can could does do is are did will would should has have any
que qué cómo como dónde donde por cuál quién cuándo puedo hay alguien o onde porque qual quem quando
alguém posso ne nasıl neden nerede kim hangi kaç как где почему кто когда что какой можно есть ли
сколько sao thế đâu ai bao khi có apa bagaimana gimana kenapa dimana siapa kapan apakah
怎么 怎麼 什么 什麼 哪里 哪裡 为什么 為什麼 谁 请问 請問 吗 嗎 どう どこ なぜ 何
いつ だれ ですか ますか 어떻게 어디 왜 무엇 언제 누가 뭐"""
_LAUGHS = """lol lmao rofl haha hehe heh jaja jajaja kkk kkkk rs ахах хаха ххх wkwk wkwkwk hihi 哈哈 笑 ㅋㅋ
ㅋㅋㅋ ㅎㅎ :) :-) :( ;) :d :p ;p :-p =) 草"""
_GOING_ON = """and but or because then also plus y pero porque e mas ve ama и но а потому và nhưng dan tapi
而且 但是 然后 でも そして 그리고 하지만 it it's that that's this they he she then there"""
_BEGINNINGS: Mapping[str, int] = {
    word: kind
    for kind, words in enumerate(
        (_GOING_ON, _LAUGHS, _HELLO, _ASKING, _FINE, _YES_NO, _THANKS), start=1
    )
    for word in words.split()
}
BEGINNING_KINDS = 9  # 0: anything else, 8: a command to a bot
_QUESTION_WORDS = frozenset(_ASKING.split())
_UNSPACED_QUESTIONS = tuple(w for w in _ASKING.split() if _UNSPACED.match(w))


@dataclass(frozen=True, slots=True)
class Signs:
    """What a text shows. `stems`: what to compare by; `words`: how many; `nicks`: parts that could be names,
    with where they stand and whether a colon or comma follows."""

    stems: frozenset[str]
    words: int
    nicks: tuple[tuple[str, bool], ...]
    begins: int
    ends: int
    asks: int  # 0 no, 1 by a word, 2 by its mark
    link: int  # 0 none, 1 among words, 2 nothing else
    case: int  # of the first letter: 0 neither, 1 small, 2 capital
    opening: str  # the first word after a name, "" if there is none


def signs(text: str) -> Signs:
    """Read one text, whatever it holds."""
    return _signs(text[:LONGEST])


@lru_cache(1024)  # a room's last lines are read again with each of its batches
def _signs(text: str) -> Signs:
    parts = text.split()
    bare = _URL.sub(" ", text)
    plain = normalise(bare)
    found = _WORD.findall(plain)
    opening = _opening(plain, found, parts)
    return Signs(
        stems=frozenset(_stems(found)),
        words=sum(map(_weight, found)),
        nicks=tuple(_nick(part) for part in parts[:40]),
        begins=_begins(plain, opening),
        ends=_ends(plain),
        asks=_asks(text, plain, found),
        link=0 if len(bare) == len(text) else 1 if found else 2,
        case=_case(bare),
        opening=opening,
    )


def _stems(found: list[str]) -> list[str]:
    stems: list[str] = []
    for word in found:
        if _UNSPACED.match(word):
            stems += [word[i : i + 2] for i in range(max(1, len(word) - 1))]
        else:
            stems.append(word[:_STEM])
    return stems


def _weight(word: str) -> int:
    return (len(word) + 1) // 2 if _UNSPACED.match(word) else 1


def _nick(part: str) -> tuple[str, bool]:
    name = part.strip(_EDGES).rstrip(_TAILS).casefold()
    return name, part[-1] in ":,，：;>" or part[0] == "@"


def _opening(plain: str, found: list[str], parts: list[str]) -> str:
    if len(parts) > 1 and _nick(parts[0])[1]:
        found = _WORD.findall(plain.split(" ", 1)[-1])
    return found[0] if found else plain.split(" ", 1)[0]


def _begins(plain: str, opening: str) -> int:
    if plain[:1] in ("!", "/") and len(plain) > 1 and plain[1].isalpha():
        return 8
    kind = _BEGINNINGS.get(opening)
    if kind is None and _UNSPACED.match(opening):
        longer = (k for w, k in _BEGINNINGS.items() if len(w) > 1 and opening.startswith(w))
        kind = next(longer, None)
    return kind or 0


def _ends(plain: str) -> int:
    if plain.endswith(("...", "..")):
        return 4
    if plain.endswith((":)", ":-)", ";)", ":(", ":p", ":d", ";p", "=)", ":-p", ":-(", "lol")):
        return 7
    return _ENDS.get(plain[-1:], 0)


def _asks(text: str, plain: str, found: list[str]) -> int:
    if "?" in plain or "？" in text or "؟" in text:
        return 2
    if any(word in _QUESTION_WORDS for word in found[:4]):
        return 1
    return int(any(word in plain for word in _UNSPACED_QUESTIONS if not plain.isascii()))


def _case(bare: str) -> int:
    letter = next((char for char in bare if char.isalpha()), "")
    return 1 if letter.islower() else 2 if letter.isupper() else 0
