"""A self-contained audit report of one probe on one model: HTML, Markdown or JSON.

``make_report`` measures nothing anew: it takes a measurement, and where the text is at hand an
influence, and writes down everything that a reader needs to check them. The HTML opens without
script or network; everything in it that came from a model, a text or a person is escaped.
"""

from clif_core.report.document import FORMATS, SECTIONS, Report, make_report, measure_both

__all__ = ["FORMATS", "SECTIONS", "Report", "make_report", "measure_both"]
