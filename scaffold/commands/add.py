"""`scaffold add`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from .. import report
from ..errors import ScaffoldError
from . import common

if TYPE_CHECKING:
    from ..stub import Stub
    from ..tree import Tree


@click.command(cls=common.ListingKinds)
@common.kind_argument
@click.argument("name")
@click.option(
    "--arg",
    "options",
    multiple=True,
    metavar="NAME[:TYPE][=DEFAULT]",
    help="An argument of the constructor, such as width:int=64 or mode:str=mean; give it once for each.",
)
@common.trust
@click.option(
    "--check",
    "-c",
    is_flag=True,
    help="Then run the new test, and one step of training.",
)
@common.changing
def add(
    tree: Tree,
    kind: str,
    name: str,
    options: tuple[str, ...],
    trust: bool,
    check: bool,
    dry_run: bool,
) -> None:
    """Add a module of a KIND; NAME is its class, in CamelCase.

    \b
    scaffold add backbone MyNet --arg width:int=64
    scaffold add head MyHead
    scaffold add loss MyLoss
    scaffold add optimizer MyOptimizer --arg a:float=0.1 --arg b:float=0.9
    scaffold add constructor MyOptimizerConstructor
    scaffold add lr-hook RelativeStep
    scaffold add neck MyNeck
    scaffold add transform MyTransform --arg size:int=8
    scaffold add head MyHead --check
    """
    stub = common.request(tree, kind, name, options)
    common.consent(stub.kind, trust=trust)
    import shlex

    from ..add import plan_add  # not before the name is accepted

    try:
        plan = plan_add(tree, stub)
    except ScaffoldError as e:
        if _note_files_there(tree, stub):
            undo = f"`scaffold remove {kind} {stub.names.name}` takes it back"
            hint = f"this very add was made before, and all is there; {undo}"
            raise ScaffoldError(e.what, e.where, hint) from e
        raise
    common.carry_out(tree, plan, dry_run=dry_run)
    if dry_run:
        return
    if stub.kind.suffix:
        report.say(f'a config says "{stub.names.name}" for {stub.names.cls}')
    checks = _check(tree, stub) if check else []
    passed = all(one["ok"] for one in checks)

    def quoted(path: str) -> str:
        return shlex.quote(path if report.is_json() else report.shown(tree, path))

    more = {"checks": checks} if check else {}
    commands = stub.next_commands(quoted, is_tested=check)
    report.end(plan, commands, ok=passed, **more)
    click.get_current_context().exit(0 if passed else 1)


def _note_files_there(tree: Tree, stub: Stub) -> bool:
    """Say which files are in the way; whether they are those of this add."""
    from ..add import is_added

    is_same = is_added(tree, stub)
    status = "identical" if is_same else "conflict"
    there = [p for p in stub.paths.values() if os.path.lexists(tree.root / p)]
    report.note_files(tree, [{"path": path, "status": status} for path in there])
    return is_same


def _check(tree: Tree, stub: Stub) -> list[dict[str, Any]]:
    """Run what was added, and say how it went in a line each; the same for JSON."""
    from ..trial import run_check

    common.let_go()  # of the tree, for this takes its time
    outcomes = []
    for outcome in run_check(tree, stub):
        outcomes.append(outcome)
        verdict = "passed" if outcome.passed else "FAILED"
        report.say(f"{verdict} {outcome.command}: {outcome.last}")
    remove = f"scaffold remove {stub.kind.name} {stub.names.name}"
    for outcome in outcomes:
        if not outcome.passed and not report.is_json():
            click.echo(
                f"error: {outcome.command}: see {outcome.output}\n"
                f"hint: the files stay; mend them, or `{remove}`",
                err=True,
            )
    return [
        {"command": o.command, "ok": o.passed, "last": o.last, "output": o.output}
        for o in outcomes
    ]
