"""Names and types that a sender may give to a file."""

from random import Random

NAMES = (
    "../../../../../../etc/passwd",
    "..\\..\\..\\windows\\win.ini",
    "/etc/passwd",
    "a/b/c.jpg",
    "....//....//x.png",
    "%2e%2e%2fetc%2fpasswd",
    "x\0.jpg",
    "x\n\r\t\x1b[31m.ogg",
    "\u202egpj.exe",
    "",
    " ",
    ".",
    "..",
    "CON",
    "-rf *",
    "$(touch /tmp/emobot-was-here).jpg",
    "`id`;.ogg|x",
    "%s%n%x{0.__class__}.jpg",
    "' OR 1=1; DROP TABLE renders; --.png",
    "<b>&lt;script&gt;.jpg",
    "🙂" * 60 + ".jpg",
    "a" * 255 + ".ogg",
    "é" * 5000 + ".png",
    "x." + "j" * 3000,
    "file:///etc/passwd",
    "concat:a|b.mp3",
    "%d%d%d.png",
    "a:b.jpg",
)
MIMES = (
    "",
    "image/",
    "image/../../etc/passwd",
    "IMAGE/JPEG",
    "image/jpeg; charset=x",
    "image/svg+xml",
    "application/vnd.apple.mpegurl",
    "audio/x-mpegurl",
    "application/x-sdp",
    "application/octet-stream",
    "application/pdf",
    "text/html",
    "video/mp4",
    "audio/ogg",
    "image/jpeg",
    "image/png",
    "x" * 4000,
    "image/\0",
)
SECONDS = (0, 1, 2, 60, 3600, 2**31 - 1, -1)


def draw_name(random: Random, honest: str) -> str:
    """The honest one, or one with something else behind its dot, or an attack."""
    chance = random.random()
    if chance < 0.5:
        return honest
    if chance < 0.7:
        return "me." + random.choice(("jpg", "png", "ogg", "mp3", "mp4", "wav", "txt", "exe", "heic", "gif", "webp"))
    return random.choice(NAMES)


def draw_mime(random: Random, honest: str) -> str | None:
    """The honest one, or another, or none."""
    chance = random.random()
    return honest if chance < 0.5 else None if chance < 0.55 else random.choice(MIMES)
