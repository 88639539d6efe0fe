"""The sandbox's page over HTTP: what it shows, what it takes, and whom it refuses."""

from __future__ import annotations

import http.client
import json
import re
import smtplib
import time
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from monitor.sandbox import cast, mishaps
from monitor.sandbox.faults import FaultKind
from monitor.sandbox.sandbox import Sandbox
from monitor.sandbox.voices import Saying

ENGLISH = str(cast.ENGLISH.id)
SAY = {"platform": "telegram", "place": ENGLISH, "as": "oliver", "text": "hello"}
FOLDER = Path(mishaps.__file__).parent


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as started:
        started.populate()
        yield started


def ask(
    sandbox: Sandbox, method: str, path: str, body: object = None, **headers: str
) -> tuple[int, dict[str, str], str]:
    """Status, headers and text. `headers` with _ for -."""
    place = urlsplit(sandbox.at.page)
    connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=10)
    sent = {"Content-Type": "application/json"} if body is not None else {}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    content = body if isinstance(body, str) else json.dumps(body)
    connection.request(method, path, None if body is None else content, sent)
    answer = connection.getresponse()
    told = answer.status, dict(answer.headers), answer.read().decode()
    connection.close()
    return told


def state(sandbox: Sandbox) -> dict[str, Any]:
    return dict(json.loads(ask(sandbox, "GET", "/state")[2]))


def events(sandbox: Sandbox, after: int, enough: Callable[[str], bool]) -> str:
    """What /events tells, until it is enough."""
    place = urlsplit(sandbox.at.page)
    connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=10)
    connection.request("GET", f"/events?after={after}")
    answer, told = connection.getresponse(), ""
    assert answer.headers["Content-Type"] == "text/event-stream"
    while not enough(told):
        told += answer.readline().decode()
    connection.close()
    return told


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "it never came to pass"
        time.sleep(0.02)


def test_the_page_brings_everything_itself(sandbox: Sandbox) -> None:
    status, headers, html = ask(sandbox, "GET", "/")

    assert status == 200
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    for path in re.findall(r'(?:src|href)="([^"]+)"', html):
        assert path.startswith(("/", "data:"))
        if path.startswith("/"):
            assert ask(sandbox, "GET", path)[0] == 200


def test_no_script_ever_reads_text_as_html() -> None:
    for script in FOLDER.glob("*.js"):
        source = script.read_text(encoding="utf-8")
        assert "innerHTML" not in source
        assert "outerHTML" not in source
        assert "insertAdjacentHTML" not in source
        assert "document.write" not in source


def test_a_name_that_only_leads_here_is_refused(sandbox: Sandbox) -> None:
    assert ask(sandbox, "GET", "/state", Host="evil.example")[0] == 403
    assert ask(sandbox, "GET", "/state", Host="127.0.0.1.evil.example:80")[0] == 403
    assert ask(sandbox, "GET", "/state", Host="[::1")[0] in (400, 403)
    assert ask(sandbox, "GET", "/state", Host="localhost:1234")[0] == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Content_Type": "text/plain"},
        {"Content_Type": "application/x-www-form-urlencoded"},
    ],
)
def test_what_another_page_sends_is_refused(sandbox: Sandbox, headers: dict[str, str]) -> None:
    status, _, _ = ask(sandbox, "POST", "/say", SAY, **headers)

    assert status == 403
    assert sandbox.happenings.all == []


def test_the_page_itself_may_say_something(sandbox: Sandbox) -> None:
    status, _, told = ask(sandbox, "POST", "/say", SAY, Origin=sandbox.at.page)

    assert status == 200
    shown = state(sandbox)["happenings"][-1]
    assert (shown["id"], shown["text"], shown["side"]) == (
        json.loads(told)["id"], "hello", "customer",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("platform", "place"), [("telegram", ENGLISH), ("reddit", "r/examplex"), ("twitter", "x")]
)
def test_a_visitor_says_and_answers_on_every_platform(
    sandbox: Sandbox, platform: str, place: str
) -> None:
    wish = {"platform": platform, "place": place, "as": "new", "text": "is it down?\nfor me it is"}
    asked = json.loads(ask(sandbox, "POST", "/say", wish)[2])

    answer = {**wish, "as": "emma", "text": "yes", "reply_to": asked["id"]}
    status, _, _ = ask(sandbox, "POST", "/say", answer)

    assert status == 200
    first, second = state(sandbox)["happenings"]
    assert (first["side"], second["side"]) == ("customer", "staff")
    assert second["reply_to"] == first["id"]
    assert first["platform"] == second["platform"] == platform


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"platform": "email"}, "platform"),
        ({"place": "-5"}, "place"),
        ({"place": None}, "place"),
        ({"as": "nobody"}, "person"),
        ({"text": "  "}, "text"),
        ({"text": "x" * 4001}, "text"),
        ({"reply_to": "t1_x"}, "reply_to"),
        ({"reply_to": 5}, "reply_to"),
    ],
)
def test_a_wrong_wish_is_answered_with_a_sentence(
    sandbox: Sandbox, change: dict[str, Any], word: str
) -> None:
    status, _, told = ask(sandbox, "POST", "/say", SAY | change)

    assert status == 400
    assert word in json.loads(told)["error"]
    assert sandbox.happenings.all == []


@pytest.mark.parametrize("body", ["{", "[]", "5", '"text"', ""])
def test_a_body_that_is_no_object_is_answered_with_a_sentence(sandbox: Sandbox, body: str) -> None:
    status, _, told = ask(sandbox, "POST", "/say", body)

    assert status == 400
    assert json.loads(told)["error"]


def test_answering_what_is_not_there_is_answered_with_a_sentence(sandbox: Sandbox) -> None:
    wish = {"platform": "reddit", "place": "r/examplex", "as": "oliver", "text": "x"}

    status, _, told = ask(sandbox, "POST", "/say", wish | {"reply_to": "t3_nothing"})

    assert status == 400
    assert "not there" in json.loads(told)["error"]


def test_events_tell_what_happens_after_the_snapshot(sandbox: Sandbox) -> None:
    say = sandbox.voices.say
    say(Saying(cast.BY_KEY["oliver"], "telegram", ENGLISH, "before"))
    after = state(sandbox)["next"]
    say(Saying(cast.BY_KEY["priya"], "telegram", ENGLISH, "afterwards"))

    told = events(sandbox, after, lambda t: "event: happening" in t and t.endswith("\n\n"))

    assert "afterwards" in told
    assert "before" not in told
    assert f"id: {after + 1}" in told


def test_a_live_event_arrives_while_the_page_listens(sandbox: Sandbox) -> None:
    place = urlsplit(sandbox.at.page)
    connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=10)
    connection.request("GET", "/events?after=0")
    answer = connection.getresponse()
    while "condition" not in answer.readline().decode():
        pass

    sandbox.voices.say(Saying(cast.BY_KEY["lihua"], "telegram", ENGLISH, "提现没到账"))

    while "happening" not in answer.readline().decode():
        pass
    told = json.loads(answer.readline().decode().removeprefix("data: "))
    assert (told["text"], told["name"], told["where"]) == ("提现没到账", "李华", "English")
    connection.close()


def test_what_the_product_says_is_marked_as_its_own(sandbox: Sandbox) -> None:
    body = json.dumps({"chat_id": cast.DESK.id, "text": "look"})
    place = urlsplit(sandbox.at.telegram)
    connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=10)
    path = f"/bot{sandbox.telegram.token}/sendMessage"
    connection.request("POST", path, body, {"Content-Type": "application/json"})
    assert connection.getresponse().status == 200
    connection.close()

    assert state(sandbox)["happenings"][-1]["side"] == "product"


def test_a_post_in_a_topic_of_the_managers_chat_names_its_topic(sandbox: Sandbox) -> None:
    sandbox.telegram.add_topic(cast.DESK.id, 812, "中文")
    emma = cast.BY_KEY["emma"].telegram_id
    sandbox.telegram.say(cast.DESK.id, emma, "look", thread=812)
    sandbox.telegram.say(cast.DESK.id, emma, "look")
    assert [h["where"] for h in state(sandbox)["happenings"][-2:]] == ["中文", ""]


def test_a_button_of_the_desk_can_be_pressed(sandbox: Sandbox) -> None:
    keyboard = {"inline_keyboard": [[{"text": "Take it", "callback_data": "take:7"}]]}
    body = json.dumps({"chat_id": cast.DESK.id, "text": "look", "reply_markup": keyboard})
    place = urlsplit(sandbox.at.telegram)
    connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=10)
    path = f"/bot{sandbox.telegram.token}/sendMessage"
    connection.request("POST", path, body, {"Content-Type": "application/json"})
    connection.getresponse().read()
    connection.close()
    card = state(sandbox)["happenings"][-1]
    assert card["keys"] == [{"text": "Take it", "value": "take:7"}]
    before = sandbox.telegram.unconfirmed

    wish = {"place": card["place"], "id": card["id"], "key": "take:7", "as": "emma"}
    status, _, _ = ask(sandbox, "POST", "/press", wish)

    assert status == 200
    assert sandbox.telegram.unconfirmed == before + 1
    assert ask(sandbox, "POST", "/press", wish | {"key": "other"})[0] == 400


def test_a_failure_is_ordered_shown_and_cleared(sandbox: Sandbox) -> None:
    first = state(sandbox)["failures"][0]["faults"][0]

    status, _, _ = ask(sandbox, "POST", "/fault", first["wish"])

    assert status == 200
    assert [f.kind for f in sandbox.faults.pending] == [FaultKind.ACCEPT_THEN_ERROR]
    assert state(sandbox)["pending"] == [
        {"what": "accept then error", "where": "Telegram, sendMessage x1"}
    ]
    ask(sandbox, "POST", "/fault", {"clear": True})
    assert state(sandbox)["pending"] == []


def test_every_button_of_the_drawer_does_something_that_can_be_done(sandbox: Sandbox) -> None:
    for group in state(sandbox)["failures"]:
        for button in group["faults"]:
            status, _, told = ask(sandbox, "POST", "/fault", button["wish"])
            assert status == 200, (button, told)


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"platform": "moon", "mishap": 0},
        {"platform": ["telegram"], "mishap": 0},
        {"platform": "telegram", "mishap": 99},
        {"platform": "telegram", "mishap": True},
        {"platform": "email", "trick": "migrate"},
        {"platform": "telegram", "trick": []},
    ],
)
def test_a_wrong_order_is_answered_with_a_sentence(sandbox: Sandbox, wish: dict[str, Any]) -> None:
    status, _, told = ask(sandbox, "POST", "/fault", wish)

    assert status == 400
    assert json.loads(told)["error"]
    assert sandbox.faults.pending == []


def test_a_moved_group_is_still_the_same_place_for_the_visitor(sandbox: Sandbox) -> None:
    place = str(cast.AMBASSADORS.id)
    ask(sandbox, "POST", "/fault", {"platform": "telegram", "trick": "migrate"})

    status, _, _ = ask(sandbox, "POST", "/say", SAY | {"place": place, "text": "still here"})

    assert status == 200
    assert state(sandbox)["happenings"][-1]["place"] == place
    assert ask(sandbox, "POST", "/fault", {"platform": "telegram", "trick": "migrate"})[0] == 400


def test_a_mail_is_listed_and_shown_where_it_can_do_nothing(sandbox: Sandbox) -> None:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = "Week 47", "desk@example.com", "head@example.com"
    mail.set_content("the numbers")
    mail.add_alternative("<p>the <b>numbers</b></p><script>x()</script>", subtype="html")
    with smtplib.SMTP(sandbox.at.mail_host, sandbox.at.mail_port, timeout=10) as server:
        server.send_message(mail)
    until(lambda: bool(state(sandbox)["mails"]))

    [head] = state(sandbox)["mails"]
    status, headers, html = ask(sandbox, "GET", "/mail/0")

    assert (head["subject"], head["to"]) == ("Week 47", "head@example.com")
    assert "the numbers" in head["text"]
    assert status == 200
    assert "<b>numbers</b>" in html
    assert headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert ask(sandbox, "GET", "/mail/1")[0] == 404


def test_the_page_frames_mails_without_any_right() -> None:
    html = (FOLDER / "page.html").read_text(encoding="utf-8")

    assert re.search(r"<iframe[^>]* sandbox>", html)


def test_a_sandbox_with_a_listener_closes_at_once() -> None:
    sandbox = Sandbox().start()
    place = urlsplit(sandbox.at.page)
    connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=10)
    connection.request("GET", "/events")
    answer = connection.getresponse()
    answer.readline()

    sandbox.close()

    while answer.readline():
        pass
    connection.close()
