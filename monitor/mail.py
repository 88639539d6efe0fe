"""Mail through SMTP, as one more connector: it sends reports, each in one transaction.

It never reads mail, never speaks unencrypted beyond this machine, and never lets a text into a
header unwashed. The same post has the same Message-ID for ever, so a mail repeated after a doubt is
known as a repeat.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.utils import parseaddr
from typing import Any

from monitor.core.messages import Platform
from monitor.mail_shape import compose, is_address, message_id, washed
from monitor.ports import (
    Batch,
    Finding,
    Health,
    Post,
    Receipt,
    Refusal,
    Rejected,
    Standing,
    Unauthorized,
    Unavailable,
    Uncertain,
)

OPTIONS = frozenset({"host", "port", "security", "username", "sender", "timeout"})
SECRETS: tuple[str, ...] = ()
ALSO_SECRETS = ("password",)
PORTS = {"starttls": 587, "tls": 465, "none": 25}
_WHOLE = 3  # the whole conversation may take this many times the time-out of one step
_LINE_START = re.compile(rb"^\.", re.MULTILINE)
_LOOPBACK = re.compile(r"localhost|127(\.\d{1,3}){3}|::1")
_BROKEN = (OSError, smtplib.SMTPException)


def now_utc() -> datetime:
    """The clock, for those who give none."""
    return datetime.now(UTC)


def connect(account: str, options: Mapping[str, Any], secrets: Mapping[str, str]) -> MailConnector:
    """A connector for one mail account. ValueError, in a sentence, for what cannot be used."""
    try:
        chosen = _options(options)
    except ValueError as error:
        raise ValueError(f"accounts.{account}.{error}") from None
    return MailConnector(account, password=secrets.get("password", ""), **chosen)


def _options(options: Mapping[str, Any]) -> dict[str, Any]:
    for name in options:
        if name not in OPTIONS:
            raise ValueError(f"{name}: not an option of e-mail ({', '.join(sorted(OPTIONS))})")
    for name in ("host", "sender"):
        if not isinstance(options.get(name), str) or not options[name].strip():
            raise ValueError(f"{name}: missing. Your mail provider tells it under SMTP.")
    chosen = {"security": "starttls", **options}
    if chosen["security"] not in PORTS:
        choice = ", ".join(PORTS)
        raise ValueError(f"security: expected one of {choice}, found {chosen['security']!r}")
    if chosen["security"] == "none" and not _LOOPBACK.fullmatch(chosen["host"]):
        raise ValueError(f"security: none is for this machine only, not for {chosen['host']!r}")
    if not is_address(parseaddr(chosen["sender"])[1]):
        raise ValueError(f"sender: expected an address, found {chosen['sender']!r}")
    chosen["port"] = _number(chosen, "port", PORTS[chosen["security"]], 65535)
    chosen["timeout"] = float(_number(chosen, "timeout", 20, 60))
    return chosen


def _number(options: Mapping[str, Any], name: str, default: float, most: float) -> Any:
    value = options.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= most:
        raise ValueError(f"{name}: expected a number from 0 to {most}, found {value!r}")
    return value


class MailConnector:
    """One mail account. See monitor.ports.Connector."""

    platform = Platform.EMAIL
    repeatable = True  # after a doubt: the Message-ID tells mailboxes that it is the same mail

    def __init__(
        self,
        account: str,
        *,
        host: str,
        sender: str,
        port: int = 587,
        security: str = "starttls",
        username: str = "",
        password: str = "",
        timeout: float = 20.0,
        tls: ssl.SSLContext | None = None,
        clock: Callable[[], datetime] = now_utc,
    ) -> None:
        self.account = account
        self._host, self._port, self._security = host, port, security
        self._sender = parseaddr(sender)
        self._username, self._password = username, password
        self._timeout = timeout
        self._tls = tls
        self._clock = clock
        self._closed = False

    def __repr__(self) -> str:
        return f"MailConnector({self.account!r})"

    def streams(self) -> Sequence[str]:
        """Nothing is read."""
        return ()

    def fetch(self, stream: str, cursor: str | None, limit: int) -> Batch:
        """Nothing is read."""
        return Batch(next_cursor=cursor)

    def send(self, post: Post) -> Receipt:
        """One SMTP transaction to `post.place`."""
        if not is_address(post.place):
            raise Rejected(f"no mail address: {washed(post.place)!r}", code="address")
        native_id = message_id(post.key, self._sender[1])
        now = self._clock()
        content = compose(post, self._sender, native_id, now)
        with self._session() as client:
            self._envelope(client, post.place)
            self._deliver(client, content)
        return Receipt(native_id, now)

    def check(self) -> Health:
        """Connect, encrypt, log in, and ask for nothing."""
        where = f"{self._host}:{self._port}"
        try:
            with self._session() as client:
                code, said = client.noop()
                self._expect(code, said, "the connection")
        except Refusal as refusal:
            finding = Finding("mail", Standing.FAILED, refusal.reason, _remedy(refusal, where))
            return Health(findings=(finding,))
        except _BROKEN:
            finding = Finding("mail", Standing.FAILED, f"{where} hung up", "Try again.")
            return Health(findings=(finding,))
        found = f"{where}, {self._security}, " + (
            f"logged in as {self._username}" if self._username else "without login"
        )
        return Health(self._sender[1], self._sender[1], (Finding("mail", Standing.OK, found),))

    def close(self) -> None:
        """Nothing is kept open between mails."""
        self._closed = True

    @contextmanager
    def _session(self) -> Iterator[smtplib.SMTP]:
        """A server that is ready for a transaction. Raises Refusal; closes in any case."""
        if self._closed:
            raise Unavailable("the connector was closed", code="closed")
        client = self._client()
        alarm = threading.Timer(self._timeout * _WHOLE, _cut, [client])
        alarm.daemon = True
        alarm.start()
        try:
            self._open(client)
            yield client
            with suppress(*_BROKEN):
                client.quit()
        finally:
            alarm.cancel()
            client.close()

    def _client(self) -> smtplib.SMTP:
        name = self._sender[1].rpartition("@")[2]  # asking DNS for our own name may take long
        if self._security == "tls":
            return smtplib.SMTP_SSL(
                local_hostname=name, timeout=self._timeout, context=self._context()
            )
        return smtplib.SMTP(local_hostname=name, timeout=self._timeout)

    def _context(self) -> ssl.SSLContext:
        return self._tls or ssl.create_default_context()

    def _open(self, client: smtplib.SMTP) -> None:
        try:
            client._host = self._host  # type: ignore[attr-defined]  # SMTP_SSL checks the certificate for it
            code, said = client.connect(self._host, self._port)
            self._expect(code, said, "the connection")
            client.ehlo_or_helo_if_needed()
            if self._security == "starttls":
                client.starttls(context=self._context())
                client.ehlo_or_helo_if_needed()
        except smtplib.SMTPNotSupportedError as error:
            raise Unavailable(f"{self._host} offers no encryption", code="tls") from error
        except ssl.SSLError as error:
            raise Unavailable(f"{self._host}: no trusted encryption", code="tls") from error
        except _BROKEN as error:
            raise Unavailable(
                f"{self._host}:{self._port} cannot be reached", code="connect"
            ) from error
        if self._username:
            self._login(client)

    def _login(self, client: smtplib.SMTP) -> None:
        try:
            client.login(self._username, self._password)
        except smtplib.SMTPAuthenticationError as error:
            if error.smtp_code < 500:
                raise Unavailable(
                    self._told(error.smtp_code, error.smtp_error), code="login"
                ) from error
            reason = f"{self._host} refuses name or password"
            raise Unauthorized(reason, code=f"smtp_{error.smtp_code}") from error
        except smtplib.SMTPNotSupportedError as error:
            raise Unauthorized(f"{self._host} offers no login", code="login") from error
        except UnicodeError:  # its object is the password
            raise Unauthorized("name or password is not ASCII", code="login") from None
        except _BROKEN as error:
            raise Unavailable(f"{self._host} hung up at the login", code="connect") from error

    def _envelope(self, client: smtplib.SMTP, recipient: str) -> None:
        try:
            self._expect(*client.mail(self._sender[1]), "the sender")
            self._expect(*client.rcpt(recipient), "the recipient")
            code, said = client.docmd("DATA")
            if code != 354:
                self._expect(code if code >= 400 else 500, said, "the mail")
        except _BROKEN as error:
            raise Unavailable(f"{self._host} hung up before the mail", code="connect") from error

    def _deliver(self, client: smtplib.SMTP, content: bytes) -> None:
        """From the first byte of the mail on, silence means that nobody knows."""
        try:
            client.send(_LINE_START.sub(b"..", content) + b".\r\n")
            code, said = client.getreply()
        except _BROKEN as error:
            raise Uncertain(f"{self._host} hung up after the mail", code="connection") from error
        if code < 200:
            raise Uncertain(f"{self._host} gave no readable answer", code="unreadable")
        self._expect(code, said, "the mail")

    def _expect(self, code: int, said: bytes, what: str) -> None:
        if 200 <= code < 400:
            return
        reason = f"{self._host} refuses {what}: {self._told(code, said)}"
        if code in (530, 534, 535, 538):
            raise Unauthorized(reason, code=f"smtp_{code}")
        if code >= 500 and what != "the connection":
            raise Rejected(reason, code=f"smtp_{code}")
        raise Unavailable(reason, code=f"smtp_{code}")

    def _told(self, code: int, said: bytes | str) -> str:
        text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
        if self._password:
            text = text.replace(self._password, "***")
        return f"{code} {washed(text)[:200]}"


def _cut(client: smtplib.SMTP) -> None:
    sock = client.sock
    if isinstance(sock, socket.socket):
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)


def _remedy(refusal: Refusal, where: str) -> str:
    if isinstance(refusal, Unauthorized):
        return "Check `username` and `password`; many providers want an app password."
    if refusal.code == "tls":
        return 'Check `host` and `security` ("starttls" is usual on 587, "tls" on 465).'
    return f"Check `host` and `port`; does a firewall stand before {where}?"
