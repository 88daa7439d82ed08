"""The living map: a Streamlit component that draws the words in the browser with WebGL.

``draw_living_map`` sends the words once for each model and layout; ``draw_chosen`` is the small
half that tells what was picked and shows what the server knows, and may be run for every pick.
"""

from dashboard.components.living_map.component import draw_chosen, draw_living_map, draw_others
from dashboard.components.living_map.words import MapAxes, MapWords, Region, word_table

__all__ = [
    "MapAxes",
    "MapWords",
    "Region",
    "draw_chosen",
    "draw_living_map",
    "draw_others",
    "word_table",
]
