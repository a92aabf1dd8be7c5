"""The part of JSON Schema (draft 2020-12) that the schema of scenario files uses.

An unknown keyword is an error.
"""

from __future__ import annotations

import re
from math import isfinite
from typing import Any

TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list, tuple),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
}
ANNOTATIONS = {
    "$schema", "$defs", "title", "description", "default", "low", "high", "unit", "source",
    "part",
}  # fmt: skip


def errors(value: Any, schema: dict[str, Any], top: dict[str, Any], path: str = "") -> list[str]:
    """What is wrong with a value, each with its path.

    A number that is not finite is no number in JSON.
    """
    found: list[str] = []
    for word, said in schema.items():
        if word in ANNOTATIONS or word in ("properties", "additionalProperties"):
            continue
        found += [f"{path}: {problem}" for problem in _word(value, word, said, top, path)]
    if isinstance(value, dict):
        known = schema.get("properties", {})
        for key, below in value.items():
            inner = known.get(key, schema.get("additionalProperties", True))
            if inner is False:
                found.append(f"{path}.{key}: unknown")
            elif isinstance(inner, dict):
                found += errors(below, inner, top, f"{path}.{key}")
    return found


def _word(value: Any, word: str, said: Any, top: dict[str, Any], path: str) -> list[str]:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if word == "$ref":
        return errors(value, top["$defs"][said.removeprefix("#/$defs/")], top, path)
    if word == "type":
        right = isinstance(value, TYPES[said]) and (
            said == "boolean" or not isinstance(value, bool)
        )
        return [] if right and (not isinstance(value, float) or isfinite(value)) else [f"no {said}"]
    if word == "enum":
        return [] if value in said else [f"not one of {said[:5]}"]
    if word == "const":
        return [] if value == said else [f"not {said!r}"]
    if word == "pattern":
        fits = not isinstance(value, str) or re.search(said.replace("$", r"\Z"), value)
        return [] if fits else [f"does not match {said}"]
    if word == "maxLength":
        return [] if not isinstance(value, str) or len(value) <= said else ["too long"]
    if word == "minLength":
        return [] if not isinstance(value, str) or len(value) >= said else ["too short"]
    if word == "maxItems":
        return [] if not isinstance(value, list | tuple) or len(value) <= said else ["too many"]
    if word == "minItems":
        return [] if not isinstance(value, list | tuple) or len(value) >= said else ["too few"]
    if word == "minimum":
        return [] if not number or value >= said else [f"below {said}"]
    if word == "maximum":
        return [] if not number or value <= said else [f"above {said}"]
    if word == "required":
        return [f"lacks {name}" for name in said if isinstance(value, dict) and name not in value]
    if word == "items":
        return (
            [e for item in value for e in errors(item, said, top, path)]
            if isinstance(value, list | tuple)
            else []
        )
    if word == "propertyNames":
        return (
            [e for key in value for e in errors(key, said, top, path)]
            if isinstance(value, dict)
            else []
        )
    if word == "anyOf":
        tried = [errors(value, branch, top, path) for branch in said]
        return [] if [] in tried else min(tried, key=len)
    raise ValueError(f"the schema uses {word!r}, which this validator does not know")
