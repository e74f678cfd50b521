"""A tier: bubblewrap, with a line for each guest in the file that the variable COUNTED names."""

from __future__ import annotations

import os
from pathlib import Path

from godel.sandbox import Guest, Spec
from godel.sandbox.bubblewrap import BubblewrapTier


class Counted(BubblewrapTier):
    """bubblewrap, with each guest counted."""

    name = "counted"

    def start(self, spec: Spec) -> Guest:
        guest = super().start(spec)
        with Path(os.environ["COUNTED"]).open("a") as file:
            file.write(f"{spec.role}\n")
        return guest
