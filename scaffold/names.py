"""NAME -> the names that an add needs; a sentence of its own for each refusal."""

from __future__ import annotations

import builtins
import keyword
import re
from typing import NamedTuple

from .errors import ScaffoldError

# `test_<module>.py` and a temporary name beside it fit every file system.
MAX_LENGTH = 80

# Words that the field writes with a capital inside and means as one: ResNet -> resnet.
COMPOUNDS = (
    *("AlexNet", "ConvNet", "ConvNeXt", "DenseNet", "EfficientNet", "GoogLeNet"),
    *("HRNet", "MobileNet", "MViT", "RegNet", "Res2Net", "ResNeSt", "ResNet"),
    *("ResNeXt", "ShuffleNet", "SlowFast", "SlowOnly", "SqueezeNet"),
    *("TimeSformer", "UNet", "UniFormer", "ViT"),
)
_COMPOUND = f"(?:{'|'.join(COMPOUNDS)})(?![a-uw-z])"
_WORD = r"""(?x)
    (?: [A-Z]+v(?=\d)       # TSMv2
      | [A-Z]+(?![a-z])     # TSN, and BN of BNInception
      | [A-Z]?[a-z]+        # Head
    )
    (?: \d+ (?:Plus\d+)? (?:D(?![a-z]))? [a-z]* )*   # 50, 3d, 2Plus1D; 2net of Res2net
"""
# What Windows cannot have as a file, with any ending.
_DEVICES = {"con", "prn", "aux", "nul"} | {
    f"{port}{i}" for port in ("com", "lpt") for i in range(1, 10)
}


class Names(NamedTuple):
    """The names of one module.

    Attributes:
        name: as the user says it, without the kind's suffix; of an lr hook it is the policy.
        cls: the class, which is also its key in the registry.
        module: the file's stem, and the name of a loss's function.
    """

    name: str
    cls: str
    module: str


def make_names(name: str, suffix: str = "") -> Names:
    """The names that belong to NAME.

    Args:
        name: in CamelCase, with the kind's suffix or without.
        suffix: what the kind's classes end with ("LrUpdaterHook"), or nothing.

    Raises:
        ScaffoldError: NAME cannot be the name of a class and of its file.
    """
    _refuse_unsafe(name)
    _refuse_what_python_has(name)
    _refuse_other_case(name)
    short = name.removesuffix(suffix)
    if not short:
        raise ScaffoldError(
            f"{name} is what every class of this kind ends with",
            hint=f"put a name before it, such as My{name}",
        )
    module = snake_case(short)
    _refuse_module(name, module)
    return Names(short, short + suffix, module)


def snake_case(name: str) -> str:
    """The file name of a class: `TSNHead` -> `tsn_head`, `ResNet3d` -> `resnet3d`, `R2Plus1D` -> `r2plus1d`."""
    joined = re.sub(_COMPOUND, lambda match: match[0].capitalize(), name)
    return "_".join(re.findall(_WORD, joined)).lower()


def camel_case(text: str) -> str:
    """A CamelCase name near to `text`, for a hint; empty if there is none."""
    if not text.isascii():
        import unicodedata

        text = unicodedata.normalize("NFKC", text)
    words = re.findall(r"[A-Za-z0-9]+", text)
    name = "".join(word[0].upper() + word[1:] for word in words).lstrip("0123456789")
    return name[:1].upper() + name[1:]


def own_name(taken: str) -> str:
    """Another name near to one that is taken, for a hint: `MyTSNHead` for `TSNHead`, `MyHead2` for `MyHead`."""
    return f"{taken}2" if taken.startswith("My") else f"My{taken}"


def _refuse_unsafe(name: str) -> None:
    shown = ascii(name if len(name) <= MAX_LENGTH else name[:40] + "...")
    if not name:
        raise ScaffoldError("NAME is empty", hint="a class name, such as MyHead")
    if len(name) > MAX_LENGTH:
        raise ScaffoldError(
            f"{shown} has {len(name)} characters",
            hint=f"a name has at most {MAX_LENGTH}",
        )
    if any(map(_is_unseen, name)):
        raise ScaffoldError(
            f"{shown} has a character that cannot be seen",
            hint=_try(name, "type the name anew"),
        )
    if any(char in "/\\." for char in name):
        raise ScaffoldError(
            f"{shown} is a path, not a name",
            hint="give the class name alone; the kind says the folder",
        )
    if not name.isascii():
        raise ScaffoldError(
            f"{shown} has letters outside ASCII, which look alike and sort apart",
            hint=_try(name, "use the letters A to Z"),
        )
    if not name.isidentifier():
        raise ScaffoldError(
            f"{shown} is no Python identifier",
            hint=_try(name, "use letters and digits, the first one a letter"),
        )


def _is_unseen(char: str) -> bool:
    if char.isprintable():
        return False
    import unicodedata

    return unicodedata.category(char)[0] == "C"


def _refuse_what_python_has(name: str) -> None:
    if name.startswith("__") and name.endswith("__"):
        raise ScaffoldError(
            f"{name} is a name that Python keeps for itself",
            hint=_try(name, "a name without underscores"),
        )
    if keyword.iskeyword(name):
        raise ScaffoldError(
            f"{name} is a keyword of Python", hint=f"My{name.capitalize()}, perhaps?"
        )
    if keyword.issoftkeyword(name):
        raise ScaffoldError(
            f"{name} is a soft keyword of Python", hint=_try(name, "another name")
        )
    if hasattr(builtins, name):
        raise ScaffoldError(
            f"{name} would hide a builtin of Python",
            hint=f"My{name[0].upper()}{name[1:]}, perhaps?",
        )


def _refuse_other_case(name: str) -> None:
    if not name[0].isupper() or "_" in name:
        raise ScaffoldError(
            f"{name} is not in CamelCase", hint=_try(name, "such as MyHead")
        )


def _refuse_module(name: str, module: str) -> None:
    if keyword.iskeyword(module):
        raise ScaffoldError(
            f"the file of {name} would be {module}.py, and {module} is a keyword: Python could not import it",
            hint=f"My{name}, perhaps?",
        )
    if module in _DEVICES:
        raise ScaffoldError(
            f"the file of {name} would be {module}.py, which Windows cannot have",
            hint=f"My{name}, perhaps?",
        )


def _try(name: str, otherwise: str) -> str:
    near = camel_case(name)
    return f"did you mean {near}?" if near and near != name else otherwise
