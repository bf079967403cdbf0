"""The kinds of regions: how the steps in a construct stand to the steps around it."""

from __future__ import annotations

from enum import Enum, auto


class RegionKind(Enum):
    """Declared by each construct's class; those that a call or a label opens have none, and the elaboration
    declares theirs."""

    STEPS = auto()
    """They are steps of the scope around, as if they stood there one after the other."""
    OPERATION = auto()
    """Together they make one operation, as branches and their merge do."""
    GROUP = auto()
    """They stand below a label, under a name of their own."""
    BLOCK = auto()
    """They are a call of a block, under a name of their own."""
    TRAINING = auto()
    """They run in training alone."""
    REMATERIALIZED = auto()
    """Their values are not kept for the backward pass, which makes them again."""
    AGAIN = auto()
    """They stand elsewhere, and run here again with the same parameters."""

    @property
    def is_scope(self) -> bool:
        """Its steps are named in it, and not in the scope around."""
        return self in (RegionKind.GROUP, RegionKind.BLOCK)
