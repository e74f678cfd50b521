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
from ..records.events import KINDS, Happening
from .decode import JOINED, decoder

Record = Generation | Ruling | Evaluation | Baseline | ModelCall

TABLES: Mapping[str, type[Record]] = {
    "generations": Generation,
    "rulings": Ruling,
    "evaluations": Evaluation,
    "baselines": Baseline,
    "model_calls": ModelCall,
}
"""What the rows of each table are."""


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
    data = json.loads(text)
    data.pop("transcript", None)
    return decoder(TABLES[table])(data)


def happening(kind: str, text: str) -> Happening:
    """What an event of this kind says."""
    found: Happening = decoder(KINDS[kind])(json.loads(text))
    return found


def transcript_bytes(transcript: Transcript) -> bytes:
    # Guests may put NaN into a message: it must come back as it went.
    return json.dumps(transcript.to_json(), sort_keys=True, separators=(",", ":")).encode()


def transcript(data: bytes) -> Transcript:
    return Transcript.from_json(json.loads(data))


def link(seq: int, at: float, kind: str, body: str, manifest: str, previous: str) -> str:
    """The hash of an event: over all of it and the hash of the one before."""
    return digest(json.dumps([seq, at, kind, body, manifest, previous]))
