"""What an organisation knows: entries, finding the one that answers a caller, and what may become an entry.

Pure: no storage, no clock, no network. The agent looks up, `learn` passes the gate.
"""

from holdline.knowledge.entry import KnowledgeEntry, KnowledgeVersion, Review, Scope, Source
from holdline.knowledge.gate import GateDecision, gate
from holdline.knowledge.retrieval import DEFAULT_THRESHOLD, KnowledgeIndex, LookUp, Match
from holdline.knowledge.sameness import is_same_question

__all__ = [
    "DEFAULT_THRESHOLD",
    "GateDecision",
    "KnowledgeEntry",
    "KnowledgeIndex",
    "KnowledgeVersion",
    "LookUp",
    "Match",
    "Review",
    "Scope",
    "Source",
    "gate",
    "is_same_question",
]
