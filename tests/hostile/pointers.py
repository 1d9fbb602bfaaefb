"""Files that point elsewhere: to a file of the bot's machine, or to an address that it could reach."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tests.hostile.films import box
from tests.hostile.good import good


@dataclass(frozen=True)
class Targets:
    """What the files point to: an address on loopback that counts its visitors, and a good voice on the disk."""

    address: str
    secret: str

    def draw(self, random: Random) -> str:
        """One of them, or `/etc/passwd`, said in some way."""
        return random.choice(
            (
                f"{self.address}/voice.ogg",
                f"{self.address}/photo.jpg",
                f"file://{self.secret}",
                self.secret,
                "file:///etc/passwd",
                "/etc/passwd",
                f"concat:{self.secret}|/etc/passwd",
                f"subfile,,start,0,end,9999,,:{self.secret}",
                f"cache:{self.address}/voice.ogg",
                f"crypto:{self.secret}",
                "/proc/self/environ",
                "../../../../../../../../etc/passwd",
            )
        )


def hls(random: Random, target: str) -> bytes:
    """A playlist, with or without a picture's or sound's first bytes before it."""
    key = f'#EXT-X-KEY:METHOD=AES-128,URI="{target}"\n' if random.random() < 0.3 else ""
    text = f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n{key}#EXTINF:9.0,\n{target}\n#EXT-X-ENDLIST\n"
    return random.choice((b"", b"", b"OggS\n", b"\xef\xbb\xbf", b"ID3\4\0\0\0\0\0\0")) + text.encode()


def concat(random: Random, target: str) -> bytes:
    """FFmpeg's list of files."""
    return f"ffconcat version 1.0\nfile '{target}'\nduration 9\n".encode()


def dash(random: Random, target: str) -> bytes:
    """A DASH manifest."""
    return (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" profiles="urn:mpeg:dash:profile:'
        'isoff-on-demand:2011" mediaPresentationDuration="PT9S"><Period><AdaptationSet mimeType="audio/ogg">'
        f'<Representation id="1" bandwidth="9"><BaseURL>{target}</BaseURL></Representation></AdaptationSet>'
        "</Period></MPD>"
    ).encode()


def sdp(random: Random, target: str) -> bytes:
    """A session that would be listened to."""
    return (
        b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 9 RTP/AVP 0\na=control:"
        + target.encode()
    )


def playlist(random: Random, target: str) -> bytes:
    """The lists of other players."""
    return random.choice(
        (
            f"[playlist]\nFile1={target}\nNumberOfEntries=1\nVersion=2\n",
            f"<?xml version='1.0'?><playlist><trackList><track><location>{target}</location></track></trackList>",
            f"<asx version='3.0'><entry><ref href='{target}'/></entry></asx>",
            f"RTSPtext\r\n[Reference]\r\nRef1={target}\r\n",
            f"[InternetShortcut]\nURL={target}\n",
        )
    ).encode()


def svg(random: Random, target: str) -> bytes:
    """A drawing with outer entities and pictures, or with a thousand million laughs."""
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    head = random.choice((f'<!ENTITY x SYSTEM "{target}">', f'<!ENTITY l0 "ha">{laughs}'))
    return (
        f'<?xml version="1.0"?><!DOCTYPE svg [{head}]><svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink='
        f'"http://www.w3.org/1999/xlink"><image xlink:href="{target}"/><text>&x;&l9;</text></svg>'
    ).encode()


def drawing(random: Random, target: str) -> bytes:
    """The languages of ImageMagick and of PostScript."""
    return random.choice(
        (
            f"push graphic-context\nviewbox 0 0 640 480\nfill 'url({target})'\nimage over 0,0 0,0 'msl:{target}'\n",
            f"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 500 500\n({target}) (r) file 100 string readstring show\n",
            f"%!PS\nuserdict /setpagedevice undef\nmark /OutputFile (%pipe%curl {target}) putdeviceprops\n",
        )
    ).encode()


def subtitles(random: Random, target: str) -> bytes:
    """Text that players read beside a film."""
    return random.choice(
        (
            f"1\n00:00:00,000 --> 00:00:09,000\n<img src='{target}'>\n",
            f"WEBVTT\nSTYLE\n::cue {{background:url({target})}}\n\n00:00.000 --> 00:09.000\nx\n",
            f"[Script Info]\nScriptType: v4.00+\n\n[Events]\nDialogue: 0,0:00:00.00,0:00:09.00,D,,0,0,0,,{target}\n",
        )
    ).encode()


def outer_sound(random: Random, target: str) -> bytes:
    """A film whose sound is said to be in another file."""
    data = good("mov")
    place = data.find(b"dref")
    entry = box(random.choice((b"url ", b"alis", b"rsrc")), b"\0\0\0\0" + target.encode() + b"\0")
    cut = data[: place - 4] + box(b"dref", b"\0\0\0\0\0\0\0\1" + entry) + data[place + 24 :]
    return cut.replace(b"mdat", b"free")


def avi_subtitles(random: Random, target: str) -> bytes:
    """An AVI whose subtitles are a playlist."""
    inner = b"GAB2\0\2\0\2\0\0\0x\0\4\0" + hls(random, target)
    strh = b"txts" + bytes(52)
    strl = b"LIST" + (12 + len(strh) + 8).to_bytes(4, "little") + b"strlstrh" + len(strh).to_bytes(4, "little") + strh
    hdrl = b"hdrlavih" + (56).to_bytes(4, "little") + bytes(56) + strl + b"strf\0\0\0\0"
    movi = b"movi00tx" + len(inner).to_bytes(4, "little") + inner
    body = b"AVI LIST" + len(hdrl).to_bytes(4, "little") + hdrl + b"LIST" + len(movi).to_bytes(4, "little") + movi
    return b"RIFF" + len(body).to_bytes(4, "little") + body


POINTERS: tuple[Callable[[Random, str], bytes], ...] = (hls, hls, concat, dash, sdp, playlist, svg, drawing)
POINTERS += (subtitles, outer_sound, avi_subtitles)
