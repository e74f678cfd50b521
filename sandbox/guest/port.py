"""A child's end of the channel: one JSON line out, one JSON line in, in turn."""

from __future__ import annotations

import base64
import io
import json
import os
from typing import TYPE_CHECKING, Any

from .json_lines import encoded

if TYPE_CHECKING:
    import numpy as np


class Port:
    """Speaks over two file descriptors that only the zygote has the other end of."""

    def __init__(self, read_fd: int, write_fd: int) -> None:
        self._in = os.fdopen(read_fd, "rb", buffering=1 << 16)
        self._out = write_fd

    def send(self, message: Any) -> None:
        data = memoryview(encoded(message))
        while data:
            data = data[os.write(self._out, data) :]

    def receive(self) -> Any:
        """The host's answer, whole: it is the host that bounds what it passes on. Raises EOFError when
        the host is done with this child."""
        line = self._in.readline()
        if not line:
            raise EOFError("the host closed the channel")
        return json.loads(line)


def pack(array: np.ndarray) -> dict[str, str]:
    """An array as JSON: base64 of `.npy` bytes, never a pickle."""
    import numpy as np

    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return {"npy": base64.b64encode(buffer.getvalue()).decode()}


def unpack(data: Any) -> np.ndarray:
    """The array that `pack` made. Raises ValueError for anything else."""
    import numpy as np

    try:
        raw = base64.b64decode(data["npy"], validate=True)
        array: np.ndarray = np.load(io.BytesIO(raw), allow_pickle=False)
    except Exception as error:  # whatever an untrusted sender provoked, it is one kind of refusal
        raise ValueError(f"not an array: {error}") from None
    if not isinstance(array, np.ndarray) or array.dtype.hasobject:
        raise ValueError("not a plain array")
    return array
