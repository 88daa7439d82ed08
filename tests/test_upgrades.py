"""What an upgrade of a dependency would break: each part of it that this program relies on."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import tomllib
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
import streamlit as st
import torch
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
NEEDED = [
    Requirement(line)
    for line in tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"][
        "dependencies"
    ]
]


@pytest.mark.parametrize("needed", NEEDED, ids=lambda needed: needed.name)
def test_a_dependency_has_an_upper_bound_and_the_tests_run_within_it(needed: Requirement) -> None:
    assert any(bound.operator in ("<", "<=", "==", "~=") for bound in needed.specifier)
    assert version(needed.name).partition("+")[0] in needed.specifier


#: The one exception: nothing public says that the browser's Back or Forward caused a run.
PRIVATE = ["state.py: streamlit.runtime.scriptrunner"]


def test_the_app_imports_no_other_private_part_of_streamlit() -> None:
    private = []
    for path in (ROOT / "dashboard").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("streamlit"):
                private.append(f"{path.name}: {node.module}")
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
                private += [f"{path.name}: {n}" for n in names if n.startswith("streamlit.")]
    assert private == PRIVATE


def test_streamlit_tells_that_back_or_forward_caused_a_run() -> None:
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    (context,) = [
        kind
        for kind in inspect.get_annotations(get_script_run_ctx, eval_str=False)["return"].split("|")
        if "None" not in kind
    ]
    module = inspect.getmodule(get_script_run_ctx)
    names = {field.name for field in dataclasses.fields(getattr(module, context.strip()))}
    assert "is_history_navigation" in names


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (st.html, {"unsafe_allow_javascript"}),  # scrolls to the sentence being read
        (st.plotly_chart, {"theme", "alt", "config", "on_select", "selection_mode"}),
        (st.dataframe, {"alt", "on_select", "selection_default", "column_config"}),
        (st.expander, {"on_change", "key"}),  # a table that is drawn when it is unfolded
        (st.segmented_control, {"required", "persist_state", "label_visibility"}),
        (st.Page, {"visibility", "url_path"}),  # the root redirects to the first view
        # Copy link, the story
        (st.components.v2.component, {"html", "css", "js", "isolate_styles"}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_streamlit_takes_what_the_views_give(function: object, arguments: set[str]) -> None:
    assert arguments <= set(inspect.signature(function).parameters)  # type: ignore[arg-type]


def test_plotly_writes_a_page_with_its_script_and_keeps_text_escaped_within_it() -> None:
    figure = go.Figure(go.Bar(x=[1], y=["</script>"]))
    page = figure.to_html(include_plotlyjs=True, config={"displaylogo": False})
    assert page.count("</script>") == page.count("<script")


def test_torch_differentiates_a_gradient_as_the_reverse_pass_needs() -> None:
    at = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    (first,) = torch.autograd.grad((at**3).sum(), at, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), at)
    assert second.tolist() == [6.0, 12.0]


def test_pandas_keeps_a_column_of_texts_apart_from_numbers() -> None:
    frame = pd.DataFrame({"text": ["=1", None], "number": [1.0, np.nan]})
    assert not pd.api.types.is_numeric_dtype(frame["text"].dtype)
    assert pd.api.types.is_numeric_dtype(frame["number"].dtype)


def test_pyarrow_reads_back_texts_and_missing_values() -> None:
    import pyarrow as pa

    table = pa.Table.from_pandas(pd.DataFrame({"a": ["x", None], "n": [1, 2]}))
    assert table.to_pydict() == {"a": ["x", None], "n": [1, 2]}


def test_numba_compiles_a_kernel_that_releases_the_lock() -> None:
    import numba

    kernel = numba.njit(nogil=True)(lambda values: values.sum())
    assert kernel(np.arange(4.0)) == 6.0
