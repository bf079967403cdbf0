"""The value of a network: a tensor, or a named tuple of its outputs and, in training, its auxiliary heads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archdsl.backends.torch.forward_writer import Line, Nest
from archdsl.backends.torch.layout import Bracketed, literal
from archdsl.backends.torch.names import identifier

if TYPE_CHECKING:
    from archdsl.backends.torch.forward_writer import Function, Statement
    from archdsl.graph.ir import Graph

ALL, TRAINING = "Outputs", "TrainingOutputs"


def returns(graph: Graph, function: Function) -> tuple[list[Statement], str]:
    """The return statements of the network's forward, and the type that it returns."""
    outputs = [function.names[output.node] for output in graph.outputs]
    heads = [function.names[head.node] for head in graph.auxiliary_heads]
    statements: list[Statement] = []
    kinds = ["Tensor"] if len(outputs) == 1 else [ALL]
    if heads:
        training = _training_class(graph)
        kinds.append(training)
        every = Bracketed(f"return {training}(", (*outputs, *heads))
        statements.append(Nest("if self.training:", [Line(every)]))
    if len(outputs) == 1:
        statements.append(Line(f"return {outputs[0]}"))
    else:
        statements.append(Line(Bracketed(f"return {ALL}(", tuple(outputs))))
    return statements, " | ".join(kinds)


def classes(graph: Graph) -> list[str]:
    """The source of the named tuples that a network returns."""
    names = [output.name for output in graph.outputs]
    written = []
    if len(names) > 1:
        written.append(_named_tuple(ALL, "The outputs.", names))
    if graph.auxiliary_heads:
        about = "What comes out in training: the outputs, and then the auxiliary heads."
        weights = [*(1.0 for _ in names), *(head.weight for head in graph.auxiliary_heads)]
        names += [head.name for head in graph.auxiliary_heads]
        written.append(_named_tuple(_training_class(graph), about, names) + _weights(weights))
    return written


def _training_class(graph: Graph) -> str:
    return ALL if len(graph.outputs) == 1 else TRAINING


def _named_tuple(name: str, about: str, fields: list[str]) -> str:
    text = f'class {name}(NamedTuple):\n    """{about}"""\n\n'
    taken = {"weights", "count", "index"}
    for field in fields:
        free = identifier(field, taken)
        taken.add(free)
        text += f"    {free}: Tensor\n"
    return text.rstrip("\n")


def _weights(weights: list[float]) -> str:
    return (
        "\n\n    @property\n    def weights(self) -> tuple[float, ...]:\n"
        '        """How much each of them counts in the loss."""\n'
        f"        return {literal(tuple(weights))}"
    )


RECOMPUTED = '''
@contextmanager
def uncounted(module: nn.Module) -> Iterator[None]:
    """Keep batch norms from counting a batch that they have counted before."""
    norms = [
        each
        for each in module.modules()
        if isinstance(each, nn.modules.batchnorm._NormBase) and each.track_running_stats
    ]
    kept = [(each.momentum, each.num_batches_tracked) for each in norms]
    for each in norms:
        each.momentum, each.num_batches_tracked = 0.0, None
    try:
        yield
    finally:
        for each, (momentum, counter) in zip(norms, kept, strict=True):
            each.momentum, each.num_batches_tracked = momentum, counter


def recomputed(module: nn.Module, part: Callable[..., Any], *values: Tensor) -> Any:
    """Run a part of a module; in training, run it again in the backward pass and keep
    nothing for it but its inputs."""
    if not module.training:
        return part(*values)
    if torch.compiler.is_compiling():
        return checkpoint(part, *values, use_reentrant=False)

    def contexts() -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
        return nullcontext(), uncounted(module)

    return checkpoint(part, *values, use_reentrant=False, context_fn=contexts)
'''.strip()
"""The beginning of the source of a network with checkpoints."""
