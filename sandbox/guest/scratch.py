"""A guest's scratch folders, in which a child may leave no file for the next."""

from __future__ import annotations

import os
import shutil

WRITABLE = ("/tmp", "/dev/shm")


def littered() -> bool:
    return any(os.path.isdir(place) and os.listdir(place) for place in WRITABLE)


def remove_litter() -> None:
    for place in filter(os.path.isdir, WRITABLE):
        for entry in os.scandir(place):
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path, ignore_errors=True)
            else:
                os.unlink(entry.path)
