"""Recognizers and localizers, and what they are made of: backbones, necks, heads, losses."""

from .backbones import *  # noqa: F403
from .builder import *  # noqa: F403
from .heads import *  # noqa: F403
from .localizers import *  # noqa: F403
from .losses import *  # noqa: F403
from .module_hooks import *  # noqa: F403
from .necks import *  # noqa: F403
from .recognizers import *  # noqa: F403
