"""The dashboard's frame: header, history, and an error boundary around each view.

``server.py`` serves it, and puts ``style.css`` into the page.

How to write a view:

1. A view is a package ``dashboard/views/NAME/`` with one public function ``show()``, and one line
   in ``VIEWS`` below; it is imported when it is first opened. Modules that only this view uses lie
   beside it. Views get results from ``data``, pass arrays to ``charts`` for figures, and draw
   ``widgets``, which views share.
2. Floors, top first: app > views > widgets > data > state, components > charts. ``charts`` does not
   import Streamlit; its functions take arrays and a ``Palette`` and return a Plotly figure.
   ``components`` are drawn in the browser by scripts of our own.
3. ``state.current()`` is the selection; callbacks change it and the URL by ``state.update(...)``.
   ``navigation.go("influence", probe=...)`` changes it and opens a view. Widgets are controlled:
   ``key=control("probe_name", value)`` and an ``on_change`` callback.
4. Text on the screen is in ``wording.toml`` (``say("map.title")``), exact terms in its ``_help``
   tooltips.
5. Errors are ClifErrors and become a notice (``widgets.notice.guard``); an empty screen says how to
   fill it (``show_empty``). HTML comes from ``Markup(...).format`` or a template
   (``widgets.html.render``), which escape every value; Markdown from ``widgets.escape.markdown``,
   also in labels, which Streamlit reads as Markdown.
6. Colours have a meaning (``charts.palette``) and are never the only sign. Effects are written with
   their sign in words: "removing this lowers the probe by 0.03".
7. Every chart has ``alt=`` text, a table and downloads (``widgets.chart_table.draw_chart_table``).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

import streamlit as st

# Streamlit puts this file's folder on sys.path; the package's parent must be there too.
_HERE = Path(__file__).resolve().parent
_ROOT = str(_HERE.parent)
if _ROOT not in sys.path:
    sys.path.insert(1, _ROOT)

from dashboard import state, warming  # noqa: E402
from dashboard.data import fitting, models, visitors  # noqa: E402
from dashboard.widgets import navigation  # noqa: E402
from dashboard.widgets.header import draw_header  # noqa: E402
from dashboard.widgets.history import draw_history  # noqa: E402
from dashboard.widgets.job_chip import catch_up  # noqa: E402
from dashboard.widgets.notice import guard, show_problem  # noqa: E402
from dashboard.widgets.sign_in import draw_sign_in  # noqa: E402
from dashboard.widgets.theme import draw_style  # noqa: E402
from dashboard.wording import say  # noqa: E402

_ICON = (_HERE / "icon.svg").read_text(encoding="utf-8")


class View(NamedTuple):
    """One view; ``name`` is the key for ``navigation.go`` and the URL path.

    ``door``: the way through the product that it is part of (``navigation.DOORS``), "" for none.
    ``is_full_screen``: drawn without the header.
    """

    name: str
    title: str
    icon: str
    module: str
    door: str = ""
    is_full_screen: bool = False

    def show(self) -> None:
        warming.import_late(self.module).show()


#: The views of a door in the order of its path; the first is what the door opens.
VIEWS = (
    View("model", "Start", ":material/home:", "dashboard.views.model"),
    View("map", "Word map", ":material/scatter_plot:", "dashboard.views.word_map", "explore"),
    View("compare", "Compare", ":material/compare_arrows:", "dashboard.views.compare", "explore"),
    View("lab", "Lab", ":material/science:", "dashboard.views.lab", "explore"),
    View("case", "Case file", ":material/fact_check:", "dashboard.views.case", "audit"),
    View("probe", "Probe", ":material/balance:", "dashboard.views.probe", "audit"),
    View("influence", "Influence", ":material/format_quote:", "dashboard.views.influence", "audit"),
    View("what_if", "What if", ":material/content_cut:", "dashboard.views.what_if", "audit"),
    View("trust", "Trust", ":material/verified:", "dashboard.views.trust", "audit"),
    View("report", "Report", ":material/description:", "dashboard.views.report", "audit"),
    View("story", "Story", ":material/auto_stories:", "dashboard.views.story", "present", True),
)


def main() -> None:
    """One script run."""
    st.set_page_config(page_title=say("app.name"), layout="wide", page_icon=_ICON)
    pages = {
        view.name: st.Page(view.show, title=view.title, icon=view.icon, url_path=view.name)
        for view in VIEWS
    }
    # The root shows the first view without leading to its address: Back would lead to the root.
    root = st.Page(VIEWS[0].show, title=say("app.name"), url_path="root", default=True)
    page = st.navigation([root, *pages.values()], position="hidden")
    navigation.register(pages, {view.name: view.door for view in VIEWS})
    navigation.open_pending(page)
    draw_style()
    if visitors.must_sign_in():
        draw_sign_in()
        return
    state.begin()
    with guard():
        absent_model = models.select_existing_model()
        fitting.fit_selection()
        selection = state.current()
        view = next((view for view in VIEWS if pages[view.name] == page), VIEWS[0])
        if not view.is_full_screen:
            draw_header(view.name, selection)
        draw_history(selection)
        if absent_model:
            show_problem(absent_model, say("model.absent"))
        page.run()
        if not view.is_full_screen:
            catch_up()
    state.end_first_run()
    warming.begin(view.module for view in VIEWS)


main()
