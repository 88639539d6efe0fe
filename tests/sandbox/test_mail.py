"""The sandbox's mail server, asked by the standard library's client."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from monitor.sandbox.certificate import make_certificate, server_context
from monitor.sandbox.faults import Fault, FaultKind, Faults
from monitor.sandbox.happenings import Happenings
from monitor.sandbox.mail import MailServer


class Mails:
    def __init__(self) -> None:
        self.faults, self.happenings = Faults(), Happenings()
        self.server = MailServer(self.faults, self.happenings, username="desk", password="pw")
        self.host, self.port = self.server.start()

    def client(self, *, login: bool = True) -> smtplib.SMTP:
        client = smtplib.SMTP(self.host, self.port, "localhost", timeout=5)
        if login:
            client.login("desk", "pw")
        return client


@pytest.fixture
def mails() -> Iterator[Mails]:
    mails = Mails()
    yield mails
    mails.server.close()


def a_letter(subject: str = "hello") -> EmailMessage:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "a@x.example", "b@x.example", subject
    letter["Message-ID"] = "<1@x.example>"
    letter.set_content("text")
    letter.add_alternative("<p>html</p>", subtype="html")
    letter.add_attachment(b"1,2", maintype="text", subtype="csv", filename="n.csv")
    return letter


def test_a_mail_is_kept_in_its_parts_and_told(mails: Mails) -> None:
    with mails.client() as client:
        client.send_message(a_letter("привет"))
    (kept,) = mails.server.mails
    assert (kept.subject, kept.text, kept.html) == ("привет", "text\n", "<p>html</p>\n")
    assert [(f.name, f.content_type, f.content) for f in kept.attachments] == [
        ("n.csv", "text/csv", b"1,2")
    ]
    assert (kept.sender, kept.recipients) == ("a@x.example", ("b@x.example",))
    assert (kept.message_id, kept.username, kept.is_encrypted) == ("<1@x.example>", "desk", False)
    assert [(h.kind, h.place, h.side) for h in mails.happenings.all] == [
        ("mail", "b@x.example", "product")
    ]


def test_nobody_sends_without_logging_in(mails: Mails) -> None:
    with mails.client(login=False) as client, pytest.raises(smtplib.SMTPSenderRefused) as caught:
        client.send_message(a_letter())
    assert caught.value.smtp_code == 530


@pytest.mark.parametrize(("name", "password"), [("desk", "wrong"), ("eve", "pw"), ("", "")])
def test_only_the_right_name_and_password_open(mails: Mails, name: str, password: str) -> None:
    with mails.client(login=False) as client, pytest.raises(smtplib.SMTPAuthenticationError):
        client.login(name, password)


def test_its_certificate_is_good_for_this_machine_only_if_trusted(mails: Mails) -> None:
    trusted = ssl.create_default_context(cadata=mails.server.certificate)
    with mails.client(login=False) as client:
        client._host = "127.0.0.1"  # type: ignore[attr-defined]
        client.starttls(context=trusted)
        client.login("desk", "pw")
        client.send_message(a_letter())
    assert mails.server.mails[0].is_encrypted
    stranger = mails.client(login=False)
    with pytest.raises(ssl.SSLCertVerificationError):
        stranger.starttls(context=ssl.create_default_context())
    stranger.close()


def test_every_certificate_has_a_key_of_its_own() -> None:
    (one, key), (two, other) = (make_certificate(datetime.now(UTC)) for _ in range(2))
    assert one != two
    assert key != other
    server_context(one, key)
    with pytest.raises(ssl.SSLError):
        server_context(one, other)


@pytest.mark.parametrize(
    ("operation", "kind", "kept"),
    [
        ("MAIL", FaultKind.ERROR, 0),
        ("RCPT", FaultKind.NOT_FOUND, 0),
        ("DATA", FaultKind.TOO_MANY, 0),
        ("DATA", FaultKind.ACCEPT_THEN_ERROR, 1),
        ("DATA", FaultKind.ACCEPT_THEN_DROP, 1),
        ("DATA", FaultKind.DROP, 0),
    ],
)
def test_a_fault_strikes_before_or_after_the_mail_is_kept(
    mails: Mails, operation: str, kind: FaultKind, kept: int
) -> None:
    mails.faults.add(Fault("email", operation, kind))
    client = mails.client()
    with pytest.raises(smtplib.SMTPException):
        client.send_message(a_letter())
    client.close()
    assert len(mails.server.mails) == kept
    with mails.client() as again:
        again.send_message(a_letter())
    assert len(mails.server.mails) == kept + 1


@pytest.mark.parametrize("kind", [FaultKind.ERROR, FaultKind.DROP])
def test_a_connection_can_be_refused(mails: Mails, kind: FaultKind) -> None:
    mails.faults.add(Fault("email", "CONNECT", kind))
    with pytest.raises((smtplib.SMTPException, OSError)):
        mails.client()
    mails.client().close()


def test_a_taken_port_is_told(mails: Mails) -> None:
    other = MailServer(Faults(), Happenings())
    with pytest.raises(OSError, match="in use"):
        other.start(mails.port)
    other.close()


def test_closing_twice_is_closing_once(mails: Mails) -> None:
    mails.server.close()
    mails.server.close()
