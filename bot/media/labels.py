"""What a file says of itself, for machines: that it is made by AI. IPTC's source type, and China's field `AIGC`."""

import json
import secrets
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from av.container import InputContainer, OutputContainer

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
"""IPTC's word for what is composed of something real and of what a trained model made."""
SAYS_AI = f"Made by AI from a photo and a voice. Digital source type: {SOURCE_TYPE}"
PRODUCER = "emobot"
XMP_BOX = uuid.UUID("be7acfcb-97a9-42e8-9c71-999491e3afac")
XMP = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 Iptc4xmpExt:DigitalSourceType="{SOURCE_TYPE}"/></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>"""


@contextmanager
def labelled(target: Path, kind: str = "mp4", *, source: InputContainer | None = None) -> Iterator[OutputContainer]:
    """Open a file for writing that says in its notes that it is made by AI; an mp4 says it as XMP, too.

    What its source says of itself, such as that a puppet made it, stays.
    """
    said = source.metadata.get("comment", "") if source is not None else ""
    options = {"movflags": "faststart+use_metadata_tags"} if kind == "mp4" else {}
    with av.open(str(target), "w", kind, options=options) as output:
        output.metadata["comment"] = f"{said.replace(SAYS_AI, '')} {SAYS_AI}".strip()
        output.metadata["AIGC"] = json.dumps(_aigc(), separators=(",", ":"))
        yield output
    if kind == "mp4":
        with target.open("ab") as file:
            content = XMP_BOX.bytes + XMP.encode()
            file.write((len(content) + 8).to_bytes(4, "big") + b"uuid" + content)


def _aigc() -> dict[str, str]:
    """Return what GB 45438 asks for; the number is of this file alone, and names nobody."""
    number = secrets.token_hex(16)
    return {
        "Label": "1",
        "ContentProducer": PRODUCER,
        "ProduceID": number,
        "ReservedCode1": "",
        "ContentPropagator": PRODUCER,
        "PropagateID": number,
        "ReservedCode2": "",
    }
