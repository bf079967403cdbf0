"""A model, loaded and ready to run on the provider that was asked for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy

from archdsl.diagnostics import UsageError
from archdsl.runtime.providers import ORDER, PROVIDERS, Obstacle, choose, onnxruntime, refused
from archdsl.sizes import linear

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import ModuleType

    Model = str | os.PathLike[str] | bytes

DTYPES = {
    "tensor(float)": "float32", "tensor(float16)": "float16", "tensor(double)": "float64",
    "tensor(int8)": "int8", "tensor(int16)": "int16", "tensor(int32)": "int32", "tensor(int64)": "int64",
    "tensor(uint8)": "uint8", "tensor(uint16)": "uint16", "tensor(uint32)": "uint32",
    "tensor(uint64)": "uint64", "tensor(bool)": "bool",
}  # fmt: skip

NO_GRAPH = ("ModelProto does not have a graph", "No graph was found in the protobuf")
"""The errors of onnxruntime for an empty file: to protobuf it is a message without any field."""

NOTHING = 4
"""Of onnxruntime's severities, the least that it logs: what fails is raised as well, and said in our words."""


class ModelTensor(NamedTuple):
    """An input or output of a model. A size is a number, a name, or None; the first is the batch."""

    name: str
    shape: tuple[int | str | None, ...]
    dtype: numpy.dtype

    @property
    def text(self) -> str:
        return "x".join("?" if size is None else str(size) for size in self.shape) or "a single number"


class Session:
    """A loaded model.

    ``provider`` is where it runs (``cpu``, ``cuda``, ``tensorrt``); ``note`` says, where ``auto``
    passed over a GPU, why.
    """

    def __init__(self, session: Any, name: str, provider: str, note: str) -> None:
        self._session = session
        self.name, self.provider, self.note = name, provider, note
        self.inputs = tuple(_tensor(found, name) for found in session.get_inputs())
        self.outputs = tuple(_tensor(found, name) for found in session.get_outputs())

    def run(self, feeds: Mapping[str, numpy.ndarray]) -> dict[str, numpy.ndarray]:
        """The outputs by name, in their order. Raises `UsageError` where the inputs do not fit."""
        self._check(feeds)
        try:
            results = self._session.run(None, dict(feeds))
        except Exception as error:
            if not _is_onnxruntimes(error):
                raise
            raise UsageError(f"`{self.name}` failed on {self.provider}: {_first_line(error)}") from error
        return {output.name: result for output, result in zip(self.outputs, results, strict=True)}

    def _check(self, feeds: Mapping[str, numpy.ndarray]) -> None:
        problems = [
            f"there is no input `{name}`" for name in feeds if name not in {i.name for i in self.inputs}
        ]
        sizes: dict[str, tuple[int, str]] = {}
        for wanted in self.inputs:
            if wanted.name not in feeds:
                problems.append(f"the input `{wanted.name}` ({wanted.text}) is missing")
                continue
            array = feeds[wanted.name]
            given = "x".join(map(str, array.shape)) or "a single number"
            if array.dtype != wanted.dtype:
                problems.append(f"the input `{wanted.name}` is {wanted.dtype}, and {array.dtype} is given")
            if len(array.shape) != len(wanted.shape) or any(
                isinstance(want, int) and want != have
                for want, have in zip(wanted.shape, array.shape, strict=True)
            ):
                problems.append(f"the input `{wanted.name}` is {wanted.text}, and {given} is given")
                continue
            for want, have in zip(wanted.shape, array.shape, strict=True):
                if isinstance(want, str):
                    problems += _clash(want, have, wanted.name, sizes)
        if problems:
            listed = ", ".join(f"`{tensor.name}` {tensor.text}" for tensor in self.inputs)
            raise UsageError("\n".join(problems), help=f"`{self.name}` takes {listed}")


def _clash(want: str, have: int, where: str, sizes: dict[str, tuple[int, str]]) -> Iterator[str]:
    """Return what speaks against a number for an open size: that it is none of its multiples, or what its name is in
    another place. ``sizes`` are the names' numbers so far, each with the input that has it."""
    stated = linear(want)
    if stated is None:
        name, number = want, have
    else:
        ((monomial, factor),) = stated.terms
        name = str(monomial[0])
        number, left = divmod(have - stated.constant, factor)
        if left or number < 1:
            yield f"a size of the input `{where}` is {want}, and {have} is given"
            return
    first, other = sizes.setdefault(name, (number, where))
    if first != number:
        yield f"`{name}` is {first} in the input `{other}` and {number} in `{where}`"


def open_session(
    model: Model, provider: str = "auto", *, tf32: bool = True, name: str | None = None
) -> Session:
    """Load a model: the path of an ``.onnx`` file, or its bytes.

    ``provider`` is ``auto``, ``cpu``, ``cuda`` or ``tensorrt``; without ``tf32``, CUDA computes in
    float32 proper. Errors call the model ``name``, or by its path. Raises `UsageError` where onnxruntime is missing, the provider cannot be used, or
    the model cannot be read.
    """
    package = onnxruntime()
    choice = choose(provider, package)
    path = "the model" if isinstance(model, bytes) else os.fspath(model)
    if not isinstance(model, bytes):
        _check_readable(path)
    name = name or path
    try:
        session = _start(package, model, choice.provider, tf32)
    except Exception as error:
        if not _is_onnxruntimes(error):
            raise
        if choice.provider == "cpu" or provider != "auto":
            raise _readable(error, model, name, choice.provider) from error
        # What the GPU does not take, for want of memory perhaps, the CPU may; if not, it says so.
        return _open_on_cpu(package, model, name, f"not {choice.provider}: {_first_line(error)}")
    # onnxruntime goes on without a provider that does not start.
    if PROVIDERS[choice.provider] not in session.get_providers():
        if provider == "auto":
            return Session(session, name, "cpu", f"not {choice.provider}: onnxruntime could not start it")
        raise refused(
            provider,
            Obstacle(
                "onnxruntime could not start it",
                "check that the driver and its libraries are of the versions that onnxruntime wants",
            ),
        )
    return Session(session, name, choice.provider, choice.note)


def _open_on_cpu(package: ModuleType, model: Model, name: str, note: str) -> Session:
    try:
        return Session(_start(package, model, "cpu", True), name, "cpu", note)
    except Exception as error:
        if not _is_onnxruntimes(error):
            raise
        raise _readable(error, model, name, "cpu") from error


def _start(package: ModuleType, model: Model, provider: str, tf32: bool) -> Any:
    """onnxruntime's session, on the provider and on what takes the nodes that it has no kernel for."""
    options = package.SessionOptions()
    options.log_severity_level = NOTHING
    # From Ampere on, CUDA's libraries round the factors of float32 products to 10 bits by default.
    cuda = PROVIDERS["cuda"] if tf32 else (PROVIDERS["cuda"], {"use_tf32": "0"})
    return package.InferenceSession(
        model if isinstance(model, bytes) else os.fspath(model),
        options,
        providers=[cuda if word == "cuda" else PROVIDERS[word] for word in ORDER[provider]],
        enable_fallback=0,
    )


def _tensor(found: Any, model: str) -> ModelTensor:
    if found.type not in DTYPES:
        raise UsageError(f"`{model}` has a value `{found.name}` of type {found.type}, which is not supported")
    return ModelTensor(found.name, tuple(found.shape), numpy.dtype(DTYPES[found.type]))


def _check_readable(path: str) -> None:
    try:
        with open(path, "rb") as file:
            file.read(1)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"cannot read the model `{path}`: {reason}") from error


def _readable(error: Exception, model: Model, name: str, provider: str) -> UsageError:
    """onnxruntime's error in words."""
    kind, text = type(error).__name__, _first_line(error)
    if not isinstance(model, bytes):
        text = text.replace(os.fspath(model), name)
    if kind in ("InvalidProtobuf", "NoModel") or any(words in text for words in NO_GRAPH):
        return UsageError(
            f"`{name}` is not an ONNX model", help="compile one: `archdsl compile FILE --to onnx`"
        )
    if "install TensorRT libraries" in text:
        return refused(provider, Obstacle("its libraries do not start", "pip install tensorrt"))
    if "opset" in text or "IR version" in text:
        return UsageError(
            f"`{name}` is newer than this onnxruntime: {text}",
            help="upgrade onnxruntime, or compile with a lower `--opset`",
        )
    if ".data" in text or "external data" in text.lower():
        return UsageError(
            f"the weights beside `{name}` cannot be read: {text}", help="keep both files together"
        )
    return UsageError(f"onnxruntime does not take `{name}` on {provider}: {text}")


def _is_onnxruntimes(error: Exception) -> bool:
    return type(error).__module__.startswith("onnxruntime") or (
        isinstance(error, RuntimeError | ValueError) and "onnxruntime" in str(error).lower()
    )


def _first_line(error: Exception) -> str:
    """Its message without the marks before it: ``[ONNXRuntimeError] : 2 : INVALID_ARGUMENT : ...``."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    head, _, rest = lines[0].partition("] : ")
    return rest.split(" : ", 2)[-1] if head == "[ONNXRuntimeError" else lines[0]
