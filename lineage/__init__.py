"""The lineage's front door: the records that one run consists of.

A scaffold is a node, named by the hash of its program. `store/` keeps all of it in one SQLite file;
`analysis/` (ancestry, statistics, credit) and `views/` (text, page, exports) are derived from that.
"""

from __future__ import annotations

from .records.evaluation import Baseline, Evaluation, Judged
from .records.events import Event
from .records.generation import Generation
from .records.model_call import ModelCall
from .records.ruling import Evidence, Ruling, Verdict
from .records.spend import Spend
from .records.step import RULED, Brief, Outcome, Status, Step
from .records.transcript import Replies, Transcript
from .records.trial import Split, Trial

__all__ = [
    "RULED",
    "Baseline",
    "Brief",
    "Evaluation",
    "Event",
    "Evidence",
    "Generation",
    "Judged",
    "ModelCall",
    "Outcome",
    "Replies",
    "Ruling",
    "Spend",
    "Split",
    "Status",
    "Step",
    "Transcript",
    "Trial",
    "Verdict",
]
