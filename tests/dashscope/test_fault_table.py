"""The table in the documentation is the one in the code."""

import re
from pathlib import Path

from bot.dashscope.errors import EITHERS, PHOTO_FAULTS, VOICE_FAULTS, AccountReason, PersonReason
from bot.dashscope.fault_table import CODES, STATUSES, Meaning, reason_of_look

PAGE = Path(__file__).parents[2] / "docs" / "service.md"


def rows() -> dict[str, str]:
    """Whose each code is, by the page: those of a cell that begin with a dot belong to the family before them."""
    found = {}
    for line in PAGE.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if len(cells) == 3 and cells[0].startswith(("`", "HTTP")):
            family = ""
            for code in re.findall(r"`([\w.]+)`|HTTP ([\d, xand]+)", cells[0]):
                name, statuses = code
                family = family if name.startswith(".") else name.split(".")[0]
                found[f"{family}{name}" if name.startswith(".") else name] = cells[1]
                found.update(dict.fromkeys(re.findall(r"\d{3}", statuses), cells[1]))
    return found


def owner(meaning: Meaning) -> str:
    """Whose a line of the code's table is, in the page's words."""
    if meaning in (PersonReason.CONTENT_REFUSED, PersonReason.RIGHTS):
        return "what they show or say"
    if isinstance(meaning, PersonReason):
        sides = {"the photo's": PHOTO_FAULTS, "the voice's": VOICE_FAULTS, "photo or voice": EITHERS}
        return next(whose for whose, reasons in sides.items() if meaning in reasons)
    return "the operator's" if isinstance(meaning, AccountReason) or meaning == "unreachable" else "nobody's"


def test_every_line_of_the_table_is_in_the_documentation() -> None:
    told = rows()
    ours = {**CODES, **{str(status): meaning for status, meaning in STATUSES.items()}}
    assert {code: told.get(code) for code in ours} == {code: owner(meaning) for code, meaning in ours.items()}


def test_a_look_is_never_the_voices_fault() -> None:
    assert reason_of_look("InvalidFile.NoHuman", None) is PersonReason.NO_HUMAN
    assert reason_of_look(None, "The face is covered by a hand.") is PersonReason.COVERED
    assert reason_of_look("DataInspectionFailed", "Inappropriate content.") is PersonReason.IMAGE_CONTENT
    assert reason_of_look("Audio.AudioSilentError", None) is PersonReason.PORTRAIT
    assert reason_of_look("BrandNew", "?") is PersonReason.PORTRAIT
