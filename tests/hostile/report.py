"""What a run came to: figures, and everything that was not as it should be."""

import statistics
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.hostile.answers import TAKEN, WRONG
from tests.hostile.draw import Hostile
from tests.hostile.watch import Watch

SLOWEST = 20.0
"""Seconds from a file to its answer."""
MOST_BOT, MOST_GROWTH = 450.0, 120.0
"""Megabytes of the bot's own process, and how many more at the end than when it was warm."""
MOST_SERVER_GROWTH = 20.0
MOST_CHILD = 1024 + 200.0
"""Megabytes of a decoder: its limit, and what is mapped before."""


@dataclass(frozen=True)
class FileAnswer:
    """A file and what came of it: the name of the answer, None where none came, and after how many seconds."""

    file: Hostile
    name: str | None
    seconds: float
    words: str = ""

    @property
    def wrong(self) -> str | None:
        """What is wrong with it, if anything."""
        if self.name is None:
            return "no answer came"
        if self.name in WRONG:
            return f"it was answered with {self.words[:80]!r}"
        if self.seconds >= SLOWEST:
            return f"the answer took {self.seconds:.1f} s"
        if self.file.kind == "pointer" and self.name in TAKEN:
            return f"what it points to was opened: {self.words[:80]!r}"
        return None


@dataclass
class Aftermath:
    """What was found when all was over.

    Args:
        answers: to each file.
        visits: paths that the canary was asked for.
        log: the bot's.
        leaks: files in which something stands that should not.
        decoders: processes that are left.
        scratch: temporary folders that are left.
        video: whether a good photo and voice still became one.
        faults: what else is to be said.
    """

    seconds: float
    watch: Watch
    answers: list[FileAnswer] = field(default_factory=list)
    visits: list[str] = field(default_factory=list)
    log: str = ""
    leaks: list[str] = field(default_factory=list)
    decoders: int = 0
    scratch: int = 0
    video: bool = True
    faults: list[str] = field(default_factory=list)


@dataclass
class Report:
    """Figures by their name, and what was broken; nothing is broken in a good run."""

    figures: dict[str, object] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [f"{name:<32} {figure}" for name, figure in self.figures.items()]
        return "\n".join([*lines, *(f"BROKEN: {what}" for what in self.broken)])


def write_report(after: Aftermath) -> Report:
    """Count what came, and hold it against what is promised."""
    report = Report()
    figures, broken, watch, answers = report.figures, report.broken, after.watch, after.answers
    broken += [f"{answer.file}: {answer.wrong}" for answer in answers if answer.wrong]
    broken += after.faults
    broken += [f"the canary was asked for {path}" for path in after.visits]
    broken += [f"it is in the data: {leak}" for leak in after.leaks]
    broken += [f"in the log: {line}" for line in odd_lines(after.log)]
    broken += [f"{after.decoders} decoders are left"] if after.decoders else []
    broken += [f"{after.scratch} temporary folders are left"] if after.scratch else []
    broken += [] if after.video else ["a good photo and a good voice became no video"]
    growth, decoder_server = watch.last.bot - watch.first.bot, watch.last.decoder_server - watch.first.decoder_server
    for what, figure, most in (
        ("the bot's memory", watch.peak.bot, MOST_BOT),
        ("the bot's growth", growth, MOST_GROWTH),
        ("the decoder server's growth", decoder_server, MOST_SERVER_GROWTH),
        ("a decoder's memory", watch.peak.largest_child, MOST_CHILD),
    ):
        broken += [f"{what} was {figure:.0f} MB, of {most:.0f}"] if figure > most else []
    times = sorted(answer.seconds for answer in answers) or [0.0]
    figures["files, seconds"] = f"{len(answers)}, {after.seconds:.0f}"
    figures["by kind"] = _counted(answer.file.kind for answer in answers)
    figures["by message"] = _counted(answer.file.sent_as for answer in answers)
    for kind in sorted({answer.file.kind for answer in answers}):
        figures[f"answers to {kind}"] = _counted(str(answer.name) for answer in answers if answer.file.kind == kind)
    figures["median, p99, slowest (s)"] = (
        f"{statistics.median(times):.2f}, {times[int(len(times) * 0.99)]:.2f}, {times[-1]:.2f}"
    )
    slow = sorted(answers, key=lambda answer: -answer.seconds)[:8]
    figures["the slowest"] = "; ".join(f"{answer.file} ({answer.name}) {answer.seconds:.1f} s" for answer in slow)
    figures["bot: warm, end, peak (MB)"] = f"{watch.first.bot:.0f}, {watch.last.bot:.0f}, {watch.peak.bot:.0f}"
    figures["decoder server: warm, end, peak (MB)"] = (
        f"{watch.first.decoder_server:.0f}, {watch.last.decoder_server:.0f}, {watch.peak.decoder_server:.0f}"
    )
    figures["decoders: largest, all (MB)"] = f"{watch.peak.largest_child:.0f}, {watch.peak.children:.0f}"
    figures["all together, peak (MB)"] = f"{watch.peak_all:.0f}"
    figures["visits to the canary"] = len(after.visits)
    return report


def odd_lines(log: str) -> list[str]:
    """Lines that tell of a bug, or of a death."""
    signs = ("Traceback", "broke", "bug", "[error", "[critical", "never retrieved", "was destroyed", "Fatal", "Segm")
    return [line.strip()[:200] for line in log.splitlines() if any(sign in line for sign in signs)][:20]


def _counted(names: Iterable[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in Counter(names).most_common())
