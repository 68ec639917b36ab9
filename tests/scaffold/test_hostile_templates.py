"""A template that did not come with scaffold can read nothing, run nothing, and not go on for ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from scaffold.errors import ScaffoldError
from scaffold.render import render

CANARY = "canary-9f3b"
# Well-known ways out of a template, by class; each tries to touch or to show the canary.
ATTRIBUTES = [
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ ''['__class__'].__base__.__subclasses__() }}",
    "{{ ().__class__.__bases__[0] }}",
    "{{ [].__class__.__base__ }}",
    "{{ {}.__class__.__mro__[-1] }}",
    "{{ ''|attr('__class__')|attr('__mro__') }}",
    "{{ ''|attr('\\x5f\\x5fclass\\x5f\\x5f')|attr('__mro__') }}",
    "{{ ''|attr(['__cl','ass__']|join)|attr('__mro__') }}",
    "{{ 1.0.__class__.__init__.__globals__ }}",
    "{{ args.__class__.__init__.__globals__ }}",
    "{{ ['']|map(attribute='__class__.__mro__')|list|first|length / 0 }}",
]
GLOBALS = [
    f"{{{{ {name}.{path} }}}}"
    for name in ("lipsum", "cycler", "joiner", "namespace", "range", "dict")
    for path in (
        "__globals__['os'].popen('touch CANARY').read()",
        "__init__.__globals__.os.system('touch CANARY')",
        "__init__.__globals__.__builtins__.open('CANARY', 'w')",
    )
]
CONTEXT = [
    "{{ self.__init__.__globals__ }}",
    "{{ self._TemplateReference__context.cycler.__init__.__globals__.os }}",
    "{{ config.items() }}",
    "{{ request.application.__globals__ }}",
    "{{ get_flashed_messages.__globals__ }}",
    "{{ url_for.__globals__ }}",
    "{{ __import__('os').system('touch CANARY') }}",
    "{{ open('CANARY').read() }}",
    "{{ eval('1') }}",
]
FORMATS = [
    "{{ '{0.__class__.__mro__}'.format('') }}",
    "{{ '{0.__class__}'.format_map({'0': ''}) }}",
    "{{ ('{0.__class__.__init__}'|attr('format'))('') }}",
    "{{ ['{0.__class__.__mro__}']|map('format', '')|list|first|length / 0 }}",
]
FILES = [
    "{% include 'CANARY' %}",
    "{% include '/etc/passwd' %}",
    "{% import 'CANARY' as x %}",
    "{% from 'CANARY' import x %}",
    "{% extends 'CANARY' %}",
    "{% include ['CANARY', '../CANARY'] %}",
]
BOMBS = [
    "{% for i in range(10**9) %}x{% endfor %}",
    "{{ 'x' * 10**10 }}",
    "{{ ('x' * 10**6) * 10**6 }}",
    "{{ [0] * 10**10 }}",
    "# {{ 'x' * (2 * 1024 * 1024) }}",
    "{{ '%1000000000d' % 1 }}",
]
SLOW = [
    "{{ 10 ** (10 ** 8) }}",
    "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
]


@pytest.mark.parametrize(
    "template", [*ATTRIBUTES, *GLOBALS, *CONTEXT, *FORMATS, *FILES, *BOMBS, *SLOW]
)
def test_a_way_out_is_refused(
    tmp_path: Path, template: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is made, nothing of the canary is told, and what is written says no more than text does."""
    if template in SLOW:  # only their time is waited for
        monkeypatch.setattr("scaffold.render.SECONDS", 1)
    canary, secret = tmp_path / "touched", tmp_path / "secret"
    secret.write_text(CANARY)
    for old, new in (("touch CANARY", f"touch {canary}"), ("CANARY", str(secret))):
        template = template.replace(old, new)

    with pytest.raises(ScaffoldError) as refusal:
        render(template, {"args": []}, where="x", line_length=88, is_trusted=False)

    assert CANARY not in str(refusal.value)
    assert not canary.exists()
    assert secret.read_text() == CANARY


def test_a_harmless_template_renders() -> None:
    """As it would beside scaffold's own, in black's form."""
    text = render(
        "x = {  {{ a }}:1 }\n",
        {"a": 2},
        where="x",
        line_length=88,
        is_trusted=False,
    )

    assert text == "x = {2: 1}\n"
