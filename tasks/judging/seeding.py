"""Random streams that depend on the seed and a label alone, on every machine."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def stream(seed: int, *labels: object) -> np.random.Generator:
    """A PCG64 generator seeded with SHA-256 of `seed` and `labels`: streams with different
    labels are independent, and Python's randomised hash plays no part."""
    import numpy as np

    digest = hashlib.sha256(repr((seed, *labels)).encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest, "big")))
