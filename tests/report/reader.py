"""A page as it is read: its elements, and the text that belongs to a scenario and an outcome."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = {"meta", "img", "br", "link", "input", "hr"}


class Reader(HTMLParser):
    """Collects elements and the text of those that carry a scenario and an outcome."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[tuple[str, tuple[str, str] | None]] = []
        self.said: list[tuple[str, str, str]] = []
        self.text: list[str] = []
        self._parts: list[str] = []

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.elements.append((tag, found))
        if tag in VOID:
            return
        key = (found["data-scenario"], found["data-outcome"]) if "data-scenario" in found else None
        if key:
            self._parts = []
        self.open.append((tag, key))

    def handle_endtag(self, tag):
        opened, key = self.open.pop()
        assert opened == tag, f"<{opened}> closed by </{tag}>"
        if key:
            self.said.append((*key, " ".join(self._parts)))

    def handle_data(self, data):
        self.text.append(data)
        self._parts.append(data)
