"""The command line: parse, call, print.

    scaffold add head MyHead --arg hidden:int=256
    scaffold remove head MyHead
    scaffold rename head MyHead ShiftHead
    scaffold list

The commands are in `commands/`, a file each; what they print goes through `report`. Here is what they share: refusals,
and what `scaffold` alone says.
"""

from __future__ import annotations

import errno
import os
from typing import Any

import click

from . import report
from .commands.add import add
from .commands.check import check
from .commands.completion import completion
from .commands.explain import explain
from .commands.init import init
from .commands.list import list_
from .commands.remove import remove
from .commands.rename import rename
from .commands.show import show
from .errors import FileError, ScaffoldError


class _Refusing(click.Group):
    """Turns a refusal into its text on standard error, and its exit code."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # Before the command's own words are read: one of them may be wrong, and its error is told as JSON too.
        if "--json" in args:
            ctx.meta["json"] = next((a for a in args if a in self.commands), "")
        if "NO_COLOR" in os.environ:
            ctx.color = False
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as e:
            _refuse_use(e)
            ctx.exit(e.exit_code)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ScaffoldError as e:
            report.refuse(e)
            ctx.exit(e.exit_code)
        except click.UsageError as e:
            _refuse_use(e)
            ctx.exit(e.exit_code)
        except OSError as e:
            if e.errno == errno.EPIPE:  # `scaffold list | head`: click ends quietly
                raise
            error = FileError(str(e.strerror), str(e.filename or "I/O"))
            report.refuse(error)
            ctx.exit(error.exit_code)


def _refuse_use(error: click.UsageError) -> None:
    """A wrong use in the form of all refusals, with how the command is used before it."""
    hint = ""
    if error.ctx:
        hint = f"`{error.ctx.command_path} --help` shows how"
        if not report.is_json():
            click.echo(error.ctx.get_usage(), err=True)
    message = error.format_message().removesuffix(".")
    report.refuse(ScaffoldError(message[:1].lower() + message[1:], hint=hint))


@click.group(
    cls=_Refusing,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(
    package_name="mmaction-min", prog_name="scaffold", message="%(prog)s %(version)s"
)
def main() -> None:
    """Add a module to a framework tree: its code, export, config and test.

    \b
    scaffold add head MyHead         writes all four
    scaffold remove head MyHead      takes them back
    scaffold rename head MyHead New  gives it another name
    scaffold list                    shows the kinds, and what the tree has of each
    scaffold show head               shows what a kind writes, and its arguments
    scaffold check                   finds what does not agree, --fix mends it
    scaffold explain "KeyError: ..." says why a name is not found, and what mends it
    scaffold init my_project         makes a project of your own, outside the framework
    """
    if click.get_current_context().invoked_subcommand is None:
        _say_what_to_do()


for command in (add, remove, rename, init, completion, list_, show, check, explain):
    main.add_command(command)


def _say_what_to_do() -> None:
    """What is likely to come next, here; for who types `scaffold` alone."""
    from .tree import find_tree

    try:
        tree = find_tree(".")
    except ScaffoldError:
        here = "there is no tree here; go into one, or make a project of your own"
        lines = [("scaffold init my_project", "a package, configs and tests")]
    else:
        here = f"the tree is {tree.folder}"
        lines = [
            ("scaffold list", "the kinds, and what there is of each"),
            ("scaffold add head MyHead", "a new head, with its config and test"),
            ("scaffold check", "does it all agree?"),
        ]
    click.echo(here)
    for command, what in (*lines, ("scaffold --help", "all commands")):
        click.echo(f"  {command:<26}{what}")
