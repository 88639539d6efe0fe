"""Telegram updates as a busy community sends them: ten languages, several groups. Made up, and the same every time.

As long as real ones: an update has some 600 bytes; questions are as long as those that people ask in each language
(a hundred characters in English, forty in Chinese), talk is half as long.
"""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from typing import Any

STARTS_AT = int(datetime(2026, 3, 2, 8, 0, tzinfo=UTC).timestamp())
FIRST_UPDATE = 700_000_001
PAGE = 100
GROUPS = 20
_QUESTIONS = {  # language: what waits for an answer; {n} makes each a little different
    "en": ("my withdrawal has been pending for {n} hours, can someone check?",
           "deposit of {n} usdt still not credited, txid is confirmed",
           "cannot log in since the 2fa reset, code {n} is rejected",
           "what is the maker fee for order number {n}?",
           "is it normal that my stop order did not execute at {n}?"),
    "zh": ("提现已经{n}个小时还没到账,客服帮忙看看", "充值{n}U一直没到账,怎么回事?",
           "登录不了,验证码收不到,试了{n}次", "请问手续费怎么算?我的订单是{n}", "我的账户被冻结了,编号{n},怎么解冻?"),
    "ja": ("出金が{n}時間も保留のままです。確認お願いします", "入金{n}USDTがまだ反映されません",
           "二段階認証のコードが通らずログインできません({n}回目)", "手数料はいくらですか?注文は{n}です",
           "注文{n}が約定しないのはなぜですか?"),
    "ko": ("출금 신청한 지 {n}시간 됐는데 아직 대기 중이에요", "입금 {n}USDT 아직 안 들어왔어요 확인 부탁드려요",
           "로그인이 안 돼요 인증 코드 {n}번 실패했어요", "수수료가 얼마인가요? 주문 번호 {n}",
           "계정이 잠겼어요 {n} 어떻게 풀어요?"),
    "ru": ("вывод висит уже {n} часов, помогите пожалуйста", "депозит {n} usdt до сих пор не зачислен",
           "не могу войти в аккаунт, код {n} не подходит", "какая комиссия за ордер {n}?",
           "почему не исполнился стоп-ордер {n}?"),
    "es": ("mi retiro lleva {n} horas pendiente, ¿alguien puede revisar?", "mi depósito de {n} usdt no ha llegado",
           "no puedo iniciar sesión, el código {n} no funciona", "¿cuál es la comisión de la orden {n}?",
           "mi cuenta está bloqueada, caso {n}, ¿qué hago?"),
    "tr": ("çekim işlemim {n} saattir beklemede, bakar mısınız?", "{n} usdt yatırdım hâlâ hesabıma geçmedi",
           "giriş yapamıyorum, doğrulama kodu {n} hatalı diyor", "komisyon oranı ne kadar? emir {n}",
           "hesabım kilitlendi, talep {n}, ne yapmalıyım?"),
    "vi": ("lệnh rút của em treo {n} tiếng rồi, ad kiểm tra giúp", "em nạp {n} usdt mà chưa nhận được",
           "không đăng nhập được, mã {n} báo sai", "phí giao dịch lệnh {n} là bao nhiêu ạ?",
           "tài khoản bị khóa, mã {n}, làm sao mở lại?"),
    "pt": ("meu saque está pendente há {n} horas, alguém pode ver?", "depósito de {n} usdt ainda não caiu",
           "não consigo entrar na conta, o código {n} dá erro", "qual é a taxa da ordem {n}?",
           "minha conta foi bloqueada, caso {n}, o que eu faço?"),
    "id": ("penarikan saya sudah {n} jam masih pending, tolong dicek", "deposit {n} usdt belum masuk juga kak",
           "tidak bisa login, kode {n} salah terus", "biaya trading untuk order {n} berapa ya?",
           "akun saya terkunci, nomor {n}, gimana cara bukanya?"),
}  # fmt: skip
_TALK = {
    "en": ("gm everyone ☀️", "lol {n}k by friday, you heard it here first", "that candle was brutal",
           "I sold too early again, story of my life", "anyone watching the game tonight?", "haha same here bro",
           "bought a little more at {n}, wish me luck", "been here since 2019 and it never gets boring"),
    "zh": ("早上好各位", "今天行情真刺激,又涨了{n}个点", "哈哈哈笑死我了", "大家周末愉快", "我先睡了明天再看",
           "感觉要横盘好几天"),
    "ja": ("おはようございます", "今日の値動きすごいですね", "また{n}円か、ちょっと休憩します", "笑った", "いい週末を!",
           "昨日のサッカー見ましたか"),
    "ko": ("좋은 아침입니다", "오늘 장 진짜 재밌네 ㅋㅋㅋ", "{n}까지 갈 것 같은데요", "점심 뭐 먹지",
           "다들 주말 잘 보내세요",
           "저도 그렇게 생각해요"),
    "ru": ("доброе утро всем", "ну и свеча, ха-ха", "думаю дойдем до {n} к вечеру", "пойду кофе пить",
           "всем хороших выходных",
           "я тоже так думаю, посмотрим завтра"),
    "es": ("buenos días a todos", "jajaja qué vela tan loca", "yo creo que llega a {n} esta semana",
           "me voy a comer, luego vuelvo",
           "buen fin de semana, amigos", "pues yo pienso lo mismo que tú"),
    "tr": ("günaydın herkese", "bu mum neydi öyle ya haha", "bence akşama {n} olur", "ben kahve almaya gidiyorum",
           "iyi hafta sonları arkadaşlar", "ben de öyle düşünüyorum"),
    "vi": ("chào buổi sáng cả nhà", "nến này ghê thật haha", "chắc tối nay lên {n}", "đi ăn trưa đã nhé",
           "cuối tuần vui vẻ mọi người", "mình cũng nghĩ vậy"),
    "pt": ("bom dia pessoal", "kkkk que candle foi esse", "acho que chega a {n} hoje", "vou almoçar, já volto",
           "bom fim de semana galera", "eu também penso assim"),
    "id": ("selamat pagi semua", "wkwk candle apa itu tadi", "kayaknya sampai {n} malam ini", "makan siang dulu ya",
           "selamat akhir pekan teman-teman", "saya juga pikir begitu"),
}  # fmt: skip
_AROUND = {  # language: what people say before a question, and after it
    "en": (
        ("hi team, sorry to bother you again. ", "hello everyone, maybe somebody knows: ", ""),
        (
            " I already wrote to support yesterday and nobody came back to me",
            " this is my user id {n}{n}, tell me if you need more",
            " it worked fine until last week, nothing changed on my side",
            " thanks in advance",
        ),
    ),
    "zh": (
        ("想问一下,", "管理员在吗?", ""),
        (
            "。昨天已经问过客服了,到现在没有人回复",
            "。用户编号{n}{n},麻烦了",
            "。已经等了一个多小时",
        ),
    ),
    "ja": (
        ("お世話になっております。", "すみません、", ""),
        (
            "。昨日サポートにも連絡しましたが返事がありません",
            "。IDは{n}{n}です",
            "。先週までは普通に使えました",
        ),
    ),
    "ko": (
        ("문의드립니다, ", "관리자님 계신가요? ", ""),
        (
            " 어제 고객센터에도 문의했는데 답이 없네요",
            " 제 아이디는 {n}{n}입니다",
            " 한 시간 넘게 기다리고 있어요",
        ),
    ),
    "ru": (
        ("всем привет, извините за беспокойство, ", "ребята, кто знает, ", ""),
        (
            ". вчера уже писал, никто так и не ответил",
            ". мой id {n}{n}, если нужно",
            ". на прошлой неделе все работало нормально",
        ),
    ),
    "es": (
        ("disculpen que insista, ", "buenas, una consulta: ", ""),
        (
            " ya escribí ayer y todavía nadie me contestó",
            " mi id de usuario es {n}{n} por si hace falta",
            " la semana pasada todo iba bien",
        ),
    ),
    "tr": (
        ("herkese merhaba, tekrar rahatsız ediyorum, ", "selam arkadaşlar, bilen var mı, ", ""),
        (
            " dün de yazmıştım ama kimse dönmedi",
            " kullanıcı numaram {n}{n}",
            " geçen haftaya kadar sorun yoktu",
        ),
    ),
    "vi": (
        ("cho em hỏi chút, ", "ad ơi giúp em với, ", ""),
        (
            " hôm qua em nhắn rồi mà chưa ai trả lời",
            " id của em là {n}{n}",
            " tuần trước vẫn bình thường",
        ),
    ),
    "pt": (
        ("oi pessoal, desculpa incomodar de novo, ", "boa tarde, alguém sabe, ", ""),
        (
            " já escrevi ontem e ninguém me respondeu",
            " meu id é {n}{n} se precisarem",
            " até semana passada estava tudo normal",
        ),
    ),
    "id": (
        ("halo semuanya, maaf ganggu lagi, ", "permisi kak, mau tanya, ", ""),
        (
            " kemarin sudah chat tapi belum ada yang balas",
            " id saya {n}{n}",
            " minggu lalu masih normal",
        ),
    ),
}
_SHARE = {
    "en": 30,
    "zh": 14,
    "ru": 12,
    "es": 9,
    "ko": 7,
    "tr": 7,
    "vi": 6,
    "pt": 6,
    "id": 5,
    "ja": 4,
}
_NAMES = (
    "Alex",
    "Мария",
    "小林",
    "민준",
    "Lucía",
    "Emre",
    "Thảo",
    "João",
    "Dewi",
    "Sam",
    "王伟",
    "Iván",
)


def updates(count: int, *, only_questions: bool = False, seed: int = 11) -> list[dict[str, Any]]:
    """`count` updates in order. A quarter are questions, or all; then each has an author of its own."""
    chance = random.Random(seed)
    return [_update(at, count, chance, only_questions=only_questions) for at in range(count)]


def pages(found: list[dict[str, Any]]) -> list[bytes]:
    """The answers to getUpdates, a hundred updates each."""
    return [
        json.dumps({"ok": True, "result": found[at : at + PAGE]}).encode()
        for at in range(0, len(found), PAGE)
    ]


def _update(at: int, count: int, chance: random.Random, *, only_questions: bool) -> dict[str, Any]:
    author = at if only_questions else chance.randrange(max(count // 4, 1))
    group = author % GROUPS
    language = chance.choices(list(_SHARE), weights=list(_SHARE.values()))[0]
    asks = only_questions or chance.random() < 0.25
    text = _text(language, chance, asks=asks)
    chat = {"id": -1_001_800_000_000 - group, "title": f"Community {group}", "type": "supergroup",
            "username": f"community{group}"}  # fmt: skip
    message = {
        "message_id": 40_000 + at,
        "from": _person(author) | {"language_code": language},
        "chat": chat,
        "date": STARTS_AT + at,
        "text": text,
    }  # fmt: skip
    if not only_questions and at >= GROUPS and chance.random() < 0.1:
        message["reply_to_message"] = _earlier(at - chance.randrange(1, GROUPS), chat)
    return {"update_id": FIRST_UPDATE + at, "message": message}


def _text(language: str, chance: random.Random, *, asks: bool) -> str:
    if asks:
        before, after = _AROUND[language]
        text = chance.choice(before) + chance.choice(_QUESTIONS[language]) + chance.choice(after)
    else:
        text = ", ".join(chance.sample(_TALK[language], chance.choice((1, 2, 2))))
    return text.format(n=chance.randrange(3, 99))


def _person(number: int) -> dict[str, Any]:
    return {
        "id": 500_000_000 + number,
        "is_bot": False,
        "first_name": _NAMES[number % len(_NAMES)],
        "last_name": _NAMES[number // 7 % len(_NAMES)],
        "username": f"member_{number}",
        "is_premium": number % 3 == 0,
    }


def _earlier(at: int, chat: dict[str, Any]) -> dict[str, Any]:
    return {
        "message_id": 40_000 + at,
        "from": _person(at),
        "chat": chat,
        "date": STARTS_AT + at,
        "text": "…",
    }
