"""Names in Python source for names of the language, which may be numbers, words of Python, or words that
``nn.Module`` has for itself."""

from __future__ import annotations

import keyword
import re
from typing import TYPE_CHECKING

from archdsl.backends.torch.layout import quoted

if TYPE_CHECKING:
    from collections.abc import Container

_WORDS = """
    T_destination add_module apply bfloat16 buffers call_super_init children compile cpu cuda double
    dump_patches eval extra_repr float forward get_buffer get_extra_state get_parameter get_submodule half
    ipu load_state_dict modules mtia named_buffers named_children named_modules named_parameters parameters
    register_backward_hook register_buffer register_forward_hook register_forward_pre_hook
    register_full_backward_hook register_full_backward_pre_hook register_load_state_dict_post_hook
    register_load_state_dict_pre_hook register_module register_parameter register_state_dict_post_hook
    register_state_dict_pre_hook requires_grad_ set_extra_state set_submodule share_memory state_dict to
    to_empty train training type xpu zero_grad append extend insert pop
"""
MODULE_ATTRIBUTES = frozenset(_WORDS.split())
"""The names that no submodule can have as an attribute: nn.Module's own attributes, and nn.Sequential's."""

_USED = """
    AbstractContextManager Any Callable F Iterator NamedTuple Outputs Tensor TrainingOutputs checkpoint
    contextmanager dict float getattr initialise isinstance nn nullcontext range recomputed self super torch
    uncounted
"""
USED = frozenset(_USED.split())
"""Names that emitted source imports, defines or calls itself, which a variable would hide."""


def is_plain(name: str) -> bool:
    """Return whether a submodule of this name can be written ``self.name``."""
    return (
        name.isascii()
        and name.isidentifier()
        and not keyword.iskeyword(name)
        and not name.startswith("_")  # two underscores would be mangled, and nn.Module has some with one
        and name not in MODULE_ATTRIBUTES
    )


def is_reserved(name: str) -> bool:
    """Return whether nn.Module would refuse a submodule of this name."""
    return name in MODULE_ATTRIBUTES or name.startswith("_")


def attribute(owner: str, name: str, kind: str = "children") -> str:
    """The expression for a submodule of that name, or for one of its ``parameters`` or ``buffers``."""
    if is_plain(name):
        return f"{owner}.{name}"
    if is_reserved(name):
        only_own = "" if kind == "children" else "recurse=False"
        return f"dict({owner}.named_{kind}({only_own}))[{quoted(name)}]"
    return f"getattr({owner}, {quoted(name)})"


def identifier(name: str, taken: Container[str] = ()) -> str:
    """A name of Python that is near this one and not taken."""
    plain = re.sub(r"\W", "_", name, flags=re.ASCII).lstrip("_") or "value"
    if plain[0].isdigit():
        plain = f"value_{plain}"
    return unused(plain, taken)


def unused(name: str, taken: Container[str]) -> str:
    """The name, or the first of it with a number after that is free."""
    free, number = name, 2
    while free in taken or keyword.iskeyword(free) or free in USED:
        free = f"{name}_{number}" if name[-1].isdigit() else f"{name}{number}"
        number += 1
    return free


def class_name(title: str, taken: Container[str] = ()) -> str:
    """``conv_relu`` -> ``ConvRelu``, ``BasicConv2d`` as it is."""
    words = [word for word in re.split(r"[^0-9A-Za-z]+", title) if word]
    name = "".join([word[0].upper() + word[1:] for word in words]) or "Network"
    if name[0].isdigit():
        name = f"Network{name}"
    # Block8 and 2 would make Block82.
    return name if unused(name, taken) == name else unused(f"{name}V" if name[-1].isdigit() else name, taken)
