"""The words in a figure as it is drawn, and whether they lie in it."""

from __future__ import annotations

from matplotlib.text import Text


def texts(figure) -> list[Text]:
    found = [*figure.texts]
    for axes in figure.axes:
        found += axes.texts
        found += ticks(axes) if axes.axison else []
    return [t for t in found if t.get_visible() and t.get_text().strip()]


def ticks(axes) -> list[Text]:
    """Return the tick labels that are drawn: matplotlib keeps some outside the limits."""
    found = []
    for axis, ends in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
        pairs = zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=True)
        found += [label for place, label in pairs if min(ends) <= place <= max(ends)]
    return found


def inside(text: Text, figure) -> bool:
    box, edge = text.get_window_extent(), figure.bbox
    return (
        box.x0 >= edge.x0 - 1
        and box.x1 <= edge.x1 + 1
        and box.y0 >= edge.y0 - 1
        and box.y1 <= edge.y1 + 1
    )
