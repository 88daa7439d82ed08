"""The sections of a report, in their order, and their headings in every format."""

from __future__ import annotations

__all__ = ["SECTIONS", "TITLES", "WARNING"]

TITLES = {
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
SECTIONS = tuple(TITLES)
#: Stands above every list of quoted sentences.
WARNING = "The sentences are quoted from the training text as they stand, and may offend."
