"""Why a class does not take the arguments that a config gives it."""

from __future__ import annotations

import ast
import difflib

from .case import Case, Cause


def nameless_arguments(case: Case, argument: str) -> Cause:
    """An argument that some class does not take: Python before 3.10 does not say which."""
    if name := case.given(argument):
        return arguments(case, name, argument)
    what = f"some class does not take `{argument}`, and no config of this tree gives it"
    return Cause(what, mend="look for the class in the line above the error")


def arguments(case: Case, name: str, argument: str, missing: str = "") -> Cause:
    """An argument that a class does not take, or that it needs."""
    defined = case.defined(name)
    if defined is None:
        registered = next(iter(case.registered(name)), None)
        defined = case.defined(registered[3].name) if registered else None
    if defined is None:
        what = f"{name} is not of this tree{case.mentions(name)}: see its own documentation"
        return Cause(what, mend="scaffold list")
    module, node = defined
    takes = _parameters(node) + _passed_on(case, node)
    signature = f"it takes {', '.join(takes) or 'no arguments'}"
    if missing:
        what = f"{name} needs `{argument}`, and the config does not give it{case.mentions(name)}; {signature}"
        return Cause(what, module.path, node.lineno, f"give {argument} in the config")
    near = difflib.get_close_matches(argument, takes, n=1)
    meant = (
        f"write {near[0]} instead of {argument}"
        if near
        else f"take {argument} out of the config, or let {name}.__init__ take it"
    )
    what = f"{name} has no argument `{argument}`{case.mentions(name)}; {signature}"
    return Cause(what, module.path, node.lineno, meant)


def missing(case: Case, name: str, argument: str) -> Cause:
    """An argument that a class needs, and does not get."""
    return arguments(case, name, argument, "missing")


def _parameters(node: ast.stmt) -> list[str]:
    """What a class's own constructor, or a function, takes."""
    if isinstance(node, ast.ClassDef):
        made = [
            n
            for n in node.body
            if isinstance(n, ast.FunctionDef) and n.name == "__init__"
        ]
        return _parameters(made[0])[1:] if made else []
    if not isinstance(node, ast.FunctionDef):
        return []
    arguments = node.args
    return [
        a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    ]


def _passed_on(case: Case, node: ast.stmt) -> list[str]:
    """What the base classes of a class take, where its constructor passes `**kwargs` on to them."""
    if not isinstance(node, ast.ClassDef) or "**kwargs" not in ast.unparse(node):
        return []
    names = [base.id for base in node.bases if isinstance(base, ast.Name)]
    bases = [found[1] for name in names if (found := case.defined(name))]
    own = _parameters(node)
    taken = [a for base in bases for a in _parameters(base) + _passed_on(case, base)]
    return [argument for argument in dict.fromkeys(taken) if argument not in own]


def no_type(case: Case) -> Cause:
    """A dict that nothing can be built from."""
    return Cause(
        "a dict of the config that something is built from has no `type`",
        mend='give it one: dict(type="NAME", ...); `scaffold list` has the names',
    )
