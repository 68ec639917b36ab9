"""What a kind writes, and with which arguments: `scaffold show`."""

from __future__ import annotations

from typing import Any

from .stub import Stub


def describe(stub: Stub) -> dict[str, Any]:
    """What an add would do, as data: lists, dicts and text, for JSON.

    Args:
        stub: of the kind, with an example of a name.
    """
    return {
        "kind": stub.kind.name,
        "summary": stub.kind.summary,
        "writes": [*stub.paths.values(), stub.init],
        "arguments": [
            {"name": a.name, "type": a.type, "default": a.default}
            for a in stub.arguments
        ],
        "templates": list(stub.kind.folders),
        "example": f"scaffold add {stub.kind.name} {stub.names.name}",
    }


def as_text(shown: dict[str, Any]) -> str:
    """The same for a person."""
    arguments = [
        f"--arg {a['name']}:{a['type']}"
        + ("" if a["default"] is None else f"={a['default']}")
        for a in shown["arguments"]
    ]
    sections = {
        "writes": shown["writes"],
        "arguments": arguments or ["none of its own; --arg adds some"],
        "templates": shown["templates"],
        "example": [shown["example"]],
    }
    lines = [f"{shown['kind']}: {shown['summary']}"]
    for title, entries in sections.items():
        lines += ["", f"{title}:", *(f"  {entry}" for entry in entries)]
    return "\n".join(lines)
