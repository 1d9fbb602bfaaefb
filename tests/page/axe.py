"""axe-core, the accessibility checker, from npm; kept beside the virtual environment, for the tests only."""

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

VERSION = "4.14.1"
CACHE = Path(sys.prefix) / ".cache" / f"axe-core-{VERSION}"


def axe_source() -> str:
    """The script; skips the test where npm cannot bring it."""
    script = CACHE / "package" / "axe.min.js"
    if not script.exists():
        fetch_axe()
    return script.read_text()


def fetch_axe() -> None:
    """Fetch the package, as it is published, without running anything of it."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no npm on this machine, which brings axe-core")
    CACHE.mkdir(parents=True, exist_ok=True)
    command = [npm, "pack", f"axe-core@{VERSION}", "--silent", "--pack-destination", str(CACHE)]
    try:
        subprocess.run(
            command, check=True, capture_output=True, timeout=60, env=os.environ | {"npm_config_audit": "false"}
        )
    except (subprocess.SubprocessError, OSError):
        pytest.skip("npm cannot bring axe-core")
    with tarfile.open(CACHE / f"axe-core-{VERSION}.tgz") as package:
        package.extraction_filter = getattr(tarfile, "data_filter", None)  # Debian 12's Python has none
        package.extractall(CACHE)


if __name__ == "__main__":
    fetch_axe()
