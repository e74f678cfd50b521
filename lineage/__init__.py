"""The lineage's front door: the records that one run consists of.

A scaffold is a node, named by the hash of its program. `store/` keeps all of it in one SQLite file;
`analysis/` (ancestry, statistics, credit) and `views/` (text, page, exports) are derived from that.
"""

from __future__ import annotations

from .records.evaluation import Baseline, Evaluation, Judged
from .records.events import Event
from .records.generation import KEPT, RULED, Generation, Outcome, Status
from .records.model_call import ModelCall
from .records.ruling import Evidence, Ruling, Verdict
from .records.spend import Spend
from .records.transcript import Replies, Transcript
from .records.trial import Split, Trial

__all__ = [
    "KEPT",
    "RULED",
    "Baseline",
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
    "Transcript",
    "Trial",
    "Verdict",
]
