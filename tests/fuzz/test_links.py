"""Links: parameters of a URL, read into a selection and written back."""

from __future__ import annotations

import json

from hypothesis import strategies as st

from clif_core.probes import from_dict
from dashboard.links import CODECS, from_query, link_name, to_query
from tests.fuzz.harness import fuzz
from tests.fuzz.strategies import json_values, long_texts, texts

NAMES = [link_name(name) for name in CODECS]
SIGNS = st.text(st.sampled_from('0123456789-+.,:;_e[]{}"%naif \ud800'), max_size=40)
USUAL = st.sampled_from(
    ["kmeans:20", "islands:7", "1:2:3:0", "0:nan:1e9:2;1:0:0:1", "block", "twins", "sentences",
     "1_0", "9" * 5000, "-0", "٣", "axis", "mend", "1,2,3", "2.0", "1e309", "Infinity"]
)  # fmt: skip


@fuzz(
    "link",
    st.dictionaries(
        st.sampled_from(NAMES),
        SIGNS | USUAL | texts() | long_texts() | json_values().map(json.dumps),
        max_size=6,
    ),
)
def test_link(query: dict[str, str]) -> None:
    selection = from_query(query)
    again = to_query(selection)
    assert to_query(from_query(again)) == again
    json.dumps(again, ensure_ascii=False).encode()  # what a browser is sent
    if selection.probe is not None:
        from_dict(selection.probe)
