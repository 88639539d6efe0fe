"""Wheel, sdist and editable install run from anywhere and bring rules, migrations and the example along.

Everything is built and installed without the network: libraries are lent from this environment.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SOURCES = (
    *("monitor", "connectors", "rules", "alembic"),
    *("config.example.toml", "pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE"),
)
ASK = """
import importlib.util, json, pathlib, alembic, connectors, monitor
from monitor import assets
rules = importlib.util.find_spec("rules")
print(json.dumps({
    "monitor": str(pathlib.Path(monitor.__file__).parent.parent),
    "connectors": str(pathlib.Path(connectors.__file__).parent.parent),
    "rules": sorted(p.name for p in assets.path("rules").rglob("*.toml")),
    "versions": sorted(p.name for p in (assets.path("alembic") / "versions").glob("*.py")),
    "example": assets.path("config.example.toml").is_file(),
    "rules_importable": rules is not None,
    "rules_have_code": rules is not None and rules.origin is not None,
    "alembic_is_the_library": hasattr(alembic, "command") or bool(alembic.__version__),
}))
"""
MIGRATE = """
import pathlib, sys
from monitor.store import migrate
from monitor.store.database import open_database
database = open_database(f"sqlite:///{pathlib.Path(sys.argv[1]).resolve()}")
migrate.upgrade(database)
migrate.require_current(database)
print(migrate.differs(database))
database.close()
"""


@dataclass(frozen=True, slots=True)
class Installed:
    """An environment with the program in it, and a folder that has nothing to do with it."""

    folder: Path
    elsewhere: Path

    def run(self, *command: str) -> str:
        """What `command` of this environment prints when it is started elsewhere."""
        first = str(self.folder / "bin" / command[0])
        return _run([first, *command[1:]], self.elsewhere)


def _run(command: list[str], cwd: Path) -> str:
    environ = {
        k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "MONITOR", "COV"))
    }
    done = subprocess.run(
        command, cwd=cwd, env=environ, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, (
        f"{command} ended with {done.returncode}: {done.stdout}{done.stderr}"
    )
    return done.stdout


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project without what lies about in a working tree."""
    folder = tmp_path_factory.mktemp("source") / "response-desk"
    folder.mkdir()
    for name in SOURCES:
        there = ROOT / name
        if there.is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
            shutil.copytree(there, folder / name, ignore=ignored)
        else:
            shutil.copy(there, folder / name)
    return folder


@pytest.fixture(scope="session")
def built(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an sdist and the wheel made from it."""
    out = tmp_path_factory.mktemp("dist")
    _run([sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(source)], out)
    return out


@pytest.fixture(scope="session")
def install(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Installed]:
    """Install something into a fresh environment that borrows this one's libraries."""

    def into_fresh(*what: str) -> Installed:
        folder = tmp_path_factory.mktemp("env")
        _run([sys.executable, "-m", "venv", "--without-pip", str(folder)], folder)
        (packages,) = folder.glob("lib/python*/site-packages")
        # A .pth inside a lent folder is not read, so an editable install of ours stays out.
        (packages / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
        options = ["--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
        pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "install"]
        _run([*pip, *options, *what], folder)
        return Installed(folder, tmp_path_factory.mktemp("elsewhere"))

    return into_fresh


@pytest.fixture(scope="session")
def from_wheel(built: Path, install: Callable[..., Installed]) -> Installed:
    """The wheel that was made from the sdist."""
    return install(str(next(built.glob("*.whl"))))


@pytest.fixture(scope="session")
def editable(source: Path, install: Callable[..., Installed]) -> Installed:
    """A checkout somebody works in."""
    return install("--editable", str(source))


@pytest.fixture(params=["from_wheel", "editable"])
def installed(request: pytest.FixtureRequest) -> Installed:
    return request.getfixturevalue(request.param)


def test_it_starts_from_another_folder_by_both_names(installed: Installed) -> None:
    by_name = installed.run("monitor", "--help")

    assert "demo" in by_name
    assert "demo" in installed.run("python", "-m", "monitor", "--help")
    assert installed.run("monitor", "--version").strip()


def test_it_finds_rules_migrations_and_example_from_another_folder(installed: Installed) -> None:
    found = json.loads(installed.run("python", "-c", ASK))

    assert found["rules"] == sorted(p.name for p in (ROOT / "rules").rglob("*.toml"))
    assert found["versions"] == sorted(p.name for p in (ROOT / "alembic/versions").glob("*.py"))
    assert found["example"]


def test_rules_are_no_package_and_alembic_is_the_library(installed: Installed) -> None:
    found = json.loads(installed.run("python", "-c", ASK))

    assert not found["rules_have_code"]
    assert found["alembic_is_the_library"]


def test_an_installed_wheel_leaves_the_name_rules_to_others(from_wheel: Installed) -> None:
    assert not json.loads(from_wheel.run("python", "-c", ASK))["rules_importable"]


def test_both_packages_are_ours(installed: Installed) -> None:
    found = json.loads(installed.run("python", "-c", ASK))

    assert found["monitor"] == found["connectors"]
    assert not Path(found["monitor"]).is_relative_to(ROOT)


def test_its_migrations_make_the_tables_from_another_folder(installed: Installed) -> None:
    assert installed.run("python", "-c", MIGRATE, "fresh.db").splitlines()[-1] == "None"


def test_the_sdist_lacks_nothing_that_the_wheel_needs(built: Path) -> None:
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        names = set(wheel.namelist())
    for package in ("monitor", "connectors"):
        files = {str(p.relative_to(ROOT)) for p in (ROOT / package).rglob("*.py")}
        assert files - names == set()


def test_the_wheel_brings_no_folder_of_ours_but_the_two_packages(built: Path) -> None:
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        tops = {name.partition("/")[0] for name in wheel.namelist()}

    assert {top for top in tops if not top.endswith(".dist-info")} == {"monitor", "connectors"}


def test_data_folders_never_become_packages() -> None:
    # With alembic/__init__.py `python -m monitor` would find our folder instead of the library.
    assert not list((ROOT / "alembic").rglob("__init__.py"))
    assert not list((ROOT / "rules").rglob("*.py"))
