"""Logs: one handler, as lines for people or JSON for machines, and no secret in any of them."""

import json
import logging
import re
import sys
import threading
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, TextIO
from urllib.parse import quote

import structlog

from bot.settings import Settings

HIDDEN = "[hidden]"
SHORTEST = 6
"""Characters: a shorter secret would hide half the words of a log, so it is found by its place only."""

QUIET = {
    "httpx": logging.WARNING,  # logs each URL at INFO, and the bot's token is in it
    "httpcore": logging.WARNING,
    "apscheduler": logging.WARNING,
    "dbos": logging.WARNING,
    "alembic": logging.WARNING,
    "aiohttp.access": logging.WARNING,  # a request line is a whole signed link
    "aiosqlite": logging.INFO,
    "PIL": logging.INFO,
    "telegram": logging.INFO,  # at DEBUG it prints every update: what people wrote
}

_PATTERNS = (
    (re.compile(r"(?<!\d)\d{3,}(?::|%3[Aa])[\w-]{30,}", re.ASCII), HIDDEN),  # a bot's token
    (re.compile(r"\bsk-[\w-]{16,}", re.ASCII), HIDDEN),
    (re.compile(r"(\bbearer\s+)[^\s\"'\\,]+", re.IGNORECASE), rf"\1{HIDDEN}"),
    (
        re.compile(
            r"((?:signature|expires|accesskeyid|security-token|x-amz-credential)(?:=|%3d))[^&\s\"'\\<>]+", re.IGNORECASE
        ),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"(secret[-_]token[\"']*\s*[:=]\s*[\"']*)[^\s\"',\\}&]+", re.IGNORECASE), rf"\1{HIDDEN}"),
    (re.compile(r"(\w://[^\s:/@\"']*:)[^\s/@\"']+(?=@)"), rf"\1{HIDDEN}"),
)


def make_redactor(secrets: Iterable[str] = ()) -> Callable[[str], str]:
    """Return a function that hides these secrets, and everything shaped like one, in a text."""
    forms = set()
    for secret in secrets:
        if len(secret) >= SHORTEST:
            forms |= {secret, quote(secret, safe=""), json.dumps(secret)[1:-1], repr(secret)[1:-1]}
    known = re.compile("|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))) if forms else None

    def redact(text: str) -> str:
        if known is not None:
            text = known.sub(HIDDEN, text)
        for pattern, instead in _PATTERNS:
            text = pattern.sub(instead, text)
        return text

    return redact


class RedactingFormatter(logging.Formatter):
    """Formats as another formatter does, then hides secrets in the whole text: message, values and traceback."""

    def __init__(self, inner: logging.Formatter, redact: Callable[[str], str]) -> None:
        super().__init__()
        self._inner = inner
        self._redact = redact

    @property
    def redact(self) -> Callable[[str], str]:
        """What hides the secrets."""
        return self._redact

    def format(self, record: logging.LogRecord) -> str:
        """Return the finished line."""
        return self._redact(self._inner.format(record))


def configure_logs(settings: Settings, stream: TextIO | None = None) -> None:
    """Send every log, warning and uncaught exception of this process to `stream` (standard error by default).

    May be called again: the last call counts.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.ExtraAdder(),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    target = stream or sys.stderr
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_ending(settings, target)],
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(RedactingFormatter(formatter, make_redactor(settings.secret_values())))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level)
    _quieten(root.level)
    logging.captureWarnings(True)
    _catch_the_uncaught()


def redactor() -> Callable[[str], str]:
    """Return what hides the secrets of this process in any text; before logs are configured, by their shape alone."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler.formatter, RedactingFormatter):
            return handler.formatter.redact
    return make_redactor()


def _ending(settings: Settings, target: TextIO) -> list[structlog.typing.Processor]:
    if settings.log_format == "json":
        return [
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=repr),
        ]
    # structlog's own choice prints the local variables of each frame, and with them whatever is secret
    return [
        structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False),
        structlog.dev.ConsoleRenderer(colors=target.isatty(), exception_formatter=structlog.dev.plain_traceback),
    ]


def _quieten(level: int) -> None:
    for name, floor in QUIET.items():
        logging.getLogger(name).setLevel(max(level, floor))
    dbos = logging.getLogger("dbos")
    dbos.handlers = [logging.NullHandler()]  # finding one, it adds none of its own, which would pass by the root's
    dbos.propagate = True


def _catch_the_uncaught() -> None:
    log = structlog.get_logger("bot.uncaught")

    def uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
        else:
            log.critical("uncaught exception", exc_info=(kind, error, trace))

    def uncaught_in_thread(args: Any) -> None:
        if args.exc_type is not SystemExit:
            name = args.thread.name if args.thread else None
            log.error(
                "uncaught exception in a thread",
                thread=name,
                exc_info=(args.exc_type, args.exc_value, args.exc_traceback),
            )

    def unraisable(args: Any) -> None:
        log.error(
            "exception that could not be raised",
            where=repr(args.object),
            exc_info=(args.exc_type, args.exc_value, args.exc_traceback),
        )

    sys.excepthook = uncaught
    threading.excepthook = uncaught_in_thread
    sys.unraisablehook = unraisable
