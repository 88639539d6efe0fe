"""A mail server on loopback: keeps what it gets, fails on command. It never passes a mail on."""

from __future__ import annotations

import asyncio
import email
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from typing import Any, cast

from aiosmtpd.smtp import MISSING, SMTP, AuthResult, LoginPassword

from monitor.ports import Attachment
from monitor.sandbox.certificate import make_certificate, server_context
from monitor.sandbox.faults import Fault, FaultKind, Faults
from monitor.sandbox.happenings import Happening, Happenings
from monitor.sandbox.serving import HANG_SECONDS, Serving

_LIMIT = 25_000_000
_ACCEPTED = (
    FaultKind.ACCEPT_THEN_DROP,
    FaultKind.ACCEPT_THEN_ERROR,
    FaultKind.ACCEPT_THEN_HANG,
    FaultKind.ACCEPT_LATE,
)


def now_utc() -> datetime:
    """The clock on the wall."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as it arrived. `sender` and `recipients` are the envelope's."""

    sender: str
    recipients: tuple[str, ...]
    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...]
    message_id: str
    headers: tuple[tuple[str, str], ...]
    at: datetime
    is_encrypted: bool = False
    username: str = ""


class MailServer:
    """A mailbox for everybody. With `username`, nobody may send without logging in."""

    def __init__(
        self,
        faults: Faults,
        happenings: Happenings,
        *,
        loop: asyncio.AbstractEventLoop | None = None,
        hostname: str = "localhost",
        username: str = "",
        password: str = "",
        tls: bool = True,
        clock: Callable[[], datetime] = now_utc,
    ) -> None:
        self.certificate = ""  # PEM, to be trusted by who wants to check it
        self._faults = faults
        self._happenings = happenings
        self._own = Serving() if loop is None else None  # a thread, unless we are given a loop
        self._loop = loop or cast(Serving, self._own).loop
        self._hostname = hostname
        self._login = (username, password)
        self._clock = clock
        self._mails: list[Mail] = []
        self._lock = threading.Lock()
        self._server: asyncio.Server | None = None
        self._tls = self._encryption() if tls else None

    def _encryption(self) -> Any:
        self.certificate, key = make_certificate(self._clock())
        return server_context(self.certificate, key)

    @property
    def mails(self) -> list[Mail]:
        """Everything that arrived, in order."""
        with self._lock:
            return list(self._mails)

    def start(self, port: int = 0, *, tls_at_once: bool = False) -> tuple[str, int]:
        """Listen; (host, port). `tls_at_once`: encrypted from the first byte, as on port 465.

        OSError when the port is taken. Not to be called on the loop's own thread.
        """
        starting = self._listen(port, self._tls if tls_at_once else None)
        self._server = asyncio.run_coroutine_threadsafe(starting, self._loop).result(30)
        host, taken = self._server.sockets[0].getsockname()[:2]
        return str(host), int(taken)

    async def _listen(self, port: int, tls: Any) -> asyncio.Server:
        return await self._loop.create_server(self._protocol, "127.0.0.1", port, ssl=tls)

    def close(self) -> None:
        """Stop listening; may be called twice."""
        if self._server is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._server.close)
        self._server = None
        if self._own is not None:
            self._own.close()

    def _protocol(self) -> asyncio.BaseProtocol:
        fault = self._faults.take("email", "CONNECT")
        if fault is not None:
            return _Unwilling(fault)
        protocol: asyncio.BaseProtocol = SMTP(
            _Hooks(self._faults, self._keep, needs_login=bool(self._login[0])),
            hostname=self._hostname,
            ident="sandbox",
            data_size_limit=_LIMIT,
            tls_context=self._tls,
            auth_require_tls=False,
            authenticator=self._authenticated,
            loop=self._loop,
        )
        return protocol

    def _authenticated(self, server: Any, session: Any, envelope: Any, how: str, given: Any) -> Any:
        if not isinstance(given, LoginPassword):
            return AuthResult(success=False, handled=False)
        name, password = (part.decode("utf-8", "replace") for part in (given.login, given.password))
        good = (name, password) == self._login
        return AuthResult(success=good, handled=good, auth_data=name if good else None)

    def _keep(self, session: Any, envelope: Any) -> None:
        mail = _read(session, envelope, self._clock())
        with self._lock:
            self._mails.append(mail)
        place = ", ".join(mail.recipients)
        self._happenings.add(
            Happening(
                "email",
                place,
                "mail",
                mail.message_id,
                mail.sender,
                f"{mail.subject}\n\n{mail.text}",
                mail.at,
                "product",
            )
        )


class _Unwilling(asyncio.Protocol):
    """Takes a connection and nothing more."""

    def __init__(self, fault: Fault) -> None:
        self._fault = fault

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        line = cast(asyncio.Transport, transport)
        if self._fault.kind in (FaultKind.HANG, FaultKind.ACCEPT_THEN_HANG):
            asyncio.get_running_loop().call_later(_seconds(self._fault), line.abort)
        elif self._fault.kind in (FaultKind.DROP, FaultKind.ACCEPT_THEN_DROP):
            line.abort()
        else:
            line.write(b"421 4.3.2 try again later\r\n")
            line.close()


class _Hooks:
    """What aiosmtpd asks before it answers a command; the names are its."""

    def __init__(
        self, faults: Faults, keep: Callable[[Any, Any], None], *, needs_login: bool
    ) -> None:
        self._faults = faults
        self._keep = keep
        self._needs_login = needs_login

    async def handle_AUTH(self, server: Any, session: Any, envelope: Any, args: Any) -> Any:
        return await self._struck("AUTH", server) or MISSING

    async def handle_MAIL(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if self._needs_login and not session.authenticated:
            return "530 5.7.0 Authentication required"
        failed = await self._struck("MAIL", server)
        if failed:
            return failed
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        failed = await self._struck("RCPT", server)
        if failed:
            return failed
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        fault = self._faults.take("email", "DATA")
        if fault is not None and fault.kind is FaultKind.ACCEPT_LATE:
            await asyncio.sleep(_seconds(fault))
        if fault is None or fault.kind in _ACCEPTED:
            self._keep(session, envelope)
        if fault is None or fault.kind is FaultKind.ACCEPT_LATE:
            return "250 2.0.0 OK: kept"
        return await _fail(fault, server)

    async def _struck(self, operation: str, server: Any) -> str:
        fault = self._faults.take("email", operation)
        return "" if fault is None else await _fail(fault, server)


async def _fail(fault: Fault, server: Any) -> str:
    """The answer of a command that goes wrong. 503 is the orders' default and means 451 here."""
    match fault.kind:
        case FaultKind.HANG | FaultKind.ACCEPT_THEN_HANG:
            await asyncio.sleep(_seconds(fault))
            server.transport.abort()
        case FaultKind.DROP | FaultKind.ACCEPT_THEN_DROP:
            server.transport.abort()
        case FaultKind.UNAUTHORIZED:
            return "535 5.7.8 Authentication credentials invalid"
        case FaultKind.NOT_FOUND:
            return "550 5.1.1 No such mailbox"
        case FaultKind.TOO_MANY:
            return "450 4.7.1 Too many mails, try again later"
    code = fault.status if fault.status != 503 else 451
    return f"{code} {code // 100}.3.0 sandbox fault"


def _seconds(fault: Fault) -> float:
    return HANG_SECONDS if fault.seconds is None else fault.seconds


def _read(session: Any, envelope: Any, now: datetime) -> Mail:
    message = email.message_from_bytes(envelope.original_content, policy=policy.default)
    files = tuple(
        Attachment(part.get_filename() or "", part.get_content_type(), _bytes(part))
        for part in message.iter_attachments()
    )
    return Mail(
        str(envelope.mail_from),
        tuple(envelope.rcpt_tos),
        str(message["Subject"] or ""),
        _part(message, "plain"),
        _part(message, "html"),
        files,
        str(message["Message-ID"] or ""),
        tuple((name, str(value)) for name, value in message.items()),
        now,
        session.ssl is not None,
        str(session.auth_data or ""),
    )


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()).replace("\r\n", "\n") if part is not None else ""


def _bytes(part: Any) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""
