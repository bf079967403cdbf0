"""Which provider is taken, and what is said where the one asked for is not."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy
import pytest

from archdsl.backends.onnx.write import to_model
from archdsl.diagnostics import UsageError
from archdsl.runtime import providers, session
from archdsl.runtime.providers import ProviderChoice, choose
from archdsl.runtime.session import open_session
from tests.graph.build import Build
from tests.weights.given import Given

if TYPE_CHECKING:
    from collections.abc import Callable

CPU_BUILD = ["AzureExecutionProvider", "CPUExecutionProvider"]
GPU_BUILD = ["TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"]


class Package(SimpleNamespace):
    """onnxruntime, as far as it is asked about providers; ``started`` are those that start."""

    __version__ = "1.99"
    __file__ = "/nowhere/onnxruntime/__init__.py"

    def __init__(self, built: list[str], started: list[str] | None = None) -> None:
        super().__init__(built=built, started=built if started is None else started, preloaded=0)
        self.SessionOptions = SimpleNamespace
        self.refused = ""

    def get_available_providers(self) -> list[str]:
        return self.built

    def preload_dlls(self) -> None:
        self.preloaded += 1
        print("Failed to load libcublas.so")

    def InferenceSession(  # noqa: N802  (onnxruntime's name)
        self, model: object, options: object, providers: list[str], enable_fallback: int
    ) -> Any:
        if self.refused in providers:
            raise RuntimeError("onnxruntime: CUDA failure 2: out of memory")
        taken = [name for name in providers if name in self.started]
        return SimpleNamespace(get_providers=lambda: taken, get_inputs=list, get_outputs=list)


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> Callable[[str | None], None]:
    def set_problem(problem: str | None) -> None:
        monkeypatch.setattr(providers, "_driver_problem", lambda: problem)

    set_problem(None)
    return set_problem


def model() -> bytes:
    build = Build()
    return to_model(build.graph(build.node("relu", build.input(3))), weights=Given()).SerializeToString()


def test_auto_on_a_build_without_gpus_is_the_cpu() -> None:
    assert choose("auto", Package(CPU_BUILD)) == ProviderChoice("cpu")


@pytest.mark.usefixtures("driver")
def test_auto_takes_cuda_and_loads_its_libraries_first(capsys: pytest.CaptureFixture[str]) -> None:
    package = Package(GPU_BUILD)
    assert choose("auto", package) == ProviderChoice("cuda")
    assert package.preloaded == 1
    assert capsys.readouterr().out == ""  # results alone belong on standard output


def test_auto_says_why_it_did_not_take_cuda(driver: Callable[[str | None], None]) -> None:
    driver("NVIDIA's driver sees no GPU")
    assert choose("auto", Package(GPU_BUILD)) == ProviderChoice(
        "cpu", "not cuda: NVIDIA's driver sees no GPU"
    )


@pytest.mark.parametrize("asked", ["cuda", "tensorrt"])
def test_a_build_without_the_provider_says_what_to_install(asked: str) -> None:
    with pytest.raises(UsageError, match=rf"`{asked}` is not available.*1\.99") as caught:
        choose(asked, Package(CPU_BUILD))
    assert 'pip install "archdsl[gpu]"' in caught.value.help


@pytest.mark.parametrize("asked", ["cuda", "tensorrt"])
def test_no_driver_is_an_error_with_its_reason(asked: str, driver: Callable[[str | None], None]) -> None:
    driver("there is no NVIDIA driver on this machine")
    with pytest.raises(UsageError, match=f"`{asked}` is not available: there is no NVIDIA driver"):
        choose(asked, Package(GPU_BUILD))


@pytest.mark.usefixtures("driver")
def test_a_library_that_does_not_load_is_named(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    (tmp_path / "capi").mkdir()
    (tmp_path / "capi" / "libonnxruntime_providers_cuda.so").write_bytes(b"no library")
    package = Package(GPU_BUILD)
    monkeypatch.setattr(Package, "__file__", str(tmp_path / "__init__.py"))
    with pytest.raises(UsageError, match="libonnxruntime_providers_cuda") as caught:
        choose("cuda", package)
    assert 'pip install "archdsl[gpu]"' in caught.value.help


@pytest.mark.usefixtures("driver")
def test_a_provider_that_was_dropped_in_silence_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    package = Package(GPU_BUILD, started=["CPUExecutionProvider"])
    monkeypatch.setattr(session, "onnxruntime", lambda: package)
    with pytest.raises(UsageError, match="`cuda` is not available: onnxruntime could not start it"):
        open_session(b"", "cuda")
    opened = open_session(b"", "auto")
    assert (opened.provider, opened.note) == ("cpu", "not cuda: onnxruntime could not start it")


@pytest.mark.usefixtures("driver")
def test_what_the_gpu_does_not_take_goes_to_the_cpu_only_under_auto(monkeypatch: pytest.MonkeyPatch) -> None:
    package = Package(GPU_BUILD)
    package.refused = "CUDAExecutionProvider"
    monkeypatch.setattr(session, "onnxruntime", lambda: package)
    opened = open_session(b"", "auto")
    assert (opened.provider, opened.note) == ("cpu", "not cuda: onnxruntime: CUDA failure 2: out of memory")
    with pytest.raises(UsageError, match=r"does not take `the model` on cuda: .*out of memory"):
        open_session(b"", "cuda")
    package.refused = "CPUExecutionProvider"
    with pytest.raises(UsageError, match="does not take `the model` on cpu"):
        open_session(b"", "auto")


def test_an_unknown_provider() -> None:
    with pytest.raises(UsageError, match="no provider `cudda`") as caught:
        choose("cudda", Package(GPU_BUILD))
    assert "`cuda`" in caught.value.help


def test_without_onnxruntime_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(UsageError, match="onnxruntime, which is not installed") as caught:
        open_session(b"", "auto")
    assert 'pip install "archdsl[cpu]"' in caught.value.help


@pytest.mark.onnxruntime
def test_the_cpu_build_that_is_installed() -> None:
    import onnxruntime

    assert open_session(model(), "cpu").provider == "cpu"
    if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
        assert open_session(model(), "auto").provider == "cpu"
        with pytest.raises(UsageError, match="comes without it"):
            open_session(model(), "cuda")


@pytest.mark.onnxruntime
@pytest.mark.gpu
def test_a_gpu_gives_what_the_cpu_gives() -> None:
    try:
        opened = open_session(model(), "cuda")
    except UsageError as error:
        pytest.skip(str(error))
    data = numpy.array([[-1, 0, 2]], numpy.float32)
    assert (opened.run({"input": data})["output"] == [[0, 0, 2]]).all()
