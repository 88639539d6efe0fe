"""Makes a mail of a post: headers, text, HTML, attachments. Pure; it never sends one."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from monitor.ports import Attachment, Post

_SUBJECT_LIMIT = 300
_NAME_LIMIT = 100
# Control, format (bidi, zero-width), surrogate, private: none belongs in a header.
_UNWANTED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_SEPARATORS = re.compile(r"[\s\u2028\u2029\u0085]+")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_TYPE = re.compile(r"[a-z0-9.+-]+/[a-z0-9.+-]+")


def is_address(text: str) -> bool:
    """One plain ASCII mail address and nothing else."""
    local = text.partition("@")[0]
    return bool(_ADDRESS.fullmatch(text)) and ".." not in local and local.strip(".") == local


def washed(text: str) -> str:
    """One line without control, bidi or invisible characters, for headers and logs."""
    spaced = _SEPARATORS.sub(" ", text)
    kept = "".join(c for c in spaced if unicodedata.category(c) not in _UNWANTED)
    return _SEPARATORS.sub(" ", kept).strip()


def message_id(key: str, sender: str) -> str:
    """The same for the same key, for ever."""
    domain = sender.rpartition("@")[2]
    return f"<{hashlib.sha256(key.encode('utf-8', 'replace')).hexdigest()[:40]}@{domain}>"


def compose(post: Post, sender: tuple[str, str], native_id: str, now: datetime) -> bytes:
    """The bytes of the mail, lines ended by CR LF. `sender` is (name, address)."""
    # Seven bits: we do not ask whether the server takes eight.
    mail = EmailMessage(policy=policy.SMTP.clone(cte_type="7bit"))
    mail["From"] = Address(washed(sender[0]), addr_spec=sender[1])
    mail["To"] = Address(addr_spec=post.place)
    mail["Subject"] = washed(post.subject)[:_SUBJECT_LIMIT].strip() or "(no subject)"
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = native_id
    mail["Auto-Submitted"] = "auto-generated"  # asks out-of-office replies to stay away
    mail.set_content(_encodable(post.text) or "\n")
    if post.html:
        mail.add_alternative(_encodable(post.html), subtype="html")
    for attachment in post.attachments:
        _attach(mail, attachment)
    content = mail.as_bytes()
    return content if content.endswith(b"\r\n") else content + b"\r\n"


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _attach(mail: EmailMessage, attachment: Attachment) -> None:
    known = _TYPE.fullmatch(attachment.content_type)
    kind = attachment.content_type if known else "application/octet-stream"
    main, _, sub = kind.partition("/")
    if main in ("multipart", "message"):
        main, sub = "application", "octet-stream"
    name = re.sub(r"[/\\]", "_", washed(attachment.name))[:_NAME_LIMIT] or "attachment"
    mail.add_attachment(attachment.content, maintype=main, subtype=sub, filename=name)
