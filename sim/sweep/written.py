"""Files for people beside results: report, figures, tables. How ours are told from a user's.

`written.json` lists every file that was written into its folder, with the SHA-256 of its bytes. A
file that is not listed, or has other bytes, is a user's or was changed by one: it is never written
over, and the command is refused before it writes anything. The list is written before the files,
and holds what is there beside what is to be, so files of a command that was killed in between are
known too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from sim.messages import printable
from sim.sweep.files import (
    StoreError,
    file_in,
    folder_in,
    only_writer,
    remove,
    unfinished,
    write_changed,
)
from sim.sweep.parts import hash_of

LIST = "written.json"
MOST_SHOWN = 5


def check(root: Path, names: Iterable[str]) -> None:
    """Refuse to write files where there is something that we did not write.

    Parameters
    ----------
    root : Path
        The folder, which need not exist.
    names : iterable of str
        Files in it, with "/" between folders.

    Raises
    ------
    StoreError
        If one of them, or a folder on the way to it, is a user's file or a link; the message names
        it.
    """
    _there(root, _listed(root), names)


def write(root: Path, files: Mapping[str, bytes]) -> list[Path]:
    """Write files into a folder, each whole or not at all, or none of them.

    Parameters
    ----------
    root : Path
        The folder; it is made if it is missing.
    files : mapping of str to bytes
        Name, with "/" between folders, and content of each.

    Returns
    -------
    list of Path
        The files, in the order given.

    Raises
    ------
    StoreError
        As `check`; nothing is written then.
    """
    root.mkdir(parents=True, exist_ok=True)
    with only_writer(root):
        listed = _listed(root)
        there = _there(root, listed, files)
        _remove_unfinished(root, {LIST, *listed, *files})
        listed |= {
            name: sorted({hash_of(data), there.get(name, hash_of(data))})
            for name, data in files.items()
        }
        write_changed(
            root,
            LIST,
            (json.dumps({"openstakes": listed}, indent=1, sort_keys=True) + "\n").encode(),
        )
        for name, data in files.items():
            write_changed(root, name, data)
    return [root / name for name in files]


def _listed(root: Path) -> dict[str, list[str]]:
    """Return the hashes that each file of ours may have."""
    path = file_in(root, LIST)
    if path is None:
        return {}
    try:
        listed = json.loads(path.read_bytes())["openstakes"]
        return {str(name): [str(text) for text in hashes] for name, hashes in listed.items()}
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError):
        raise StoreError(
            f"{path} is not the list of files that openstakes keeps, or damaged: move it, and the "
            "reports and tables beside it, elsewhere; results are not touched"
        ) from None


def _there(root: Path, listed: Mapping[str, list[str]], names: Iterable[str]) -> dict[str, str]:
    """Return the hash of each of some files that is there; refuse those that are not ours."""
    paths = {name: file_in(root, name) for name in names}
    there = {name: hash_of(path.read_bytes()) for name, path in paths.items() if path is not None}
    others = [name for name, text in there.items() if text not in listed.get(name, ())]
    if others:
        more = f" and {len(others) - MOST_SHOWN} more" if len(others) > MOST_SHOWN else ""
        raise StoreError(
            f"{root}: {printable(', '.join(others[:MOST_SHOWN]))}{more} would be written over, and "
            "was not written by openstakes or has been changed since: move or rename it, and give "
            "the same command again"
        )
    return there


def _remove_unfinished(root: Path, names: Iterable[str]) -> None:
    """Remove what a stopped writer left half-written in the places of some files."""
    places: dict[str, list[str]] = {}
    for name in names:
        folder, _, last = name.rpartition("/")
        places.setdefault(folder, []).append(re.escape(last))
    for folder, own in places.items():
        inside = folder_in(root, folder) if folder else root
        for path in [] if inside is None else unfinished(inside, re.compile("|".join(own))):
            remove(root, path, "was left unfinished by a command that was stopped: removed")
