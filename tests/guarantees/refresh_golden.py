"""Write golden.json again, after a change that is meant to change numbers.

Prints the line for CHANGELOG.md.

.venv/bin/python tests/guarantees/refresh_golden.py
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Measure, write, say what moved."""
    sys.path.insert(0, str(ROOT))
    from tests.guarantees import golden

    before = golden.read() if golden.FILE.exists() else {"scenarios": {}}
    now = golden.measure_all()
    golden.FILE.write_text(json.dumps(now, indent=1) + "\n", encoding="utf-8")
    for name, entry in now["scenarios"].items():
        known = before["scenarios"].get(name)
        same = known is not None and known["digest"] == entry["digest"]
        print(f"{name}: {'new' if known is None else 'as before' if same else 'changed'}")
        if known is not None and not same:
            for what, digits in list(golden.digits(known, entry).items())[:3]:
                print(f"    {what}: {digits} digits as before")
    key = golden.short(now)
    if key in golden.CHANGELOG.read_text(encoding="utf-8"):
        print(f"CHANGELOG.md names {key} already.")
    else:
        print("Add to CHANGELOG.md, under the heading Numbers of the release being prepared:")
        print(f"- Golden numbers `{key}`: say here what moved and why.")


if __name__ == "__main__":
    main()
