"""`scaffold completion`."""

from __future__ import annotations

import click


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print what lets a SHELL complete commands, options and kinds.

    \b
    scaffold completion bash >> ~/.bashrc
    scaffold completion zsh >> ~/.zshrc
    scaffold completion fish > ~/.config/fish/completions/scaffold.fish
    """
    from click.shell_completion import BashComplete, FishComplete, ZshComplete

    cls = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}[shell]
    main = click.get_current_context().find_root().command
    click.echo(cls(main, {}, "scaffold", "_SCAFFOLD_COMPLETE").source())
