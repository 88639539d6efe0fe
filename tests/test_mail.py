"""Mail through SMTP, against the sandbox's mail server."""

from __future__ import annotations

import email
import logging
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from email import policy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor import mail
from monitor.mail import MailConnector
from monitor.mail_shape import compose, message_id, washed
from monitor.ports import (
    Attachment,
    Connector,
    Post,
    Refusal,
    Rejected,
    Standing,
    Unauthorized,
    Unavailable,
    Uncertain,
)
from monitor.sandbox.faults import Fault, FaultKind, Faults
from monitor.sandbox.happenings import Happenings
from monitor.sandbox.mail import MailServer
from monitor.sandbox.serving import Serving

SENDER = "Response desk <desk@acme.example>"


class Office:
    """A mail server and connectors to it."""

    def __init__(self, serving: Serving, **server: Any) -> None:
        self.faults = Faults()
        self.server = MailServer(self.faults, Happenings(), loop=serving.loop, **server)
        self.port = 0

    def connector(self, **options: Any) -> MailConnector:
        security = options.setdefault("security", "none")
        if not self.port:
            _, self.port = self.server.start(tls_at_once=security == "tls")
        trusted = ssl.create_default_context(cadata=self.server.certificate or None)
        options = {"port": self.port, "timeout": 5.0, "tls": trusted} | options
        return MailConnector("post", host="127.0.0.1", sender=SENDER, **options)

    def fail(self, operation: str, kind: FaultKind, **rest: Any) -> None:
        self.faults.add(Fault("email", operation, kind, **rest))


@pytest.fixture(scope="module")
def serving() -> Iterator[Serving]:
    serving = Serving()
    yield serving
    serving.close()


@pytest.fixture
def office(serving: Serving) -> Iterator[Office]:
    office = Office(serving)
    yield office
    office.server.close()


@pytest.fixture
def guarded(serving: Serving) -> Iterator[Office]:
    """It wants name and password."""
    office = Office(serving, username="desk", password="canary-password")
    yield office
    office.server.close()


def a_mail(**changes: Any) -> Post:
    told = {
        "key": "report:2026-W47:ann",
        "kind": "report",
        "place": "ann@acme.example",
        "text": "77% answered",
        "subject": "Week 47",
        **changes,
    }
    return Post(**told)


# -- sending


def test_it_is_a_connector_whose_posts_may_be_repeated(office: Office) -> None:
    connector = office.connector()
    assert isinstance(connector, Connector)
    assert connector.repeatable
    assert connector.streams() == ()
    assert connector.fetch("none", "kept", 10).next_cursor == "kept"


def test_a_mail_arrives_with_text_html_and_files(office: Office) -> None:
    file = Attachment("week.csv", "text/csv", b"a,b\r\n1,\xc3\xa9\r\n")
    text = "77% 已回答\n.\n..dots\nВсё\n" + "long " * 400
    post = a_mail(subject="Неделя 47: 已回答", html="<p>77% ✓</p>", text=text, attachments=(file,))
    receipt = office.connector().send(post)
    (arrived,) = office.server.mails
    assert (arrived.sender, arrived.recipients) == ("desk@acme.example", ("ann@acme.example",))
    assert arrived.subject == "Неделя 47: 已回答"
    assert arrived.text.rstrip("\n") == text.rstrip("\n")
    assert arrived.html.strip() == "<p>77% ✓</p>"
    assert arrived.attachments == (file,)
    assert arrived.message_id == receipt.native_id
    assert receipt.sent_at.tzinfo is UTC
    headers = dict(arrived.headers)
    assert headers["From"] == SENDER
    assert headers["To"] == "ann@acme.example"
    assert "Date" in headers


def test_the_same_post_has_the_same_message_id_and_another_one_another(office: Office) -> None:
    connector = office.connector()
    first, again = connector.send(a_mail()), connector.send(a_mail())
    other = connector.send(a_mail(key="report:2026-W48:ann"))
    assert first.native_id == again.native_id != other.native_id


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_mail_travels_encrypted_and_logged_in(guarded: Office, security: str) -> None:
    guarded.connector(security=security, username="desk", password="canary-password").send(a_mail())
    (arrived,) = guarded.server.mails
    assert arrived.username == "desk"
    assert arrived.is_encrypted or security == "tls"


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(office: Office) -> None:
    with pytest.raises(Unavailable) as caught:
        office.connector(security="starttls", tls=None).send(a_mail())
    assert caught.value.code == "tls"
    assert office.server.mails == []


def test_a_server_without_encryption_gets_nothing(serving: Serving) -> None:
    plain = Office(serving, tls=False)
    with pytest.raises(Unavailable) as caught:
        plain.connector(security="starttls").send(a_mail())
    plain.server.close()
    assert caught.value.code == "tls"
    assert plain.server.mails == []


@pytest.mark.parametrize(
    "place",
    [
        "",
        "ann",
        "ann@",
        "a b@x.example",
        "ann@x.example\r\nBcc: eve@x.example",
        "a@x,b@x",
        ".a@x.example",
    ],
)
def test_what_is_no_address_gets_no_mail(office: Office, place: str) -> None:
    with pytest.raises(Rejected):
        office.connector().send(a_mail(place=place))
    assert office.server.mails == []


# -- headers


@given(st.text(max_size=200), st.text(max_size=60), st.text(max_size=60))
def test_no_text_breaks_out_of_its_header(subject: str, name: str, content_type: str) -> None:
    file = Attachment(name, content_type, b"x")
    post = a_mail(subject=subject, text=subject, html=name, attachments=(file,))
    content = compose(post, (name, "desk@acme.example"), message_id("k", "desk@acme.example"), NOW)
    head = content.split(b"\r\n\r\n", 1)[0]
    names = [line.split(b":")[0] for line in head.split(b"\r\n") if line[:1] not in (b" ", b"\t")]
    known = {b"From", b"To", b"Subject", b"Date", b"Message-ID", b"Auto-Submitted", b"MIME-Version"}
    assert set(names) <= known | {b"Content-Type"}
    assert len(names) == len(set(names))
    parsed = email.message_from_bytes(content, policy=policy.default)
    assert parsed["To"] == "ann@acme.example"
    assert washed(str(parsed["Subject"])) == str(parsed["Subject"])


NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("a\r\nBcc: eve@x", "a Bcc: eve@x"),
        ("a\u2028b\u0085c", "a b c"),
        ("\u202eabc\u2066\u200b\x00", "abc"),
        ("\ud800x", "x"),
        ("0\r\x1b 0", "0 0"),
        ("  two   spaces ", "two spaces"),
    ],
)
def test_a_header_is_washed(text: str, clean: str) -> None:
    assert washed(text) == clean


# -- refusals


@pytest.mark.parametrize("operation", ["CONNECT", "MAIL", "RCPT", "DATA"])
def test_a_temporary_failure_is_unavailable(office: Office, operation: str) -> None:
    connector = office.connector()
    office.fail(operation, FaultKind.ERROR)
    with pytest.raises(Unavailable):
        connector.send(a_mail())
    connector.send(a_mail())
    assert len(office.server.mails) == 1


@pytest.mark.parametrize("operation", ["CONNECT", "MAIL", "RCPT"])
@pytest.mark.parametrize("kind", [FaultKind.DROP, FaultKind.HANG])
def test_silence_before_the_mail_is_unavailable(
    office: Office, operation: str, kind: FaultKind
) -> None:
    office.fail(operation, kind, seconds=1)
    with pytest.raises(Unavailable):
        office.connector(timeout=0.2).send(a_mail())
    assert office.server.mails == []


@pytest.mark.parametrize(
    ("kind", "arrived"),
    [
        (FaultKind.ACCEPT_THEN_DROP, 1),
        (FaultKind.ACCEPT_THEN_HANG, 1),
        (FaultKind.DROP, 0),
        (FaultKind.HANG, 0),
    ],
)
def test_silence_after_the_mail_is_a_doubt(office: Office, kind: FaultKind, arrived: int) -> None:
    office.fail("DATA", kind, seconds=1)
    with pytest.raises(Uncertain):
        office.connector(timeout=0.2).send(a_mail())
    assert len(office.server.mails) == arrived


@pytest.mark.parametrize("operation", ["MAIL", "RCPT", "DATA"])
def test_a_lasting_failure_is_a_rejection(office: Office, operation: str) -> None:
    office.fail(operation, FaultKind.ERROR, status=550)
    with pytest.raises(Rejected) as caught:
        office.connector().send(a_mail())
    assert caught.value.code == "smtp_550"


def test_a_wrong_password_stops_the_account(guarded: Office) -> None:
    with pytest.raises(Unauthorized):
        guarded.connector(username="desk", password="wrong").send(a_mail())


def test_a_missing_login_stops_the_account(guarded: Office) -> None:
    with pytest.raises(Unauthorized):
        guarded.connector().send(a_mail())


def test_a_login_that_fails_for_now_does_not(guarded: Office) -> None:
    guarded.fail("AUTH", FaultKind.ERROR, status=454, times=2)  # the client tries two ways
    connector = guarded.connector(username="desk", password="canary-password")
    with pytest.raises(Unavailable):
        connector.send(a_mail())
    connector.send(a_mail())


def test_a_server_that_is_not_there_is_unavailable() -> None:
    connector = MailConnector("post", host="127.0.0.1", port=9, security="none", sender=SENDER)
    with pytest.raises(Unavailable):
        connector.send(a_mail())


def test_a_closed_connector_refuses_and_closes_again(office: Office) -> None:
    connector = office.connector()
    connector.close()
    connector.close()
    with pytest.raises(Unavailable):
        connector.send(a_mail())


def test_a_server_that_trickles_is_left_after_the_deadline() -> None:
    ended = threading.Event()
    listening = socket.create_server(("127.0.0.1", 0))

    def trickle() -> None:
        connection, _ = listening.accept()
        with connection, suppress(OSError):
            while not ended.wait(0.05):
                connection.sendall(b"2")

    trickling = threading.Thread(target=trickle)
    trickling.start()
    port = listening.getsockname()[1]
    connector = MailConnector(
        "post", host="127.0.0.1", port=port, security="none", sender=SENDER, timeout=0.1
    )
    with pytest.raises(Unavailable):
        connector.send(a_mail())
    ended.set()
    trickling.join(10)
    listening.close()


# -- check, options, secrets


def test_check_says_how_it_is_connected(guarded: Office) -> None:
    connector = guarded.connector(security="starttls", username="desk", password="canary-password")
    health = connector.check()
    assert (health.ok, health.identity) == (True, "desk@acme.example")
    assert "starttls, logged in as desk" in health.findings[0].found
    assert guarded.server.mails == []


@pytest.mark.parametrize(
    "options",
    [
        {"port": 9},
        {"username": "desk", "password": "wrong"},
        {"security": "starttls", "tls": None},
    ],
)
def test_check_never_raises_and_tells_what_to_do(guarded: Office, options: dict[str, Any]) -> None:
    health = guarded.connector(**options).check()
    (finding,) = health.findings
    assert finding.standing is Standing.FAILED
    assert finding.remedy.startswith("Check `")


@pytest.mark.parametrize("password", ["canary-password", "canary-pässword"])
def test_no_password_is_in_any_error_record_or_repr(
    serving: Serving, caplog: pytest.LogCaptureFixture, password: str
) -> None:
    office = Office(serving, username="desk", password="another")
    with caplog.at_level(logging.DEBUG, "monitor"):
        connector = office.connector(username="desk", password=password)
        with pytest.raises(Unauthorized) as caught:
            connector.send(a_mail())
        shown = [repr(connector), str(caught.value), repr(caught.value.__cause__)]
        shown += [f.found + f.remedy for f in connector.check().findings]
    office.server.close()
    assert "canary" not in "".join([*shown, caplog.text])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"host": ""}, "accounts.post.host: missing"),
        ({"sender": "nobody"}, "accounts.post.sender: expected an address"),
        ({"security": "ssl"}, "accounts.post.security: expected one of starttls, tls, none"),
        ({"security": "none"}, "accounts.post.security: none is for this machine only"),
        ({"port": 0}, "accounts.post.port: expected a number"),
        ({"timeout": "20"}, "accounts.post.timeout: expected a number"),
        ({"colour": 1}, "accounts.post.colour: not an option of e-mail"),
    ],
)
def test_a_wrong_option_is_told_in_a_sentence(changes: dict[str, Any], words: str) -> None:
    options = {"host": "mail.acme.example", "sender": SENDER, **changes}
    with pytest.raises(ValueError, match=words):
        mail.connect("post", options, {})


def test_a_refusal_is_one_of_ours(office: Office) -> None:
    office.fail("*", FaultKind.ERROR, times=9)
    with pytest.raises(Refusal):
        office.connector().send(a_mail())
