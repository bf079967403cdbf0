"""A graph made ready to be written as modules: which scopes become modules whose forward runs their
steps, what each step calls upon, and what may be overwritten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archdsl.backends.torch.form_walk import layer_of, weights_of
from archdsl.backends.torch.runs import runs_of, scopes_in
from archdsl.ops.base import Trait
from archdsl.ops.torch_form import Invoke, Layer

if TYPE_CHECKING:
    from archdsl.backends.torch.runs import Run
    from archdsl.graph.ir import Graph
    from archdsl.ops.torch_form import TorchForm
    from archdsl.shapes import Shape

OUTSIDE = -1
"""The reader of what the network gives out."""


class Program:
    """``operands`` are the inputs of each node as it is called, which for a merge of a merge are the
    inner one's; ``forms`` are the nodes' PyTorch forms, None for inputs, ``layers`` and ``weights`` what
    stands in these; ``is_needed`` tells whether an
    output or an auxiliary head follows from a node, and ``readers`` which nodes read it (`OUTSIDE` where it
    comes out).

    ``first`` holds the run of each scope from which its module is written, ``again`` the further runs,
    by identity, that are calls of it. Scopes in ``open`` hold submodules and are not called.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.root, self.run_of = runs_of(graph)
        self.first: dict[str, Run] = {"": self.root}
        self.again: dict[int, Run] = {}
        self.open: set[str] = set()
        self.operands: list[list[int]] = []
        self._flatten()
        self.forms: list[TorchForm | None] = [
            None if at in graph.given else node.op.to_torch(self.shapes(at))
            for at, node in enumerate(graph.nodes)
        ]
        self.layers = [None if form is None else layer_of(form) for form in self.forms]
        self.weights = [[] if form is None else weights_of(form) for form in self.forms]
        self._find_scopes()
        self._open_scopes()
        self._twins: dict[int, list[int]] = self._corresponding()
        self.is_needed = self._needed()
        self.readers = self._readers()
        self._overwrite()
        self._layers: dict[str, Layer | None] = {}
        for at in self.run_of:
            self._layers.setdefault(graph.nodes[at].owner, self.layers[at])

    def shapes(self, at: int) -> tuple[Shape, ...]:
        """The shapes of a node's operands, without the batch."""
        nodes = self.graph.nodes
        return tuple([nodes[source].shape for source in self.operands[at]])

    def form(self, at: int) -> TorchForm:
        form = self.forms[at]
        assert form is not None
        return form

    def target(self, at: int) -> str | None:
        """The dotted name of the submodule or parameter that a node calls upon, if it does."""
        called = self.layers[at] is not None or self.weights[at]
        return self.graph.nodes[at].owner if called else None

    def child(self, at: int) -> str:
        """The dotted name of the submodule that a node calls. A shared step that needs a layer of other
        numbers, as padding `same` may on another size, has one under its own name if it holds nothing."""
        node = self.graph.nodes[at]
        return node.owner if self.is_plain_call(at) or self.holds(at) else node.name

    def holds(self, at: int) -> bool:
        """Whether a node has parameters or buffers."""
        return bool(self.graph.params_of(self.graph.nodes[at]))

    def is_plain_call(self, at: int) -> bool:
        """Whether a node's layer is the one that stands under its owner's name."""
        return self._layers[self.graph.nodes[at].owner] == self.layers[at]

    def is_module(self, run: Run) -> bool:
        """Whether a run is one call of the module of its scope."""
        if not run.is_scope or run.path in self.open:
            return False
        return self.first[run.path] is run or id(run) in self.again

    def module_of(self, run: Run) -> Run:
        """The run whose module's forward holds the steps of this one."""
        while not self.is_module(run):
            assert run.parent is not None
            run = run.parent
        return run

    def function_of(self, run: Run) -> Run:
        """The run whose steps are in one function with these: a module's, or a checkpoint's."""
        while not self.is_module(run) and run.kind != "checkpoint":
            assert run.parent is not None
            run = run.parent
        return run

    # ---- merges of merges

    def _flatten(self) -> None:
        """A merge of a merge is one where that is exact: concat(concat(a, b), c) = concat(a, b, c).

        It is of use where a checkpoint reads the inner one, which can then be made anew in there from
        what it was made of, and kept nowhere: what DenseNet's training memory is made of.
        """
        nodes = self.graph.nodes
        checkpointed = self._read_by_checkpoints()
        for at, node in enumerate(nodes):
            operands: list[int] = []
            for source in node.inputs:
                inner = nodes[source]
                absorbs = (
                    source in checkpointed
                    and node.op.merges
                    and inner.op.merges
                    and node.op.absorbs(inner.op, inner.shape)
                )
                if absorbs and self._sees(at, source):
                    operands += self.operands[source]
                else:
                    operands.append(source)
            self.operands.append(operands)

    def _read_by_checkpoints(self) -> set[int]:
        """The values that a checkpoint reads and does not make."""
        found: set[int] = set()
        for at, run in self.run_of.items():
            region: Run | None = run
            while region is not None and region.kind != "checkpoint":
                region = region.parent
            if region is not None:
                inside = set(region.nodes())
                found.update(source for source in self.graph.nodes[at].inputs if source not in inside)
        return found

    def _sees(self, at: int, source: int) -> bool:
        """Whether what a node was made of is at hand for another: both in one scope, and the first in no
        region that the other is outside of."""
        run, wanted = self.run_of[at], self.run_of[source]
        while run is not wanted and not run.is_scope:
            assert run.parent is not None
            run = run.parent
        return run is wanted

    # ---- scopes

    def _find_scopes(self) -> None:
        for run in scopes_in(self.root):
            first = self.first.setdefault(run.path, run)
            if first is not run and self._is_same(first, run):
                self.again[id(run)] = run

    def _is_same(self, first: Run, other: Run) -> bool:
        """Whether two runs of a scope are the same code, down to the numbers."""
        ones, others = first.nodes(), other.nodes()
        if len(ones) != len(others):
            return False
        places = {at: index for index, at in enumerate(ones)}
        other_places = {at: index for index, at in enumerate(others)}
        outside: dict[int, int] = {}
        for one, two in zip(ones, others, strict=True):
            same_target = self.target(one) == self.target(two)
            if not same_target or self.forms[one] != self.forms[two]:
                return False
            for mine, theirs in zip(self.operands[one], self.operands[two], strict=True):
                if mine in places:
                    if places[mine] != other_places.get(theirs):
                        return False
                elif theirs in other_places or outside.setdefault(mine, theirs) != theirs:
                    return False
        # Two values on one side that are one on the other would be one argument.
        return len(set(outside.values())) == len(outside)

    def _open_scopes(self) -> None:
        """A module calls what is inside of it: open the scopes that would call anything else."""
        before = -1
        while before != len(self.open):
            before = len(self.open)
            for at, run in self.run_of.items():
                target = self.target(at)
                if target is not None:
                    self._reach(run, target)
            for run in self.again.values():
                assert run.parent is not None
                self._reach(run.parent, run.path)
            self.again = {key: run for key, run in self.again.items() if run.path not in self.open}

    def _reach(self, run: Run, target: str) -> None:
        caller = self.module_of(run)
        while caller.path and not target.startswith(f"{caller.path}."):
            self.open.add(caller.path)
            caller = self.module_of(caller)

    # ---- values

    def _corresponding(self) -> dict[int, list[int]]:
        """The nodes that are one line of code, by each of them; only where there are several."""
        twins: dict[int, list[int]] = {}
        for run in self.again.values():
            for one, two in zip(self.first[run.path].nodes(), run.nodes(), strict=True):
                group = twins.setdefault(one, [one])
                if two not in group:
                    group.append(two)
                    twins[two] = group
        return twins

    def twins(self, at: int) -> list[int]:
        return self._twins.get(at, [at])

    def _needed(self) -> list[bool]:
        graph = self.graph
        needed = [False] * len(graph.nodes)
        waiting = [*(output.node for output in graph.outputs), *(head.node for head in graph.heads)]
        while waiting:
            at = waiting.pop()
            if not needed[at]:
                needed[at] = True
                waiting += self.operands[at]
                waiting += self.twins(at)
        return needed

    def _readers(self) -> list[list[int]]:
        graph = self.graph
        readers: list[list[int]] = [[] for _ in graph.nodes]
        for at, operands in enumerate(self.operands):
            if self.is_needed[at]:
                for source in operands:
                    readers[source].append(at)
        for at in (*(output.node for output in graph.outputs), *(head.node for head in graph.heads)):
            readers[at].append(OUTSIDE)
        return readers

    # ---- overwriting

    def _overwrite(self) -> None:
        """Let steps write over an operand that nobody needs any more, as PyTorch's networks do by
        ``inplace=True``: it saves the memory and the time of a tensor each."""
        for at, node in enumerate(self.graph.nodes):
            if at in self.graph.given or at != self.twins(at)[0]:
                continue
            for position in range(len(self.operands[at])):
                if all(self._is_free(twin, position) for twin in self.twins(at)):
                    form = node.op.overwriting(self.shapes(at), position)
                    if form is not None:
                        for twin in self.twins(at):
                            self.forms[twin], self.layers[twin] = form, layer_of(form)
                        break

    def _is_free(self, at: int, position: int) -> bool:
        source = self.operands[at][position]
        run = self.run_of.get(source)
        if run is None or self.readers[source] != [at]:
            return False
        inner, outer = self.function_of(self.run_of[at]), self.function_of(run)
        # A function never writes over its arguments; what comes out of one that it calls is its own.
        while outer is not inner:
            if outer.parent is None:
                return False
            outer = self.function_of(outer.parent)
        form = self.form(source)
        made_anew = isinstance(form, Layer) or (
            isinstance(form, Invoke) and (isinstance(form.target, Layer) or len(self.operands[source]) > 1)
        )
        return made_anew and Trait.OVERWRITABLE_OUTPUT in self.graph.nodes[source].op.traits
