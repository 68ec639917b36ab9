"""`scaffold init`."""

from __future__ import annotations

import os

import click

from .. import report
from . import common


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path())
@click.option(
    "--name", metavar="PACKAGE", help="The package; without it, DIR's own name."
)
@common.printing_json
@common.quietly
def init(folder: str, name: str | None) -> None:
    """Make a project of your own in DIR.

    It has a package, configs and tests, and every command works in it.

    \b
    scaffold init my_project
    cd my_project
    scaffold add head OwnHead
    """
    from ..commit import hold_new
    from ..project import package_name, plan_init

    package = package_name(os.path.realpath(folder), name)
    tree, note = click.get_current_context().with_resource(hold_new(folder))
    report.note(note)
    plan = plan_init(tree, package)
    common.carry_out(tree, plan, dry_run=False)
    commands = ["scaffold add head OwnHead"]
    if os.path.realpath(folder) != os.getcwd():
        import shlex

        commands.insert(0, f"cd {shlex.quote(folder)}")
    report.end(plan, commands)
