"""Colours with one meaning each, distinct for people with any colour vision.

Orange is text (or a word) that raises the probe, blue is text that lowers it, on every chart and
card; removing orange text therefore lowers the probe. Target set X is teal and Y is plum. Ink and
greys have no meaning. Clusters cycle through a separate, muted list (after Paul Tol's "muted" and
"light" schemes) and always have a label too: colour is never the only sign.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["DARK", "LIGHT", "Palette", "palette"]


@dataclass(frozen=True)
class Palette:
    """Every colour that a chart or card may use, as CSS hex strings."""

    theme: Literal["light", "dark"]
    paper: str
    panel: str
    ink: str
    ink_soft: str
    rule: str
    muted_point: str  # a point that is not selected
    raises: str
    raises_soft: str
    lowers: str
    lowers_soft: str
    set_x: str
    set_y: str
    clusters: tuple[str, ...]
    counts: tuple[tuple[float, str], ...]  # sequential scale, few to many
    diverging: tuple[tuple[float, str], ...]  # lowers - nothing - raises
    pull: tuple[tuple[float, str], ...]  # towards Y's side - neither - towards X's side

    def css_variables(self) -> str:
        """The palette as CSS custom properties ``--clif-...`` for ``style.css`` and the cards."""
        names = "paper panel ink ink_soft rule raises raises_soft lowers lowers_soft set_x set_y"
        pairs = (f"--clif-{n.replace('_', '-')}: {getattr(self, n)};" for n in names.split())
        return ":root { " + " ".join(pairs) + " }"


LIGHT = Palette(
    theme="light",
    paper="#FCFBF8",
    panel="#F3F0E9",
    ink="#1E242B",
    ink_soft="#5C626A",
    rule="#DDD8CC",
    muted_point="#C9C7C0",
    raises="#C2540A",
    raises_soft="#FBE6D6",
    lowers="#2166AC",
    lowers_soft="#DEEAF5",
    set_x="#00796B",
    set_y="#8E3A80",
    clusters=(
        "#CC6677",
        "#332288",
        "#B8A33A",
        "#117733",
        "#4FA6D3",
        "#882255",
        "#44AA99",
        "#7F7F2A",
        "#AA4499",
        "#8C6D4F",
    ),
    counts=((0.0, "#D9D2BF"), (0.5, "#7F9A8C"), (1.0, "#16404A")),
    diverging=((0.0, "#2166AC"), (0.5, "#DAD6CC"), (1.0, "#C2540A")),
    pull=((0.0, "#8E3A80"), (0.5, "#DAD6CC"), (1.0, "#00796B")),
)

DARK = Palette(
    theme="dark",
    paper="#15181C",
    panel="#1F2429",
    ink="#ECE9E2",
    ink_soft="#A9AFB6",
    rule="#3A4047",
    muted_point="#454B52",
    raises="#F59B5B",
    raises_soft="#4A2C17",
    lowers="#7DB4EA",
    lowers_soft="#1C3550",
    set_x="#4DC3B3",
    set_y="#D793CB",
    clusters=(
        "#E8909E",
        "#9C92E0",
        "#DDCC77",
        "#5FBF7D",
        "#88CCEE",
        "#D0709F",
        "#6FD3C2",
        "#BFBF5A",
        "#D68FCB",
        "#C9A98A",
    ),
    counts=((0.0, "#3B4038"), (0.5, "#7C9A84"), (1.0, "#F2E6B8")),
    diverging=((0.0, "#7DB4EA"), (0.5, "#4A4F55"), (1.0, "#F59B5B")),
    pull=((0.0, "#D793CB"), (0.5, "#4A4F55"), (1.0, "#4DC3B3")),
)


def palette(theme: str | None) -> Palette:
    """The palette of the browser's theme; light when the browser does not say."""
    return DARK if theme == "dark" else LIGHT
