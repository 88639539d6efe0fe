"""/health and /metrics on loopback. They look; they change nothing and say nothing about people."""

from __future__ import annotations

import json
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from monitor.store.database import Database, is_passing
from monitor.store.standing import Standing, standing

log = logging.getLogger(__name__)
BLIND_AFTER = timedelta(minutes=3)  # no successful poll for so long: the desk does not see


class Look:
    """One look at the desk, as JSON and as metrics."""

    def __init__(self, database: Database, clock: Callable[[], datetime], judge: Callable[[], str],
                 problem: Callable[[], str | None]) -> None:  # fmt: skip
        self._database = database
        self._clock = clock
        self._judge = judge
        self._problem = problem
        self._registry = CollectorRegistry()
        self._registry.register(_Gauges(self._standing, clock))

    def health(self) -> tuple[int, dict[str, Any]]:
        """200 when all is well, else 503, and what is not."""
        try:
            found = self._standing()
        except Exception as error:
            if not is_passing(error):
                log.exception("health cannot be told")
            return 503, {"status": "failed", "troubles": ["the database does not answer"]}
        troubles = self._troubles(found)
        body = {
            "status": "ok" if not troubles else "degraded",
            "troubles": troubles,
            "judge": self._judge(),
            "accounts": {a.name: _shown(a, self._clock()) for a in found.accounts},
            "waiting_to_be_judged": found.unassessed,
            "cases_waiting": found.waiting_cases,
            "deliveries": {
                f"{kind}.{state}": n for (kind, state), n in sorted(found.deliveries.items())
            },
            "quarantined": found.quarantined,
            "gaps": found.gaps,
        }
        return (200 if not troubles else 503), body

    def metrics(self) -> bytes:
        """Prometheus text."""
        return generate_latest(self._registry)

    def _standing(self) -> Standing:
        with self._database.read() as connection:
            return standing(connection)

    def _troubles(self, found: Standing) -> list[str]:
        now = self._clock()
        troubles = [
            f"{a.name}: {a.standing}: {a.reason}" for a in found.accounts if a.standing == "stopped"
        ]
        troubles += [
            f"{a.name}: nothing fetched since {a.polled_at:%H:%M:%S} UTC"
            for a in found.accounts
            if a.standing != "stopped"
            and a.polled_at is not None
            and now - a.polled_at > BLIND_AFTER
        ]
        problem = self._problem()
        return troubles + ([problem] if problem else [])


def _shown(account: Any, now: datetime) -> dict[str, Any]:
    age = None if account.polled_at is None else round((now - account.polled_at).total_seconds())
    return {"platform": account.platform, "standing": account.standing, "reason": account.reason,
            "seconds_since_poll": age}  # fmt: skip


class _Gauges(Collector):
    def __init__(self, look: Callable[[], Standing], clock: Callable[[], datetime]) -> None:
        self._look = look
        self._clock = clock

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing before the first scrape: the database is asked only then."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """All gauges from one look."""
        found, now = self._look(), self._clock()
        yield GaugeMetricFamily(
            "monitor_messages_unassessed", "Messages that wait to be judged", found.unassessed
        )
        yield GaugeMetricFamily(
            "monitor_cases_waiting", "Cases whose asker waits for staff", found.waiting_cases
        )
        oldest = found.oldest_waiting_since
        age = 0.0 if oldest is None else (now - oldest).total_seconds()
        yield GaugeMetricFamily("monitor_oldest_wait_seconds", "The longest current wait", age)
        yield GaugeMetricFamily("monitor_quarantined", "Messages set aside", found.quarantined)
        yield GaugeMetricFamily("monitor_gaps", "Known holes in what was seen", found.gaps)
        said = GaugeMetricFamily(
            "monitor_deliveries", "The outbox by kind and state", labels=["kind", "state"]
        )
        for (kind, state), n in found.deliveries.items():
            said.add_metric([kind, state], n)
        yield said
        up = GaugeMetricFamily(
            "monitor_account_up", "1 while the account works", labels=["account", "platform"]
        )
        for account in found.accounts:
            up.add_metric(
                [account.name, account.platform], 1.0 if account.standing == "ok" else 0.0
            )
        yield up


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever asked has hung up, or the database is away: a line, where the library prints a traceback."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError) and not (error and is_passing(error)):
            log.error("health cannot be told", exc_info=error)


class HealthServer:
    """Serves a Look until closed."""

    def __init__(self, look: Look, host: str, port: int) -> None:
        """OSError when the port is taken."""
        self._server = _Server((host, port), _answering(look))
        threading.Thread(target=self._server.serve_forever, name="health", daemon=True).start()

    @property
    def port(self) -> int:
        """The port in use."""
        return int(self._server.server_address[1])

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()


def _metrics(look: Look) -> tuple[int, str, bytes]:
    try:
        return 200, "text/plain; version=0.0.4; charset=utf-8", look.metrics()
    except Exception as error:
        if not is_passing(error):
            log.exception("metrics cannot be told")
        return 503, "text/plain", b"The database does not answer.\n"


def _answering(look: Look) -> type[BaseHTTPRequestHandler]:
    class Answers(BaseHTTPRequestHandler):
        timeout = 10  # seconds for a request to arrive

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path == "/health":
                status, body = look.health()
                self._answer(
                    status, "application/json", json.dumps(body, ensure_ascii=False).encode()
                )
            elif path == "/metrics":
                self._answer(*_metrics(look))
            else:
                self._answer(404, "text/plain", b"There is /health and /metrics.\n")

        def _answer(self, status: int, content_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            log.debug("asked", extra={"path": self.path.split("?")[0]})

    return Answers
