"""What a command prints: for people, lines with a status each; with --json, one object; with --quiet, errors alone."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from .errors import ScaffoldError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .plan import Plan
    from .tree import Tree

COLORS = {"create": "green", "update": "yellow", "remove": "red"}
COLORS |= {"passed": "green", "FAILED": "red", "error": "red"}

Results = list[dict[str, Any]]


def is_json() -> bool:
    """The command line has --json; the group has seen it before the command's own words are read."""
    return "json" in click.get_current_context().meta


def print_json(*, ok: bool, **fields: Any) -> None:
    """The one object that a command prints with --json."""
    import json

    command = click.get_current_context().meta["json"]
    click.echo(json.dumps({"version": 1, "command": command, "ok": ok, **fields}))


def refuse(error: ScaffoldError) -> None:
    """Print a refusal; the JSON has the files that are in the way, where `note_files` was told of some."""
    if not is_json():
        click.echo(_colored(f"error: {error}", "error"), err=True)
        return
    files = click.get_current_context().meta.get("files")
    more = {"results": files} if files else {}
    fields = {"what": error.what, "where": error.where, "hint": error.hint}
    print_json(ok=False, error=fields, **more)


def note_files(tree: Tree, files: Results) -> None:
    """Say which files are in the way of a command that will be refused, where they are those that it would write."""
    click.get_current_context().meta["files"] = files
    for file in files:
        if file["status"] == "identical" and not is_json():
            click.echo(f"identical {shown(tree, file['path'])}", err=True)


def note(text: str) -> None:
    """Print what a person should know beside the result; nothing, if it is empty."""
    if text:
        click.echo(f"note: {text}", err=True)


def say(line: str) -> None:
    """Print a line that begins with a status, unless JSON or nothing is wanted."""
    if not is_json() and not click.get_current_context().meta.get("quiet"):
        click.echo(_colored(line, line.split()[0]))


def show_plan(plan: Plan) -> None:
    """Print what a dry run would change, as a diff."""
    if is_json():
        diff = plan.diff().decode(errors="replace")
        print_json(ok=True, results=results_of(plan), next=[], diff=diff)
    else:
        click.echo(plan.diff(), nl=False)


def show_changes(tree: Tree, plan: Plan) -> None:
    """Print a line for each file that was changed."""
    for change in plan.net:
        say(f"{change.verb} {shown(tree, change.path)}")


def end(
    plan: Plan, next_commands: Sequence[str] = (), *, ok: bool = True, **more: Any
) -> None:
    """The end of a command that wrote: what to type next, or the one JSON object."""
    if is_json():
        print_json(ok=ok, results=results_of(plan), next=next_commands, **more)
    elif next_commands and ok:
        say("\nnext:" + "".join(f"\n  {command}" for command in next_commands))


def results_of(plan: Plan) -> Results:
    """What happens to each file, for JSON."""
    return [{"path": change.path, "status": change.verb} for change in plan.net]


def shown(tree: Tree, path: str) -> str:
    """A path of the tree as it can be pasted in the current folder; an absolute one, of another tree, stays."""
    if os.path.isabs(path):
        return path
    here = os.getcwd()
    full = os.path.join(tree.folder, path)
    near = os.path.commonpath([here, tree.folder]) in (here, tree.folder)
    return os.path.relpath(full, here) if near else full


def _colored(line: str, word: str) -> str:
    """A line whose first word has a colour; `click.echo` takes it out where no terminal is."""
    if word not in COLORS:
        return line
    return click.style(word, fg=COLORS[word]) + line.removeprefix(word)
