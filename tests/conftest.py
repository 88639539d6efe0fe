"""What every test gets: no network but loopback, repeatable laws, the folder of recorded material."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import pytest_socket

ROOT = Path(__file__).resolve().parent.parent
LOOPBACK = ["127.0.0.1", "::1"]
FOR_TESTS = ("MONITOR_SHARED", "MONITOR_REQUIRE_", "MONITOR_TEST_", "MONITOR_POSTGRES_")

hypothesis.settings.register_profile(
    "local",
    max_examples=50,
    # Two cores are shared; a slow moment is no failure.
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.register_profile(
    "ci", hypothesis.settings.get_profile("local"), max_examples=200, derandomize=True
)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "local")


@pytest.fixture(autouse=True)
def only_loopback() -> Iterator[None]:
    """A test that reaches for the network fails at once and says for which host."""
    pytest_socket.socket_allow_hosts(LOOPBACK, allow_unix_socket=True)
    yield
    pytest_socket._remove_restrictions()


@pytest.fixture(autouse=True)
def no_secrets_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """The developer's own MONITOR_* secrets must neither help nor leak into a test."""
    for name in os.environ:
        if name.startswith("MONITOR_") and not name.startswith(FOR_TESTS):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of specs and recorded traffic: MONITOR_SHARED, ../shared by default."""
    folder = Path(os.environ.get("MONITOR_SHARED", ROOT.parent / "shared")).resolve()
    if not folder.is_dir():
        pytest.skip(f"no recorded material at {folder}: set MONITOR_SHARED to its folder")
    return folder


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The one cluster of this run (of this worker); rooms make databases of their own in it."""
    from tests.databases import cluster  # only who needs a database pays for importing it

    with cluster() as url:
        yield url


_without_postgres: list[str] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember what was skipped for want of PostgreSQL."""
    if report.skipped and "no PostgreSQL" in str(report.longrepr):
        _without_postgres.append(report.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """MONITOR_REQUIRE_POSTGRES=1: a run that skipped PostgreSQL has failed."""
    if _without_postgres and os.environ.get("MONITOR_REQUIRE_POSTGRES") == "1":
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say so."""
    if _without_postgres and os.environ.get("MONITOR_REQUIRE_POSTGRES") == "1":
        terminalreporter.write_line(
            f"{len(_without_postgres)} tests were skipped for want of PostgreSQL, "
            f"and MONITOR_REQUIRE_POSTGRES=1 does not allow that. The first: {_without_postgres[0]}",
            red=True,
        )
