"""Reading an untrusted reply: an array of the kind and shape that was asked for, or Invalid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from godel.sandbox.guest.port import pack, unpack

from . import Invalid

if TYPE_CHECKING:
    import numpy as np

__all__ = ["integers", "pack", "reals", "replies"]


def replies(reply: Any, count: int, what: str) -> list[Any]:
    """`reply` as a list of exactly `count` things. Raises Invalid."""
    if not isinstance(reply, list) or len(reply) != count:
        raise Invalid(f"{what}: expected a list of {count}")
    return reply


def integers(reply: Any, shape: tuple[int, ...], low: int, high: int, what: str) -> np.ndarray:
    """An int64 array of `shape` with low <= each < high. Raises Invalid: floats that
    happen to be whole, booleans, strings and objects are no integers."""
    array = _array(reply, shape, "iu", what)
    if array.size and not (int(array.min()) >= low and int(array.max()) < high):
        raise Invalid(f"{what}: expected integers from {low} to {high - 1}")
    return array.astype("int64")


def reals(reply: Any, shape: tuple[int, ...], what: str) -> np.ndarray:
    """A float64 array of `shape`, every entry finite. Raises Invalid."""
    import numpy as np

    array = _array(reply, shape, "fiu", what)
    with np.errstate(all="ignore"):
        array = array.astype("float64")
    if not np.isfinite(array).all():
        raise Invalid(f"{what}: not every number is finite")
    return array


def _array(reply: Any, shape: tuple[int, ...], kinds: str, what: str) -> np.ndarray:
    try:
        array = unpack(reply)
    except ValueError as error:
        raise Invalid(f"{what}: {error}") from None
    if array.dtype.kind not in kinds or array.shape != shape:
        raise Invalid(f"{what}: expected shape {shape}, got {array.dtype} {array.shape}"[:200])
    return array
