"""`--arg NAME[:TYPE][=DEFAULT]`: what is read from it, and what is refused."""

from __future__ import annotations

import pytest

from scaffold.arguments import Argument, parse_argument, parse_arguments
from scaffold.errors import ScaffoldError


@pytest.mark.parametrize(
    ("text", "parameter", "value"),
    [
        ("hidden:int=256", "hidden: int = 256", "256"),
        ("hidden:int", "hidden: int", "1"),
        ("rate:float=1e-3", "rate: float = 0.001", "0.001"),
        ("rate:float=1", "rate: float = 1", "1"),
        ("rate:float", "rate: float", "1.0"),
        ("flag:bool=True", "flag: bool = True", "True"),
        ("flag:bool", "flag: bool", "False"),
        ("mode:str=mean", 'mode: str = "mean"', '"mean"'),
        ("mode:str='a b'", 'mode: str = "a b"', '"a b"'),
        ("size:str=224", 'size: str = "224"', '"224"'),
        ("url:str=a:b=c", 'url: str = "a:b=c"', '"a:b=c"'),
        ("mode:str", "mode: str", '""'),
        ("anything", "anything: Any", "None"),
        ("rate=0.5", "rate: float = 0.5", "0.5"),
        ("mode=mean", 'mode: str = "mean"', '"mean"'),
        ("size=(1, 2)", "size: tuple[Any, ...] = (1, 2)", "(1, 2)"),
        ("size=None", "size: Any = None", "None"),
        ("t:tuple[int,...]=(1,2)", "t: tuple[int, ...] = (1, 2)", "(1, 2)"),
        ("t:tuple[int, ...]", "t: tuple[int, ...]", "()"),
        ("t:tuple[int,float]", "t: tuple[int, float]", "(1, 1.0)"),
        ("n:int | None=None", "n: int | None = None", "None"),
        ("n:int|None", "n: int | None", "1"),
        ("n:None|int", "n: None | int", "None"),
        ("l:list[int]=[1,2]", "l: list[int] | None = None", "[1, 2]"),
        ("l:list", "l: list[Any]", "[]"),
        ("d:dict[str,float]", "d: dict[str, float]", "{}"),
        ("d:dict={'a': 1}", "d: dict[str, Any] | None = None", '{"a": 1}'),
        ("u:list[str]=[u'a']", "u: list[str] | None = None", '["a"]'),
        ("q:str='\"'", "q: str = '\"'", "'\"'"),
        ("t:tuple[str, str]", "t: tuple[str, str]", '("", "")'),
        (" n : int = 3 # three", "n: int = 3", "3"),
    ],
)
def test_what_is_read(text: str, parameter: str, value: str) -> None:
    """The signature gets the name, the type and the default; a config gets a value in any case."""
    argument = parse_argument(text)

    assert (argument.parameter, argument.value) == (parameter, value)


def test_a_mutable_default_is_made_anew_in_each_call() -> None:
    """A list in a signature would be shared by all calls."""
    argument = parse_argument("steps:list[int]=[1]")

    assert argument.given == "[1] if steps is None else steps"
    assert parse_argument("steps:list[int]").given == "steps"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "'' is no name"),
        ("=3", "'' is no name"),
        ("my-arg=3", "'my-arg' is no name"),
        ("ｎ=3", r"'\\uff4e' is no name"),
        ("class=3", "class is a keyword"),
        ("type:str=a", "type would hide a builtin"),
        ("self", "self is what a method calls its own object"),
        ("cls:int=3", "cls is what a method calls its own object"),
        ("_n=3", "_n begins with an underscore"),
        ("n:Tensor", "'Tensor' is no type that an argument can have"),
        ("n:", "'' is no type"),
        ("n:list[int, int]", "is no type"),
        ("n:dict[str]", "is no type"),
        ("n:tuple[Tensor, ...]", "is no type"),
        ("n:int[str]", "is no type"),
        ("n:3", "is no type"),
        ("n:__import__('os')", "is no type"),
        ("n:int=", "the default '' is no value that a config can give"),
        ("n:int=__import__('os')", "is no value that a config can give"),
        ("n={1}", "is no value that a config can give"),
        ("n:int=1.5", "the default 1.5 is no int"),
        ("n:int=True", "the default True is no int"),
        ("n:bool=1", "the default 1 is no bool"),
        ("n:float=1e999", "is no float"),
        ("n:tuple[int, int]=(1, 2, 3)", r"is no tuple\[int, int\]"),
        ("n:tuple[int, ...]=(1, 'a')", r"is no tuple\[int, ...\]"),
        ("n:list[int]=(1,)", r"is no list\[int\]"),
        ("n:dict[str, int]={'a': 'b'}", r"is no dict\[str, int\]"),
        ("n:int | None=''", r"is no int \| None"),
        ("n=1\n2", "it has a character that cannot be seen"),
    ],
)
def test_what_is_refused(text: str, what: str) -> None:
    """A bad name, an unknown type and a default that does not fit are said in a sentence each."""
    with pytest.raises(ScaffoldError, match=what) as refusal:
        parse_argument(text)

    assert refusal.value.where.startswith("--arg")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("flag:bool=true", "did you mean True?"),
        ("flag=FALSE", "did you mean False?"),
        ("n:int | None=none", "did you mean None?"),
        ("n=null", "did you mean None?"),
        ("n:int=x", "a number, True, False, None"),
        ("in", "did you mean in_?"),
    ],
)
def test_a_value_in_another_language_s_words_is_asked_about(
    text: str, hint: str
) -> None:
    """What Python writes with a capital; a text would be taken for it silently."""
    with pytest.raises(ScaffoldError) as refusal:
        parse_argument(text)

    assert refusal.value.hint.startswith(hint)


def test_an_argument_is_given_once() -> None:
    """Two with one name are refused."""
    with pytest.raises(ScaffoldError, match="a is given twice"):
        parse_arguments(["a=1", "a=2"])


def test_an_argument_is_a_value() -> None:
    """Two that say the same are equal."""
    assert parse_argument("n:int=1") == Argument("n", "int", "1")
