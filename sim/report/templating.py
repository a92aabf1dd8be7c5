"""How templates become pages: everything is escaped, and a name that is missing is an error."""

from __future__ import annotations

import jinja2

from sim.report.sections import css_text


def template(name: str) -> jinja2.Template:
    """Return a template of this package."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("sim.report", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["css_text"] = css_text
    return environment.get_template(name)
