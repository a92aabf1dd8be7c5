"""Where compiled code is kept on disk.

The compiler is not imported here: whether all is there is asked before it is needed.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

KERNELS = Path(__file__).parent
PACKAGE = KERNELS.parents[1]

MARK = f"all-{sys.implementation.cache_tag}"
"""Empty file beside compiled code, there once everything that a usual run needs has been made."""


@cache
def sources_digest() -> str:
    """Return 16 hexadecimal digits of what goes into compiled code.

    That is all kernels, the fixed words and numba's version.
    """
    digest = sha256(version("numba").encode())
    for path in (PACKAGE / "vocabulary.py", *sorted(KERNELS.glob("*.py"))):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def folders() -> list[Path]:
    """Return where compiled code of these kernels may be kept, the first choice first.

    It is in NUMBA_CACHE_DIR; without it in the user's cache, or else beside the kernels.
    """
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    user = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "openstakes")
    places = [Path(chosen)] if chosen else [user, KERNELS / "__pycache__"]
    return [place / f"kernels-{sources_digest()}" for place in places]


def kept_whole() -> Path | None:
    """Return the folder that holds all compiled code of a usual run, or None if there is none."""
    return next((folder for folder in folders() if (folder / MARK).exists()), None)
