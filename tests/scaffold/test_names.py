"""NAME -> class, module; and a sentence for each refusal."""

from __future__ import annotations

import pytest

from scaffold.errors import ScaffoldError
from scaffold.names import Names, make_names, own_name, snake_case


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("MyHead", "my_head"),
        ("TSNHead", "tsn_head"),
        ("I3DHead", "i3d_head"),
        ("SlowFastHead", "slowfast_head"),
        ("ResNet", "resnet"),
        ("ResNetTSM", "resnet_tsm"),
        ("ResNet3d", "resnet3d"),
        ("ResNet3dCSN", "resnet3d_csn"),
        ("ResNet3dSlowOnly", "resnet3d_slowonly"),
        ("ResNet2Plus1d", "resnet2plus1d"),
        ("R2Plus1D", "r2plus1d"),
        ("C3D", "c3d"),
        ("X3D", "x3d"),
        ("MobileNetV2", "mobilenet_v2"),
        ("MobileNetV2TSM", "mobilenet_v2_tsm"),
        ("BNInception", "bn_inception"),
        ("SlowFastR50", "slowfast_r50"),
        ("Res2Net", "res2net"),
        ("VGG16", "vgg16"),
        ("TSMv2Head", "tsmv2_head"),
        ("CrossEntropyLoss", "cross_entropy_loss"),
        ("OHEMHingeLoss", "ohem_hinge_loss"),
        ("L2Loss", "l2_loss"),
        ("CopyOfSGD", "copy_of_sgd"),
        ("TSMOptimizerConstructor", "tsm_optimizer_constructor"),
        ("MyNet", "my_net"),
        ("UNetwork", "u_network"),
        ("A", "a"),
    ],
)
def test_file_names_are_those_of_the_field(name: str, module: str) -> None:
    """A class gets the file name that MMAction2 gives it, or would give it."""
    assert snake_case(name) == module


@pytest.mark.parametrize("name", ["RelativeStep", "RelativeStepLrUpdaterHook"])
def test_a_suffix_is_added_once(name: str) -> None:
    """A policy may be named with the hook's suffix or without; the file has it in no case."""
    names = make_names(name, "LrUpdaterHook")

    assert names == Names("RelativeStep", "RelativeStepLrUpdaterHook", "relative_step")


@pytest.mark.parametrize(
    ("name", "what", "hint"),
    [
        ("", "NAME is empty", "a class name, such as MyHead"),
        ("X" * 300, "'XXXXX.*' has 300 characters", "a name has at most 80"),
        ("../evil", "is a path, not a name", "give the class name alone"),
        ("a/MyHead", "is a path, not a name", "the kind says the folder"),
        ("models.MyHead", "is a path, not a name", "give the class name alone"),
        ("My\nHead", r"'My\\nHead' has a character that cannot be", "mean MyHead?"),
        ("\x1b[31mRed", r"'\\x1b\[31mRed' has a character that", "did you mean"),
        ("My\u202eHead", r"'My\\u202eHead' has a character that", "mean MyHead?"),
        ("ＭyHead", r"'\\uff2dyHead' has letters outside ASCII", "mean MyHead?"),
        ("Кот", "has letters outside ASCII", "use the letters A to Z"),
        ("3DHead", "'3DHead' is no Python identifier", "did you mean DHead?"),
        ("my-head", "'my-head' is no Python identifier", "did you mean MyHead?"),
        ("-rf", "'-rf' is no Python identifier", "did you mean Rf?"),
        ("{{7*7}}", "is no Python identifier", "use letters and digits"),
        ('"; import os', "is no Python identifier", "did you mean ImportOs?"),
        ("__init__", "__init__ is a name that Python keeps", "did you mean Init?"),
        ("class", "class is a keyword of Python", "MyClass, perhaps?"),
        ("None", "None is a keyword of Python", "MyNone, perhaps?"),
        ("match", "match is a soft keyword of Python", "did you mean Match?"),
        ("list", "list would hide a builtin", "MyList, perhaps?"),
        ("ValueError", "ValueError would hide a builtin", "MyValueError, perhaps?"),
        ("my_head", "my_head is not in CamelCase", "did you mean MyHead?"),
        ("myHead", "myHead is not in CamelCase", "did you mean MyHead?"),
        ("My_Head", "My_Head is not in CamelCase", "did you mean MyHead?"),
        ("Class", "class is a keyword: Python could not", "MyClass"),
        ("Con", "would be con.py, which Windows cannot have", "MyCon, perhaps?"),
    ],
)
def test_each_refusal_has_its_sentence_and_its_hint(
    name: str, what: str, hint: str
) -> None:
    """A name that cannot be used is refused with the reason, and with a way on."""
    with pytest.raises(ScaffoldError, match=what) as refusal:
        make_names(name)

    assert hint in refusal.value.hint
    assert str(refusal.value).isprintable() or "\nhint: " in str(refusal.value)


def test_the_suffix_alone_is_no_name() -> None:
    """`LrUpdaterHook` would be a policy without a name."""
    with pytest.raises(ScaffoldError, match="every class of this kind ends with"):
        make_names("LrUpdaterHook", "LrUpdaterHook")


@pytest.mark.parametrize(
    ("taken", "near"), [("TSNHead", "MyTSNHead"), ("MyHead", "MyHead2")]
)
def test_a_taken_name_has_another_one_near_to_it(taken: str, near: str) -> None:
    """`My` goes before it once, for `MyMyHead` is no name that anyone wants."""
    assert own_name(taken) == near
