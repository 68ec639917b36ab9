"""Reads the configs of MMAction2 0.24.1 and compares each with what mmcv makes of it.

    pip download --no-deps mmaction2==0.24.1 && unzip mmaction2-0.24.1*.whl
    python benchmarks/upstream_configs.py mmaction/.mim/configs --mmcv ../mmcv/bin/python

Prints how many there are; how many resolve to exactly what mmcv's `Config` gives, the order of keys and the types of
sequences included (with `--mmcv`, a Python that has mmcv 1.x); how many come back the same from a dump in Python, YAML
and JSON (in which a tuple or a range is a list); and how many have a top level that the engine's commands accept. Exits with 1
unless all do.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from mmaction_min.command import check_keys
from mmaction_min.config import Config, dump
from mmaction_min.errors import ConfigError

# Said by both sides: a config as JSON that keeps the order of keys and the types of sequences.
ENCODE = """
def encode(value):
    if isinstance(value, dict):
        return ["dict", [[repr(key), encode(entry)] for key, entry in value.items()]]
    if isinstance(value, (list, tuple)):
        return [type(value).__name__, [encode(entry) for entry in value]]
    return repr(value)
"""
THEIRS = ENCODE + """
import json, sys, warnings
warnings.simplefilter("ignore")
from mmcv import Config
for file in sys.argv[1:]:
    print(json.dumps([file, encode(Config.fromfile(file)._cfg_dict)]))
"""
exec(ENCODE)


def main() -> int:
    """Print the counts, and the files that differ."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--mmcv", help="a Python that has mmcv 1.x")
    options = parser.parse_args()
    files = sorted(map(str, options.folder.rglob("*.py")))
    rows = dict.fromkeys(("read", "dump.py", "dump.yaml", "dump.json", "keys"), 0)
    ours = {}
    for file in files:
        cfg = Config.fromfile(file)
        ours[file] = encode(cfg._cfg_dict)  # type: ignore[name-defined]  # noqa: F821
        rows["read"] += 1
        for suffix in ("py", "yaml", "json"):
            same = reads_back(cfg, suffix)
            rows[f"dump.{suffix}"] += same
            print(
                *[] if same else [f"comes back other from {suffix}: {file}\n"], end=""
            )
        rows["keys"] += accepted(cfg)
    if options.mmcv:
        rows["equal to mmcv's"] = count_equal(options.mmcv, ours)
    for name, count in rows.items():
        print(f"{name}: {count} of {len(files)}")
    return int(any(count != len(files) for count in rows.values()))


def reads_back(cfg: Config, suffix: str) -> bool:
    """Whether a dump is the same config again."""
    with tempfile.TemporaryDirectory() as folder:
        file = f"{folder}/dump.{suffix}"
        cfg.dump(file)
        again = Config.fromfile(file, import_custom_modules=False)
    want: Any = cfg._cfg_dict.to_dict()
    if suffix == "json":
        want = json.loads(dump(want, file_format="json"))
    return encode(again._cfg_dict) == encode(want)  # type: ignore[name-defined,no-any-return]  # noqa: F821


def accepted(cfg: Config) -> bool:
    """Whether a command would go on with these keys."""
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            check_keys(cfg)
    except ConfigError as e:
        print(e)
        return False
    return True


def count_equal(python: str, ours: dict[str, Any]) -> int:
    """How many are equal to what mmcv gives."""
    found = subprocess.run(
        [python, "-c", THEIRS, *ours], capture_output=True, text=True, check=True
    )
    theirs = dict(map(json.loads, found.stdout.splitlines()))
    for file in ours:
        if ours[file] != theirs[file]:
            print(f"differs: {file}")
    return sum(ours[file] == theirs[file] for file in ours)


if __name__ == "__main__":
    sys.exit(main())
