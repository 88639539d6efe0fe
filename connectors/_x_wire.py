"""The HTTP of the X connector: base URL, time-outs, a deadline. It never repeats a request."""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
import tweepy
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

HOST = "https://api.twitter.com"  # tweepy's; signatures are made for it
CONNECT_SECONDS = 5.0


class _Watch:
    """Cuts the connection in use at the deadline: time-outs per read never end a trickle."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: HTTPConnection | None = None
        self._cut = False

    def begin(self) -> None:
        with self._lock:
            self._connection, self._cut = None, False

    def using(self, connection: HTTPConnection) -> None:
        with self._lock:
            self._connection = connection

    def cut(self) -> None:
        with self._lock:
            self._cut = True
            sock = getattr(self._connection, "sock", None)
            if sock is None:
                return
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # it was closed already

    @property
    def was_cut(self) -> bool:
        with self._lock:
            return self._cut


class Adapter(HTTPAdapter):
    """Sends what tweepy means for X to `base_url`, within `timeout` seconds in all."""

    def __init__(self, base_url: str, timeout: float) -> None:
        self._base = base_url.rstrip("/")
        self._timeout = timeout
        self._watch = _Watch()
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Pools whose connections tell the watch that they are in use."""
        super().init_poolmanager(*args, **kwargs)
        watch = self._watch

        class Plain(HTTPConnection):
            def request(self, *args: Any, **kwargs: Any) -> None:
                watch.using(self)
                super().request(*args, **kwargs)

        class Tls(HTTPSConnection):
            def request(self, *args: Any, **kwargs: Any) -> None:
                watch.using(self)
                super().request(*args, **kwargs)

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class TlsPool(HTTPSConnectionPool):
            ConnectionCls = Tls

        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": TlsPool}

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """One request, body included, before the deadline."""
        sent, proxies = self._redirected(request, proxies)
        timeouts = (min(CONNECT_SECONDS, self._timeout), self._timeout)
        self._watch.begin()
        alarm = threading.Timer(self._timeout, self._watch.cut)
        alarm.daemon = True
        alarm.start()
        try:
            response = super().send(sent, False, timeouts, verify, cert, proxies)
            response.content  # noqa: B018 - read here, while the alarm runs
        except requests.ConnectTimeout:
            raise
        except requests.RequestException as error:
            if self._watch.was_cut:
                raise requests.ReadTimeout("the deadline passed", request=request) from error
            raise
        finally:
            alarm.cancel()
        if self._watch.was_cut:
            raise requests.ReadTimeout("the deadline passed", request=request)
        return response

    def _redirected(
        self, request: requests.PreparedRequest, proxies: Mapping[str, str] | None
    ) -> tuple[requests.PreparedRequest, Mapping[str, str] | None]:
        if self._base == HOST or request.url is None:
            return request, proxies
        sent = request.copy()
        sent.url = self._base + request.url.removeprefix(HOST)
        return sent, get_environ_proxies(sent.url)

    def cut(self) -> None:
        """End the request under way, from another thread."""
        self._watch.cut()


class Wire:
    """One tweepy client for one thread."""

    def __init__(self, secrets: Mapping[str, str], base_url: str, timeout: float) -> None:
        self._adapter = Adapter(base_url, timeout)
        self._client = tweepy.Client(
            bearer_token=secrets.get("bearer_token") or None,
            consumer_key=secrets["consumer_key"],
            consumer_secret=secrets["consumer_secret"],
            access_token=secrets["access_token"],
            access_token_secret=secrets["access_token_secret"],
            return_type=requests.Response,
            wait_on_rate_limit=False,
        )
        self._client.session.max_redirects = 0  # a redirected write would be a second write
        self._client.session.mount(HOST, self._adapter)

    def get(
        self, route: str, params: Mapping[str, str], *, as_app: bool = False
    ) -> requests.Response:
        """A read. Raises what tweepy and requests raise."""
        answer = self._client.request("GET", route, params=dict(params), user_auth=not as_app)
        return _checked(answer)

    def create(self, text: str, reply_to: str | None) -> requests.Response:
        """Post once."""
        return _checked(self._client.create_tweet(text=text, in_reply_to_tweet_id=reply_to))

    def delete(self, native_id: str) -> requests.Response:
        """Take a post back."""
        return _checked(self._client.delete_tweet(native_id))

    def cut(self) -> None:
        """End the request under way."""
        self._adapter.cut()

    def close(self) -> None:
        """Give the sockets back."""
        self._client.session.close()


def _checked(answer: Any) -> requests.Response:
    if not isinstance(answer, requests.Response):
        raise TypeError("tweepy gave no response")
    return answer


def is_base_url(url: str) -> bool:
    """May this be the base URL? TLS, unless it is this machine."""
    parts = urlsplit(url)
    local = parts.hostname in ("127.0.0.1", "::1", "localhost")
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and local))
