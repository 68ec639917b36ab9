"""A template and its context make Python in black's form, or are refused."""

from __future__ import annotations

import pytest

from scaffold.errors import ScaffoldError
from scaffold.render import render


def rendered(template: str, **context: object) -> str:
    return render(template, context, where="head/module.py.jinja", line_length=40)


def test_the_text_is_in_black_s_form() -> None:
    """Quotes, blank lines and the width are black's, with the tree's line length."""
    text = rendered(
        "x = '{{ name }}'\ndef f(a={{ n }}, b={{ n }}): return 1\n", name="a", n=10**13
    )

    assert text == (
        'x = "a"\n\n\ndef f(\n    a=10000000000000, b=10000000000000\n):\n    return 1\n'
    )


@pytest.mark.parametrize(
    ("template", "what"),
    [
        (
            "x = {{ nmae }}\n",
            "module.py.jinja: the template does not render: 'nmae' is",
        ),
        ("\n{% if %}\n", "module.py.jinja:2: Expected an expression"),
        ("x = {{ 1 / 0 }}\n", "does not render: division by zero"),
        ("x = {{ name.__class__.__mro__ }}\n", "does not render: access to attribute"),
        ("{% include '/etc/passwd' %}\n", "does not render: no loader"),
        ("x = = {{ name }}\n", "the template gives no Python"),
        ("x = '\x00'\n", "the template gives no Python"),
    ],
)
def test_a_bad_template_is_refused(template: str, what: str) -> None:
    """Unknown names, ways out of the sandbox, and what is no Python are named with the template."""
    with pytest.raises(ScaffoldError, match=what):
        rendered(template, name="a")


def test_a_value_is_never_a_template() -> None:
    """Braces in a value stay as they are."""
    assert rendered("x = '{{ name }}'\n", name="{{ 7 * 7 }}") == 'x = "{{ 7 * 7 }}"\n'
