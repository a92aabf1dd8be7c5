"""What `make site` changes in the pages: files that are no pages are named, not linked."""

from __future__ import annotations

import re
from typing import Any

LINK = re.compile(r"\[([^\]]+)\]\(((?:\.\./)+)[^)]*\)")


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Replace each link that leaves docs/ by its text."""
    depth = page.file.src_uri.count("/")
    return LINK.sub(lambda link: link[1] if link[2].count("../") > depth else link[0], markdown)
