"""Records to JSON text and back: the form in which they are stored, hashed and exported.

The text is canonical (sorted keys, no spaces, ASCII), so equal records have equal digests.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from .. import Baseline, Evaluation, Generation, ModelCall, Ruling, Transcript
from ..records.events import KINDS, Created, Happening
from .decode import JOINED, text_decoder

Record = Generation | Ruling | Evaluation | Baseline | ModelCall

TABLES: Mapping[str, type[Record]] = {
    "generations": Generation,
    "rulings": Ruling,
    "evaluations": Evaluation,
    "baselines": Baseline,
    "model_calls": ModelCall,
}
"""What the rows of each table are."""

BESIDE: Mapping[str, tuple[str, ...]] = {"generations": ("transcript",)}
"""By table, the names of blobs that are stored with a record."""


MOST_TEXT = 16 << 20
"""Characters of a record or an event: as much as a guest's greatest message. A character can become a hundred bytes of
memory."""

MOST_CONFIG = 1 << 20
"""Characters of a run's configuration, which is read before anything else."""


def dumps(value: Any) -> str:
    """Canonical JSON. Raises ValueError for NaN and infinities: no record may hold one."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(data: str | bytes) -> str:
    """SHA-256, in hex."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def to_json(record: Record | Happening) -> dict[str, Any]:
    """The record as plain JSON values, without what is a record of its own."""
    return {name: value for name, value in asdict(record).items() if name not in JOINED}


def load(table: str, text: str) -> Any:
    """The record that `text` in `table` stands for. A generation's transcript is not in it."""
    kind: Any = TABLES[table]
    bounded(text, MOST_TEXT)
    return text_decoder(kind, *BESIDE.get(table, ()))(text)


def happening(kind: str, text: str) -> Happening:
    """What an event of this kind says."""
    what: Any = KINDS[kind]
    bounded(text, MOST_CONFIG if what is Created else MOST_TEXT)
    decoded: Happening = text_decoder(what)(text)
    return decoded


def bounded(text: str | bytes, most: int) -> None:
    """Raises ValueError for a text that is too long to be read."""
    if len(text) > most:
        raise ValueError(f"{len(text)} characters; expected {most} at most")


def transcript_bytes(transcript: Transcript) -> bytes:
    # Guests may put NaN into a message: it must come back as it went.
    return json.dumps(transcript.to_json(), sort_keys=True, separators=(",", ":")).encode()


def transcript(data: bytes) -> Transcript:
    return Transcript.from_json(json.loads(data))


def link(seq: int, at: float, kind: str, body: str, manifest: str, previous: str) -> str:
    """The hash of an event: over all of it and the hash of the one before."""
    return digest(json.dumps([seq, at, kind, body, manifest, previous]))
