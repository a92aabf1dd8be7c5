"""Files for people are written whole or not at all, never over a user's file or through a link."""

from __future__ import annotations

import errno
import json
import os
from functools import partial
from pathlib import Path

import pytest

from sim.sweep.files import (
    StoreError,
    file_in,
    one_of_writers,
    only_writer,
    whole,
    write_first,
    write_whole,
)
from sim.sweep.written import LIST, check, write

PAGE, FIGURE = "report.html", "figures/us-share.svg"


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_what_was_written_may_be_written_again(tmp_path):
    assert write(tmp_path, {PAGE: b"one", FIGURE: b"drawing"}) == [
        tmp_path / PAGE,
        tmp_path / FIGURE,
    ]
    write(tmp_path, {PAGE: b"two"})
    write(tmp_path, {PAGE: b"three", FIGURE: b"drawing"})
    found = tree(tmp_path)
    assert set(found) == {PAGE, FIGURE, LIST}
    assert (found[PAGE], found[FIGURE]) == (b"three", b"drawing")
    write(tmp_path, {PAGE: b"three"})
    write(tmp_path, {PAGE: b"three"})
    assert len(json.loads((tmp_path / LIST).read_bytes())["openstakes"][PAGE]) == 1


@pytest.mark.parametrize("name", [PAGE, FIGURE])
@pytest.mark.parametrize("ours_before", [False, True], ids=["own file", "changed since"])
def test_a_users_file_is_named_and_nothing_is_written(tmp_path, name, ours_before):
    if ours_before:
        write(tmp_path, {PAGE: b"one", FIGURE: b"drawing"})
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(b"mine")
    before = tree(tmp_path)
    for act in (
        lambda: check(tmp_path, [PAGE, FIGURE]),
        lambda: write(tmp_path, {PAGE: b"two", FIGURE: b"new"}),
    ):
        with pytest.raises(
            StoreError,
            match=f": {name} would be written over, and was not written by openstakes or",
        ):
            act()
        assert tree(tmp_path) == before
    (tmp_path / name).rename(tmp_path / "mine")
    write(tmp_path, {PAGE: b"two", FIGURE: b"new"})
    assert (tmp_path / PAGE).read_bytes() == b"two"


def test_other_files_of_a_user_are_left_alone(tmp_path):
    for name in (
        "notes.txt",
        "figures/mine.png",
        ".draft.tmp",
        "figures/.us-share.svg.tmp",
        "Report.html",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"mine")
    before = tree(tmp_path)
    write(tmp_path, {PAGE: b"one", FIGURE: b"drawing"})
    assert before.items() <= tree(tmp_path).items()


@pytest.mark.parametrize("linked", [PAGE, "figures", FIGURE, LIST])
def test_links_are_refused_by_name(tmp_path, linked):
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    (out / linked).parent.mkdir(parents=True)
    if linked == "figures":
        elsewhere.mkdir()
    else:
        elsewhere.write_bytes(b"mine")
    (out / linked).symlink_to(elsewhere)
    before = tree(tmp_path)
    for act in (
        lambda: check(out, [PAGE, FIGURE]),
        lambda: write(out, {PAGE: b"one", FIGURE: b"drawing"}),
    ):
        with pytest.raises(
            StoreError, match=rf"{linked} is a link, and links in a results folder are not followed"
        ):
            act()
    assert tree(tmp_path) == before


def test_a_folder_may_be_reached_through_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "short").symlink_to(tmp_path / "real")
    write(tmp_path / "short" / "out", {PAGE: b"one"})
    assert (tmp_path / "real" / "out" / PAGE).read_bytes() == b"one"


def test_other_names_of_a_file_keep_what_it_held(tmp_path):
    write(tmp_path, {PAGE: b"one"})
    os.link(tmp_path / PAGE, tmp_path / "kept.html")
    write(tmp_path, {PAGE: b"two"})
    assert (tmp_path / "kept.html").read_bytes() == b"one"


@pytest.mark.parametrize("name", [PAGE, "figures"])
def test_a_folder_or_file_in_the_way_is_named(tmp_path, name):
    if name == PAGE:
        (tmp_path / name).mkdir()
    else:
        (tmp_path / name).touch()
    with pytest.raises(
        StoreError, match=f"{name} is no (file|folder), as it must be in a results folder: move it"
    ):
        write(tmp_path, {PAGE: b"one", FIGURE: b"drawing"})


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"openstakes": []}', b'{"openstakes": {"report.html": 1}}', b"{"]
)
def test_a_list_that_is_none_is_left_as_it_is(tmp_path, content):
    (tmp_path / LIST).write_bytes(content)
    with pytest.raises(
        StoreError, match="is not the list of files that openstakes keeps, or damaged: move it"
    ):
        write(tmp_path, {PAGE: b"one"})
    assert tree(tmp_path) == {LIST: content}


def test_a_list_made_by_somebody_else_leads_nowhere_else(tmp_path):
    """What an unfinished file of ours would be called is removed in a results folder only."""
    out = tmp_path / "out"
    outside = [tmp_path / f".{name}.0123abcd.tmp" for name in ("thesis", "deep")]
    (out / "figures").mkdir(parents=True)
    for path in outside:
        path.write_bytes(b"mine")
    for name in ("../thesis", "figures/../../deep"):
        (out / LIST).write_text(json.dumps({"openstakes": {name: []}}))
        with pytest.raises(
            StoreError, match="leads out of the results folder, and is not followed"
        ):
            write(out, {PAGE: b"one"})
        assert all(path.read_bytes() == b"mine" for path in outside)
        assert set(tree(out)) == {LIST}
    (out / LIST).write_text(json.dumps({"openstakes": {"no\0file/x": []}}))
    write(out, {PAGE: b"one"})
    assert (out / PAGE).read_bytes() == b"one"


def test_a_command_that_is_killed_between_two_files_goes_on(tmp_path, monkeypatch, capsys):
    """Whatever was replaced and whatever not, all is known as ours.

    What was left half-written is removed and told.
    """
    write(tmp_path, {PAGE: b"one", FIGURE: b"old"})
    real = write_whole

    def killed(path, data):
        if path.name == PAGE:
            path.with_name(f".{PAGE}.0123abcd.tmp").write_bytes(data[:1])
            raise KeyboardInterrupt
        real(path, data)

    with monkeypatch.context() as patched:
        patched.setattr("sim.sweep.files.write_whole", killed)
        with pytest.raises(KeyboardInterrupt):
            write(tmp_path, {FIGURE: b"new", PAGE: b"two"})
    assert (tree(tmp_path)[FIGURE], tree(tmp_path)[PAGE]) == (b"new", b"one")
    write(tmp_path, {FIGURE: b"newer", PAGE: b"three"})
    assert (
        capsys.readouterr().err
        == f".{PAGE}.0123abcd.tmp was left unfinished by a command that was stopped: removed\n"
    )
    assert set(tree(tmp_path)) == {PAGE, FIGURE, LIST}


def test_on_a_full_disk_nothing_is_half_written(tmp_path, monkeypatch):
    write(tmp_path, {PAGE: b"one", FIGURE: b"old"})

    def full(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write(tmp_path, {PAGE: b"two", FIGURE: b"new"})
    found = tree(tmp_path)
    assert set(found) == {PAGE, FIGURE, LIST}
    assert (found[PAGE], found[FIGURE]) == (b"one", b"old")


def test_an_unfinished_file_is_never_one_that_is_there(tmp_path, monkeypatch):
    monkeypatch.setattr("secrets.token_hex", lambda size: "00000000")
    (tmp_path / "victim").write_bytes(b"mine")
    (tmp_path / ".a.00000000.tmp").symlink_to(tmp_path / "victim")
    with pytest.raises(FileExistsError):
        write_whole(tmp_path / "a", b"data")
    assert tree(tmp_path)["victim"] == b"mine"
    assert (tmp_path / ".a.00000000.tmp").is_symlink()


def test_a_file_that_is_not_finished_leaves_nothing(tmp_path):
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(TypeError), whole(tmp_path / "a") as file:
        file.writelines([b"half", "no bytes"])
    assert tree(tmp_path) == {"a": b"old"}


def fails_on_folders(number):
    real = os.fsync

    def fsync(handle):
        if os.path.isdir(f"/proc/self/fd/{handle}"):
            raise OSError(number, os.strerror(number))
        real(handle)

    return fsync


UNABLE = [errno.EINVAL, errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP]


@pytest.fixture
def nothing_noted(monkeypatch):
    monkeypatch.setattr("sim.sweep.files._noted", set())


@pytest.mark.usefixtures("nothing_noted")
@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks at files through /proc")
@pytest.mark.parametrize("number", UNABLE)
def test_a_file_system_that_cannot_confirm_folders_is_written_all_the_same_and_noted_once(
    tmp_path, monkeypatch, capsys, number
):
    monkeypatch.setattr("os.fsync", fails_on_folders(number))
    write_whole(tmp_path / "a", b"data")
    assert tree(tmp_path) == {"a": b"data"}
    assert capsys.readouterr().err == ""
    for _ in range(2):
        with only_writer(tmp_path):
            write_whole(tmp_path / "a", b"more")
    assert tree(tmp_path) == {"a": b"more"}
    assert capsys.readouterr().err == (
        f"note: the file system does not confirm names in folders ({os.strerror(number)}): after a "
        "loss of power files may be missing, which the same command makes again\n"
    )
    monkeypatch.setattr("os.fsync", fails_on_folders(errno.EIO))
    with pytest.raises(OSError, match="Input/output error"):
        write_whole(tmp_path / "b", b"data")


@pytest.mark.usefixtures("nothing_noted")
@pytest.mark.parametrize("number", UNABLE)
@pytest.mark.parametrize("hold", [only_writer, one_of_writers])
def test_a_file_system_without_locks_is_used_and_noted_once(
    tmp_path, monkeypatch, capsys, number, hold
):
    def none(handle, operation):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("fcntl.flock", none)
    for _ in range(2):
        with hold(tmp_path):
            write_whole(tmp_path / "a", b"data")
    assert tree(tmp_path) == {"a": b"data"}
    assert capsys.readouterr().err == (
        f"note: the file system has no locks ({os.strerror(number)}), so that a second writer is "
        "not kept out: see that no other command writes to the same folder\n"
    )


def test_a_lock_that_fails_otherwise_is_an_error(tmp_path, monkeypatch):
    def broken(handle, operation):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("fcntl.flock", broken)
    with pytest.raises(OSError, match="Input/output error"), only_writer(tmp_path):
        raise AssertionError("taken without a lock")


def test_one_writer_or_several_that_share(tmp_path):
    words = f"another sweep is writing to {tmp_path}"
    share, whole_folder = partial(one_of_writers, tmp_path), partial(only_writer, tmp_path)
    with share(), share(), pytest.raises(StoreError, match=words), whole_folder():
        raise AssertionError("taken from those that share")
    with whole_folder(), pytest.raises(StoreError, match=words), share():
        raise AssertionError("taken from the only writer")


@pytest.mark.parametrize("error", [None, OSError(errno.EPERM, "no hard links")])
def test_of_several_first_writers_one_succeeds(tmp_path, monkeypatch, error):
    """Where there are no hard links it is the last one."""
    if error:

        def none(source, target):
            raise error

        monkeypatch.setattr("os.link", none)
    for data in (b"one", b"two"):
        write_first(tmp_path / "a", data)
    assert tree(tmp_path) == {"a": b"two" if error else b"one"}


@pytest.mark.parametrize("code", [errno.EIO, errno.EACCES, errno.ESTALE])
def test_another_fault_than_a_lack_of_links_takes_no_other_jobs_file(tmp_path, monkeypatch, code):
    write_first(tmp_path / "a", b"theirs")

    def broken(source, target):
        raise OSError(code, "made to fail")

    monkeypatch.setattr("os.link", broken)
    with pytest.raises(OSError, match="made to fail"):
        write_first(tmp_path / "a", b"ours")
    assert tree(tmp_path) == {"a": b"theirs"}


def test_a_name_that_is_too_long_is_refused_in_words(tmp_path):
    with pytest.raises(StoreError, match="cannot be read: File name too long"):
        file_in(tmp_path, "a" * 300)
