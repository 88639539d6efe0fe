"""A self-signed certificate for 127.0.0.1, made anew at every start. Never used beyond the sandbox.

Written out (P-256, ECDSA, DER) because neither the standard library nor the sandbox's libraries can
make one, and a key that lies in the source is no key.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import ssl
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

_P = 2**256 - 2**224 + 2**192 + 2**96 - 1
_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
_Point = tuple[int, int] | None
_EC_KEY, _P256 = "06072a8648ce3d0201", "06082a8648ce3d030107"
_ECDSA_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")
_COMMON_NAME, _ALT_NAME, _BASIC = "0603550403", "0603551d11", "0603551d13"


def make_certificate(now: datetime) -> tuple[str, str]:
    """(certificate, private key) as PEM, good for 30 days."""
    key = secrets.randbelow(_N - 1) + 1
    point = _times(key, _G)
    assert point is not None  # noqa: S101 - a key below the order has a point
    public = b"\x04" + point[0].to_bytes(32, "big") + point[1].to_bytes(32, "big")
    body = _body(public, now)
    certificate = _tag(0x30, body, _ECDSA_SHA256, _bits(_sign(key, body)))
    return _pem("CERTIFICATE", certificate), _pem("EC PRIVATE KEY", _private(key, public))


def server_context(certificate: str, key: str) -> ssl.SSLContext:
    """What a server needs. The key is on disk for a moment, for this user only."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pair.pem"
        file.touch(0o600)
        file.write_text(certificate + key, encoding="ascii")
        context.load_cert_chain(file)
    return context


def _times(factor: int, point: _Point) -> _Point:
    total: _Point = None
    while factor:
        if factor & 1:
            total = _plus(total, point)
        point, factor = _plus(point, point), factor >> 1
    return total


def _plus(a: _Point, b: _Point) -> _Point:
    if a is None or b is None:
        return b if a is None else a
    if a[0] == b[0] and (a[1] + b[1]) % _P == 0:
        return None
    rise, run = (3 * a[0] * a[0] - 3, 2 * a[1]) if a == b else (b[1] - a[1], b[0] - a[0])
    slope = rise * pow(run, -1, _P)
    x = (slope * slope - a[0] - b[0]) % _P
    return x, (slope * (a[0] - x) - a[1]) % _P


def _sign(key: int, body: bytes) -> bytes:
    digest = int.from_bytes(hashlib.sha256(body).digest(), "big")
    while True:
        nonce = secrets.randbelow(_N - 1) + 1
        point = _times(nonce, _G)
        r = point[0] % _N if point else 0
        s = pow(nonce, -1, _N) * (digest + r * key) % _N
        if r and s:
            return _tag(0x30, _integer(r), _integer(s))


def _body(public: bytes, now: datetime) -> bytes:
    name = _tag(0x30, _tag(0x31, _tag(0x30, bytes.fromhex(_COMMON_NAME), _tag(0x0C, b"localhost"))))
    valid = _tag(0x30, _time(now - timedelta(days=1)), _time(now + timedelta(days=30)))
    kind = _tag(0x30, bytes.fromhex(_EC_KEY), bytes.fromhex(_P256))
    names = _tag(0x30, _tag(0x82, b"localhost"), _tag(0x87, bytes([127, 0, 0, 1])))
    is_root = _tag(0x30, b"\x01\x01\xff")
    extensions = _tag(
        0x30,
        _tag(0x30, bytes.fromhex(_BASIC), b"\x01\x01\xff", _tag(0x04, is_root)),
        _tag(0x30, bytes.fromhex(_ALT_NAME), _tag(0x04, names)),
    )
    serial = _integer(secrets.randbits(120) + 1)
    third = _tag(0xA0, _integer(2))
    return _tag(
        0x30,
        third,
        serial,
        _ECDSA_SHA256,
        name,
        valid,
        name,
        _tag(0x30, kind, _bits(public)),
        _tag(0xA3, extensions),
    )


def _private(key: int, public: bytes) -> bytes:
    return _tag(
        0x30,
        _integer(1),
        _tag(0x04, key.to_bytes(32, "big")),
        _tag(0xA0, bytes.fromhex(_P256)),
        _tag(0xA1, _bits(public)),
    )


def _tag(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def _integer(value: int) -> bytes:
    return _tag(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _bits(content: bytes) -> bytes:
    return _tag(0x03, b"\x00" + content)


def _time(moment: datetime) -> bytes:
    return _tag(0x17, moment.strftime("%y%m%d%H%M%SZ").encode())


def _pem(kind: str, content: bytes) -> str:
    text = base64.encodebytes(content).decode()
    return f"-----BEGIN {kind}-----\n{text}-----END {kind}-----\n"
