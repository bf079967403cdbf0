"""Where a model runs: what there is, what can be used, and why not.

onnxruntime says that a build has a provider, tries to start it, and falls back to the CPU with a line
in its log where it cannot. So what a provider needs is looked for first, and what is
missing is named.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import io
import os
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from archdsl.diagnostics import UsageError, did_you_mean

if TYPE_CHECKING:
    from types import ModuleType

PROVIDERS = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
}
"""Our words and onnxruntime's."""

ORDER = {"cpu": ("cpu",), "cuda": ("cuda", "cpu"), "tensorrt": ("tensorrt", "cuda", "cpu")}
"""Which providers take the nodes that the one asked for has no kernel for."""

INSTALL_CPU = 'pip install "archdsl[cpu]"'
INSTALL_GPU = 'pip install "archdsl[gpu]"'
INSTALL_TORCH = 'pip install "archdsl[torch]"'


class Obstacle(NamedTuple):
    """Why a provider cannot be used, and what to do about it."""

    reason: str
    fix: str


class ProviderChoice(NamedTuple):
    """The provider to use; ``note`` says why it is not a better one, where that needs a word."""

    provider: str
    note: str = ""


def onnxruntime() -> ModuleType:
    """The package, its GPU libraries loaded where it has such. Raises `UsageError` without it."""
    try:
        package = importlib.import_module("onnxruntime")
    except ImportError as error:
        if error.name != "onnxruntime":
            raise UsageError(f"onnxruntime does not start: {error}", help=INSTALL_CPU) from error
        raise UsageError(
            "running a model needs onnxruntime, which is not installed",
            help=f"{INSTALL_CPU}, or, with an NVIDIA GPU, {INSTALL_GPU}",
        ) from error
    return package


def choose(asked: str, package: ModuleType) -> ProviderChoice:
    """The provider for what was asked for: ``auto`` or one of `PROVIDERS`.

    ``auto`` takes CUDA where it starts and else the CPU. It never takes TensorRT, which compiles a
    model for minutes before its first run. Raises `UsageError` where the provider asked for cannot
    be used.
    """
    if asked == "auto":
        if PROVIDERS["cuda"] not in package.get_available_providers():
            return ProviderChoice("cpu")
        obstacle = obstacle_to("cuda", package)
        return ProviderChoice("cpu", f"not cuda: {obstacle.reason}") if obstacle else ProviderChoice("cuda")
    if asked not in PROVIDERS:
        near = did_you_mean(asked, ["auto", *PROVIDERS])
        raise UsageError(
            f"there is no provider `{asked}`",
            help=f"did you mean `{near}`?" if near else "use auto, cpu, cuda or tensorrt",
        )
    if obstacle := obstacle_to(asked, package):
        raise refused(asked, obstacle)
    return ProviderChoice(asked)


def refused(asked: str, obstacle: Obstacle) -> UsageError:
    return UsageError(f"the provider `{asked}` is not available: {obstacle.reason}", help=obstacle.fix)


def obstacle_to(provider: str, package: ModuleType) -> Obstacle | None:
    """The reason why a provider cannot start, as far as can be seen without starting it; None where it can."""
    if PROVIDERS[provider] not in package.get_available_providers():
        return Obstacle(
            f"this build of onnxruntime ({package.__version__}) comes without it",
            f"pip uninstall onnxruntime, then {INSTALL_GPU}",
        )
    if provider == "cpu":
        return None
    if reason := _driver_problem():
        return Obstacle(reason, "use `cpu`, or install NVIDIA's driver and look at `nvidia-smi`")
    with contextlib.redirect_stdout(io.StringIO()):
        # It prints what it does not find; what is really missing comes out below.
        getattr(package, "preload_dlls", lambda: None)()
    if reason := _library_problem(provider, package):
        fix = INSTALL_GPU if provider == "cuda" else f"{INSTALL_GPU} and pip install tensorrt"
        return Obstacle(reason, f"{fix}, which bring the libraries" if provider != "cuda" else fix)
    return None


def _driver_problem() -> str | None:
    """The fault of NVIDIA's driver: it is missing, does not start, or sees no GPU."""
    name = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
    try:
        driver: Any = ctypes.CDLL(name)
    except OSError:
        return f"there is no NVIDIA driver on this machine ({name})"
    if code := driver.cuInit(0):
        return f"NVIDIA's driver does not start (CUDA error {code})"
    count = ctypes.c_int()
    if driver.cuDeviceGetCount(ctypes.byref(count)) or not count.value:
        return "NVIDIA's driver sees no GPU"
    return None


def _library_problem(provider: str, package: ModuleType) -> str | None:
    """The loader's own words on what a provider's library lacks, or None."""
    pattern = "onnxruntime_providers_{}.dll" if sys.platform == "win32" else "libonnxruntime_providers_{}.so"
    folder = os.path.join(os.path.dirname(package.__file__ or ""), "capi")
    for part in ("shared", provider):
        path = os.path.join(folder, pattern.format(part))
        # Other builds keep theirs elsewhere; whether it started is looked at once more afterwards.
        if os.path.exists(path):
            try:
                ctypes.CDLL(path)
            except OSError as error:
                return str(error)
    return None
