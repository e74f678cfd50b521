"""`improve` is still there, with its signature."""

from __future__ import annotations

from godel.scaffold import contract_error

from . import Proposal


class Contract:
    name = "contract"

    def refuse(self, proposal: Proposal) -> str:
        return contract_error(proposal.child)
