"""One TOML file read with suspicion.

Size, shape, numbers and characters are checked before anything looks at it.
"""

from __future__ import annotations

import math
import re
import stat
import tomllib
from pathlib import Path

from sim.messages import ScenarioError, as_number, is_unsafe, shown

LARGEST_FILE = 64 * 1024
LONGEST_LINE = 2000
MOST_DOTS = 100
DEEPEST = 6
MOST_VALUES = 1000
LARGEST_INTEGER = 2**63
_PROSE = ("question", "description")
_PAIR = re.compile(
    r"(?P<key>[A-Za-z0-9_.\"-]{1,80})\s*(?P<sign>[=:])\s*(?P<value>[^#]{1,80}?)\s*(#.*)?"
)
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_WORDS = re.compile(r"\[\s*[A-Za-z0-9_-]+(\s*,\s*[A-Za-z0-9_-]+)*\s*\]")
_QUOTES = "\u2018\u2019\u201c\u201d\u201e\u201a\u00ab\u00bb"
_YES_NO = {
    "yes": "true",
    "on": "true",
    "true": "true",
    "no": "false",
    "off": "false",
    "false": "false",
}

Key = tuple[str, ...]


def read_toml(path: Path, label: str) -> dict[str, object]:
    """Return the table of a TOML file.

    Parameters
    ----------
    path
        A regular file of at most 64 kB.
    label
        How messages name the file.

    Raises
    ------
    ScenarioError
        With every problem of the file: unreadable, too large, not TOML, nested too deep, nan, inf,
        control characters.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            words = (
                "a folder; name a file in it, such as NAME.toml"
                if stat.S_ISDIR(status.st_mode)
                else "not a file"
            )
            raise ScenarioError([f"{label}: {words}"])
        if status.st_size > LARGEST_FILE:
            raise ScenarioError(
                [f"{label}: {status.st_size} bytes; at most {LARGEST_FILE} are read"]
            )
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        if isinstance(error, ScenarioError):
            raise
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ScenarioError([f"{label}: cannot be read: {reason}"]) from None
    return parse_toml(content, label)


def parse_toml(content: bytes, label: str) -> dict[str, object]:
    """Return the table written in `content`; see `read_toml` for what is refused."""
    if len(content) > LARGEST_FILE:
        raise ScenarioError([f"{label}: more than {LARGEST_FILE} bytes"])
    text = decoded(content, label)
    # Dotted keys cost the parser the square of their number on a line: 64 kB of them would take a
    # quarter of a minute.
    for number, line in enumerate(text.split("\n"), start=1):
        for count, most, what in (
            (len(line), LONGEST_LINE, "characters"),
            (line.count("."), MOST_DOTS, "dots"),
        ):
            if count > most:
                raise ScenarioError([f"{label}: line {number} has {count} {what}; at most {most}"])
    try:
        table: dict[str, object] = tomllib.loads(text)
    except RecursionError:
        raise ScenarioError([f"{label}: not readable as TOML: nested too deep"]) from None
    except ValueError as error:
        raise ScenarioError(
            [f"{label}: not readable as TOML: {_reason(error)}{_misprint(error, text)}"]
        ) from None
    problems = content_problems(table)
    if problems:
        raise ScenarioError([f"{label}: {problem}" for problem in problems])
    return table


def decoded(content: bytes, label: str) -> str:
    """Return the text of a file in UTF-8, with or without a byte order mark.

    Anything else raises ScenarioError.
    """
    how = 'save it as UTF-8 (in most editors: "Save as", then the encoding)'
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ScenarioError([f"{label}: is UTF-16 text; {how}"])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ScenarioError([f"{label}: not UTF-8 text (line {line}); {how}"]) from None


def dotted(key: Key) -> str:
    """Return a key path for messages, cut and with unprintable characters escaped."""
    return ".".join(part if part.isprintable() and len(part) <= 70 else shown(part) for part in key)


def _reason(error: ValueError) -> str:
    """Return the parser's message as one printable line."""
    text = str(error).split("\n", 1)[0][:160]
    if "Exceeds the limit" in text:
        return "a number has too many digits"
    return text if text.isprintable() else shown(text)


def _misprint(error: ValueError, text: str) -> str:
    """Return the line that the parser could not read, and what to write instead."""
    found = re.search(r"at line (\d+)", str(error))
    lines = text.split("\n")
    if found is None or int(found[1]) > len(lines):
        return ""
    line = lines[int(found[1]) - 1].strip()
    instead = _instead(line)
    if instead:
        return f": {shown(line)}; write {instead}"
    return (
        f': {shown(line)}; texts and months stand in quotes ("2026-01"), numbers as 0.5 or 1e26, '
        "each key once"
    )


def _instead(line: str) -> str:
    """Return a line ``key = value`` as it must be written, if it is plain what was meant, or ""."""
    found = _PAIR.fullmatch(line)
    if found is None:
        return ""
    key, value = found["key"], found["value"]
    bare = value.strip(_QUOTES)
    number = as_number(value)
    if value.casefold() in _YES_NO:
        written = _YES_NO[value.casefold()]
    elif number:
        written = number
    elif _WORD.fullmatch(bare):
        written = f'"{bare}"'
    elif _WORDS.fullmatch(value):
        written = re.sub(r"[\w-]+", lambda word: f'"{word[0]}"', value)
    else:
        written = value if value[:1] in ("[", '"') else ""
    said = found["sign"] == "=" and written == value
    return f"{key} = {written}" if written and not said and written.isprintable() else ""


def content_problems(table: dict[str, object]) -> list[str]:
    """Return what no scenario may contain, whatever the key.

    The walk uses a list, so depth cannot break it.
    """
    problems: list[str] = []
    waiting: list[tuple[Key, object]] = [((), table)]
    seen = 0
    while waiting:
        key, value = waiting.pop()
        seen += 1
        if seen > MOST_VALUES:
            return [f"holds more than {MOST_VALUES} values"]
        if len(key) > DEEPEST:
            problems.append(f"{dotted(key[:3])}...: nested more than {DEEPEST} deep")
            continue
        if isinstance(value, dict):
            waiting.extend(((*key, name), below) for name, below in reversed(value.items()))
        elif isinstance(value, list):
            waiting.extend(
                ((*key[:-1], f"{key[-1]}[{i}]"), below)
                for i, below in reversed(list(enumerate(value)))
            )
            if any(isinstance(item, list | dict) for item in value):
                problems.append(
                    f"{dotted(key)}: a list of lists or tables is not used in these files"
                )
                del waiting[-len(value) :]
        problem = _value_problem(key, value)
        if problem:
            problems.append(f"{dotted(key)} = {shown(value)}: {problem}")
        if key and is_unsafe(key[-1]):
            problems.append(f"{dotted(key)}: control or bidi characters are not allowed in a key")
    return problems


def _value_problem(key: Key, value: object) -> str:
    """Return why a plain value cannot be used, or ""."""
    if isinstance(value, float) and not math.isfinite(value):
        return "must be a finite number"
    if isinstance(value, int) and abs(value) >= LARGEST_INTEGER:
        return "must have at most 18 digits"
    if isinstance(value, str) and is_unsafe(value, lines=key[-1] in _PROSE):
        return "control or bidi characters are not allowed"
    return ""
