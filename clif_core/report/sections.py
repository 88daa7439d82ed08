"""The sections of a report, in their order, and their headings in every format."""

from __future__ import annotations

__all__ = ["BOX_MARKS", "BOX_STATES", "BOX_TITLES", "SECTIONS", "TITLES", "WARNING"]

TITLES = {
    "case": "The case",
    "summary": "Summary",
    "scope": "Model and text",
    "words": "The question, in words",
    "results": "What was measured",
    "text": "The text behind it",
    "what_if": "What if",
    "limits": "What may not be concluded",
    "tried": "Every probe tried",
    "provenance": "Provenance",
}
#: The boxes of a case, as headings of its lines, and what their states are called.
BOX_TITLES = {
    "claim": "Claim",
    "robust": "More than chance",
    "text": "Text behind it",
    "proof": "Proof by retraining",
    "trust": "Trust",
}
BOX_STATES = {"done": "Done", "open": "Open", "failed": "Failed"}
BOX_MARKS = {"done": "✓", "open": "○", "failed": "✕"}
SECTIONS = tuple(TITLES)
#: Stands above every list of quoted sentences.
WARNING = "The sentences are quoted from the training text as they stand, and may offend."
