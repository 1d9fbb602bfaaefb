"""Content Credentials (C2PA): a signed statement in an mp4 of what made it, which names nobody.

The key is not here: a child has read a stranger's bytes, and asks the bot for one signature.
"""

import json
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from c2pa import Builder, C2paSigningAlg, Signer

from bot.media.labels import PRODUCER, SOURCE_TYPE

ask_for_signature: Callable[[bytes], bytes] | None = None
"""Set in a child: hands bytes to the bot, and returns its signature."""
VERSION = version("emobot")


def manifest() -> str:
    """Return what is stated, as the library wants it."""
    made = {
        "action": "c2pa.created",
        "digitalSourceType": SOURCE_TYPE,
        "softwareAgent": {"name": PRODUCER, "version": VERSION},
    }
    return json.dumps(
        {
            "claim_generator_info": [{"name": PRODUCER, "version": VERSION}],
            "title": "video.mp4",
            "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [made]}}],
        }
    )


def sign_video(path: Path, target: Path, certificates: str) -> int:
    """Write an mp4 with its credentials; return its size. Whatever is changed in it afterwards is found.

    Args:
        path: an mp4, finished.
        certificates: the signer's and those above, in PEM.
    """
    if ask_for_signature is None:
        raise RuntimeError("nobody can be asked for a signature here")
    signer = Signer.from_callback(ask_for_signature, C2paSigningAlg.ES256, certificates, None)
    with path.open("rb") as source, target.open("r+b") as output:
        output.truncate()
        Builder(manifest()).sign(signer, "video/mp4", source, output)
    return target.stat().st_size
