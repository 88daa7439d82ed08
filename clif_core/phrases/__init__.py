"""How probes, effects and numbers are put into words, for every report and every screen.

Plain strings: no HTML, no Markdown. Two subjects are kept apart: *text* raises or lowers a probe;
*removing* it does the opposite. A removal effect below 0 (removing lowers the probe) therefore
belongs to text that raises it, and headings and colours follow what the text does.
"""

from clif_core.phrases.effects import movement, pull, pulls, removal, share, side_of, through
from clif_core.phrases.numbers import (
    compared,
    decimals,
    duration,
    fixed,
    interval,
    number,
    p_value,
    percent,
    signed,
    span,
    spread,
    together,
)
from clif_core.phrases.sureness import (
    ASSUMED,
    FITTED,
    MARKS,
    ONE_RUN,
    REMOVED,
    REMOVED_IN_FULL,
    in_trainings,
    likely,
    standing,
    standing_elsewhere,
)
from clif_core.phrases.verdict import finding, verdict_kind_name, verdict_name, verdict_reason
from clif_core.phrases.voice import (
    Voice,
    answer,
    described_title,
    probe_title,
    question,
    question_of,
    sentence_case,
    title_of,
    voice,
)

__all__ = [
    "ASSUMED",
    "FITTED",
    "MARKS",
    "ONE_RUN",
    "REMOVED",
    "REMOVED_IN_FULL",
    "Voice",
    "answer",
    "compared",
    "decimals",
    "described_title",
    "duration",
    "finding",
    "fixed",
    "in_trainings",
    "interval",
    "likely",
    "movement",
    "number",
    "p_value",
    "percent",
    "probe_title",
    "pull",
    "pulls",
    "question",
    "question_of",
    "removal",
    "sentence_case",
    "share",
    "side_of",
    "signed",
    "span",
    "spread",
    "standing",
    "standing_elsewhere",
    "through",
    "title_of",
    "together",
    "verdict_kind_name",
    "verdict_name",
    "verdict_reason",
    "voice",
]
