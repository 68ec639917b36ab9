"""A template and its context -> Python text in black's form, or yapf's. The only module that imports these three."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .errors import ScaffoldError


def render(
    template: str,
    context: Mapping[str, Any],
    *,
    where: str,
    line_length: int,
    is_formatted: bool = False,
    yapf: str = "",
) -> str:
    """The text of a file that scaffold creates.

    Args:
        template: Jinja; it runs in the sandbox, and a name that the context lacks is an error.
        context: text, numbers, and lists and dicts of these: an object would be a way out of the sandbox.
        where: the template's name, for messages.
        line_length: for black.
        is_formatted: the template writes black's form itself as long as every line fits; then black, which takes as
            long to import as all else, is not called.
        yapf: a style of yapf, which then puts the text into form instead of black.

    Raises:
        ScaffoldError: the template does not render, or not to Python.
    """
    import jinja2
    import jinja2.sandbox

    environment = jinja2.sandbox.SandboxedEnvironment(
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    try:
        text = environment.from_string(template).render(context)
    except jinja2.TemplateSyntaxError as e:
        raise ScaffoldError(f"{e.message}", f"{where}:{e.lineno}") from e
    except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError) as e:
        raise ScaffoldError(f"the template does not render: {e}", where) from e
    try:
        compile(text, where, "exec", dont_inherit=True)
        if yapf:
            return _yapf(text, yapf)
        if is_formatted and _fits(text, line_length):
            return text
        return _black(text, line_length)
    except (SyntaxError, ValueError) as e:
        raise ScaffoldError(f"the template gives no Python: {e}", where) from e


def _fits(text: str, line_length: int) -> bool:
    """No line of code is too long; what is not ASCII may be wider than it is long.

    Comments and docstrings may be of any length: black does not split them.
    """
    code = re.sub(r'(?m)^ *(#.*|"""(?s:.*?)"""$)', "", text)
    return code.isascii() and max(map(len, code.splitlines())) <= line_length


def _black(text: str, line_length: int) -> str:
    from black import format_str
    from black.mode import Mode, TargetVersion
    from black.parsing import InvalidInput

    mode = Mode(line_length=line_length, target_versions={TargetVersion.PY310})
    try:
        return format_str(text, mode=mode)
    except InvalidInput as e:  # what CPython takes, and black does not
        raise ValueError(str(e)) from e


def _yapf(text: str, style: str) -> str:
    from yapf.yapflib.yapf_api import FormatCode

    for _ in range(3):  # what yapf has split, it may join anew
        before, (text, _) = text, FormatCode(text, style_config=style)
        if text == before:
            break
    return text
