"""Files of a results folder: ours or not, no links, whole or not at all, one writer at a time."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import secrets
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from sim.messages import printable

UNFINISHED = re.compile(r"\.(.+)\.[0-9a-f]{8}\.tmp")
"""Form of the name of a file that is being written, around the name that it will have."""

UNABLE = (errno.EINVAL, errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP)
"""What file systems, such as those of some clusters, answer when they cannot do what is asked."""

NO_LINKS = (*UNABLE, errno.EPERM, errno.EXDEV, errno.EMLINK)
"""What file systems without hard links answer when one is asked for."""

_noted: set[str] = set()

LONGEST_REASON = 200
_MISREAD = (
    ArithmeticError,
    AttributeError,
    LookupError,
    NotImplementedError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
)


class StoreError(RuntimeError):
    """A results folder that cannot be used; the text says why and what to do."""


class DamagedPartError(StoreError):
    """A part whose bytes are not those that were written, or that is missing."""


def file_in(root: Path, name: str) -> Path | None:
    """Return the path of a file in a results folder, or None if it is not there.

    Parameters
    ----------
    root : Path
        The folder, which may be reached through links.
    name : str
        The file, with "/" between folders.

    Raises
    ------
    StoreError
        If it, or a folder on the way to it, is a link or "..", which would lead out of the results
        folder, or something else.
    """
    folder, _, last = name.rpartition("/")
    inside = folder_in(root, folder) if folder else root
    return inside and _plain(inside / last, stat.S_ISREG, "file")


def folder_in(root: Path, name: str) -> Path | None:
    """Return the path of a folder in a results folder, or None if it is not there.

    Errors as for `file_in`.
    """
    path: Path | None = root
    for step in name.split("/"):
        if step == "..":
            raise StoreError(
                f"{root}: {printable(name)} leads out of the results folder, and is not followed"
            )
        path = path and _plain(path / step, stat.S_ISDIR, "folder")
    return path


def _plain(path: Path, is_wanted: Callable[[int], bool], wanted: str) -> Path | None:
    try:
        mode = path.lstat().st_mode
    # ValueError: no file can have such a name.
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    except OSError as error:
        raise StoreError(f"{path}: cannot be read: {error.strerror}") from None
    if stat.S_ISLNK(mode):
        raise StoreError(
            f"{path} is a link, and links in a results folder are not followed: move it elsewhere"
        )
    if not is_wanted(mode):
        raise StoreError(
            f"{path} is no {wanted}, as it must be in a results folder: move it elsewhere"
        )
    return path


def unfinished(folder: Path, own: re.Pattern[str]) -> list[Path]:
    """Return the hidden files that stopped writers left in a folder for files of ours.

    Parameters
    ----------
    folder : Path
        Where to look; it need not exist.
    own : re.Pattern
        What the names of those files match in full.
    """
    found = []
    for path in sorted(folder.glob(".*.tmp")):
        form = UNFINISHED.fullmatch(path.name)
        # Another job may finish its file meanwhile, which is then not here any more.
        if form and own.fullmatch(form[1]) and path.is_file() and not path.is_symlink():
            found.append(path)
    return found


def remove(root: Path, path: Path, words: str) -> None:
    """Remove a file of ours from a folder, and say so on stderr: nothing is removed in silence."""
    path.unlink(missing_ok=True)
    print(f"{path.relative_to(root).as_posix()} {words}", file=sys.stderr)


def write_first(path: Path, data: bytes) -> None:
    """Write a file whole unless it is there.

    Of several that do so at the same time one succeeds; the others leave the file as it is. Where
    the file system has no hard links the last one succeeds.
    """
    with whole(path, _link) as file:
        file.write(data)


def _replace(hidden: Path, path: Path) -> None:
    """Give a new file its name, whatever had it."""
    hidden.replace(path)


def _link(hidden: Path, path: Path) -> None:
    """Give a new file its name unless that is taken, and take its hidden name away."""
    try:
        os.link(hidden, path)
    except FileExistsError:
        pass  # another job was first
    except OSError as error:
        # After any other fault, such as one of the network's, the name may be another job's by now.
        if error.errno not in NO_LINKS:
            raise
        hidden.replace(path)
        return
    hidden.unlink()


def write_changed(root: Path, name: str, data: bytes) -> None:
    """Write a file of ours in a folder whole, unless it has these bytes already.

    Errors as for `file_in`.
    """
    path = file_in(root, name)
    if path is None or path.read_bytes() != data:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        write_whole(root / name, data)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that, whatever happens, it is there whole or not at all."""
    with whole(path) as file:
        file.write(data)


@contextmanager
def whole(path: Path, settle: Callable[[Path, Path], None] = _replace) -> Iterator[BinaryIO]:
    """Yield a new file that takes the place of `path` at the end.

    It is removed if anything is raised. `settle` gives the finished file, which has a hidden name
    until then, its place.

    The new file is never an old one with other bytes, so other names (hard links) of what was there
    keep their content.
    """
    # Two workers may write one part at the same time: a cluster may have given up a worker that
    # goes on.
    hidden = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    file = hidden.open("xb")
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        settle(hidden, path)
    except BaseException:
        hidden.unlink(missing_ok=True)
        raise
    _confirm_names(path.parent)


def _confirm_names(folder: Path) -> None:
    """Have the disk confirm the names in a folder, where the file system can."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _can(os.fsync, handle)
    finally:
        os.close(handle)


def _can(call: Callable[..., None], *arguments: int) -> str:
    """Make a system call; return why the file system cannot do it, "" if it can."""
    try:
        call(*arguments)
    except OSError as error:
        if error.errno not in UNABLE:
            raise
        return os.strerror(error.errno or 0)
    return ""


@contextmanager
def read_as_ours(what: str) -> Iterator[None]:
    """Turn whatever is raised by content that is sound but not of our form into one message.

    Raises
    ------
    StoreError
        In place of what parsing raised.
    """
    import pyarrow as pa

    try:
        yield
    except (*_MISREAD, pa.ArrowException) as error:
        reason = printable(" ".join(f"{type(error).__name__}: {error}".split()))[:LONGEST_REASON]
        raise StoreError(
            f"{what} is whole but not of the form that openstakes writes ({reason}): something "
            "else made or changed it; move it elsewhere and give the command that made these "
            "results again"
        ) from None


@contextmanager
def only_writer(root: Path) -> Iterator[None]:
    """Hold the lock on a folder; it is free again when the process ends, however it ends.

    What the folder's file system cannot do is noted on stderr, once: locks, without which no second
    writer is kept out, and confirming names, without which a file may be missing after a loss of
    power. Missing files are found and made again.
    """
    with _locked(root, fcntl.LOCK_EX):
        yield


@contextmanager
def one_of_writers(root: Path) -> Iterator[None]:
    """Hold a folder together with others that share a sweep, and with nobody else."""
    with _locked(root, fcntl.LOCK_SH):
        yield


@contextmanager
def _locked(root: Path, kind: int) -> Iterator[None]:
    handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            unable = _can(fcntl.flock, handle, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreError(
                f"another sweep is writing to {root}; wait for it or choose another folder"
            ) from None
        if unable:
            _note(
                f"the file system has no locks ({unable}), so that a second writer is not kept "
                "out: see that no other command writes to the same folder"
            )
        unable = _can(os.fsync, handle)
        if unable:
            _note(
                f"the file system does not confirm names in folders ({unable}): after a loss of "
                "power files may be missing, which the same command makes again"
            )
        yield
    finally:
        os.close(handle)


def _note(words: str) -> None:
    if words not in _noted:
        _noted.add(words)
        print(f"note: {words}", file=sys.stderr)
