"""JSON schema of scenario files, made from the records and levers, for editors and programs.

It describes one file as written, which may leave things to the file it extends. What only the whole
scenario can tell (an end before its start, steps that overlap, a policy whose lever is nowhere) is
for `openstakes check`.
"""

from __future__ import annotations

import json
from math import isinf
from typing import Any

from pydantic import BaseModel

from sim.model.parameters import DEFAULTS, PARAMETERS, Parameter
from sim.months import MONTH_RULE
from sim.policies import LEVERS
from sim.scenario.library import NAME_PATTERN
from sim.scenario.overlay import LABELS
from sim.scenario.scenario import Crisis, Horizon, Scenario, Structure

Schema = dict[str, Any]

_MONTH = {"type": "string", "pattern": f"^{MONTH_RULE}$"}
_NAME = {"type": "string", "pattern": NAME_PATTERN}
_LEFT_OUT = ("title", "kind")


def scenario_schema() -> Schema:
    """Return the schema (JSON Schema draft 2020-12)."""
    own = Scenario.model_json_schema()["properties"]
    texts = {name: own[name] for name in (*LABELS, "history", "adopters") if name != "name"}
    levers = {lever: _record(policy) for lever, policy in LEVERS.items()}
    for lever, schema in levers.items():
        schema["properties"] = {"lever": {"const": lever}} | schema["properties"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "openstakes scenario",
        "description": "One scenario file. What it extends may give what it leaves out.",
        "type": "object",
        "additionalProperties": False,
        "required": ["name"],
        "properties": {
            "name": _ref("name"),
            "extends": {"description": "scenario that this one starts from", **_ref("name")},
            "remove": {
                "description": 'what is taken out of it, such as "policy.NAME"',
                "type": "array",
                "items": {"type": "string"},
            },
            **{name: _plain(schema) for name, schema in texts.items()},
            "assumptions": {
                "description": "assumption set whose parameters and structure hold",
                **_ref("name"),
            },
            "horizon": _record(Horizon),
            "structure": _record(Structure),
            "parameters": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    parameter.name: _parameter(parameter) for parameter in PARAMETERS.values()
                },
            },
            "policy": _named({"anyOf": [{"$ref": f"#/$defs/{lever}"} for lever in levers]}),
            "crisis": _named(_record(Crisis)),
        },
        "$defs": {
            "name": _NAME,
            "month": _MONTH,
            "country": _codes("countries"),
            "lab": _codes("labs"),
        }
        | levers,
    }


def as_text() -> str:
    """Return the schema as the text of its file."""
    return json.dumps(scenario_schema(), indent=1, ensure_ascii=False) + "\n"


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _named(below: Schema) -> Schema:
    """Return a table of named tables."""
    return {"type": "object", "propertyNames": _ref("name"), "additionalProperties": below}


def _record(model: type[BaseModel]) -> Schema:
    """Return the table of a record.

    What the record requires may stand in the file that this one extends.
    """
    schema = model.model_json_schema()
    properties = {name: _field(below) for name, below in schema["properties"].items()}
    words = " ".join(schema.get("description", "").split("\n\n", 1)[0].split())
    return {
        "type": "object",
        "description": words,
        "additionalProperties": False,
        "properties": properties,
    }


def _field(schema: Schema) -> Schema:
    """Return a field as files may write it.

    They cannot write null; months, countries and labs are known.
    """
    field = _plain(schema)
    branches = [branch for branch in field.pop("anyOf", []) if branch != {"type": "null"}]
    field |= branches[0] if len(branches) == 1 else {"anyOf": branches} if branches else {}
    if field.get("default", "") is None:
        del field["default"]
    kind = {"countries": "country", "labs": "lab"}.get(schema.get("kind", ""))
    if kind:
        field["items"] = _ref(kind)
    return {**field, **_ref("month")} if field.get("unit") == "YYYY-MM" else field


def _plain(schema: Schema) -> Schema:
    return {key: value for key, value in schema.items() if key not in _LEFT_OUT}


def _parameter(parameter: Parameter) -> Schema:
    least, most = parameter.bounds
    bounds = {"minimum": least, "maximum": most}
    return {
        "type": "number",
        **{side: bound for side, bound in bounds.items() if not isinf(bound)},
        "default": DEFAULTS[parameter.name],
        "low": parameter.low,
        "high": parameter.high,
        "unit": parameter.unit,
        "source": parameter.source,
    }


def _codes(kind: str) -> Schema:
    from sim.data import countries, groups, labs

    if kind == "labs":
        return {"enum": [lab.slug for lab in labs()]}
    return {
        "enum": [*(country.code for country in countries()), *(group.name for group in groups())]
    }
