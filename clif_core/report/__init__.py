"""A self-contained audit report of one probe on one model: HTML, Markdown or JSON.

``make_report`` computes no new figures: it takes a measurement and, where the text is available, an
influence, and reports what a reader needs to check them. The HTML opens without script or network;
everything in it that came from a model, a text or a person is escaped.

``cards_html`` draws single sentences with the same marks, for notebooks.
"""

from clif_core.report.card import cards_html, quote_sentence
from clif_core.report.document import FORMATS, Report, make_report, measure_both
from clif_core.report.sections import SECTIONS

__all__ = [
    "FORMATS",
    "SECTIONS",
    "Report",
    "cards_html",
    "make_report",
    "measure_both",
    "quote_sentence",
]
