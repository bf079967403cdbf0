# make demo   compile DenseNet-121 to ONNX and run it on a picture
# make test   ruff, mypy --strict and pytest
# make test-slow  the tests that take longer
# make test-plain  the tests that need neither onnxruntime nor torch, in an environment without them
# make test-versions  the tests with the oldest releases of what archdsl needs, and with the newest
# make fuzz   random sources and designs     make bench   the numbers of benchmarks/
# make reference  what torchvision, timm and facenet-pytorch say of their networks, for the tests
# make editors  the grammar of .arch files for editors, from the language's words
# make zoo    write architectures/README.md
# make docs   README.md and docs/ as a site, in build/site
# make clean  remove what the others made
#
# PYTHON=python3.12 chooses another interpreter (3.10 or later) for .venv.

PYTHON ?= python3
BIN := .venv/bin
# What decides whether an installation is still good.
INPUTS := pyproject.toml constraints.txt hatch_build.py
# A user's own settings of pip for elsewhere (--user, --target) must not lead out of .venv.
OWN = env -u PIP_TARGET -u PIP_PREFIX -u PYTHONHOME PIP_USER=0 PIP_DISABLE_PIP_VERSION_CHECK=1
PIP = $(OWN) PIP_BUILD_CONSTRAINT=constraints.txt $(BIN)/python -m pip install --quiet -c constraints.txt
REFERENCE_PIP = $(OWN) .reference/bin/python -m pip install --quiet

# Up to four processes; one file's tests stay together, since they share what is slow to make.
PYTEST = env OMP_NUM_THREADS=1 $(1)/bin/python -m pytest --quiet --numprocesses=auto --maxprocesses=4 --dist=loadfile

.PHONY: demo test test-slow test-plain test-versions docs editors zoo fuzz bench reference clean

demo: .venv/.demo
	@mkdir -p build
	$(BIN)/archdsl summary densenet121 --depth 2
	$(BIN)/archdsl compile densenet121 --to onnx -o build/densenet121.onnx
	$(BIN)/archdsl run build/densenet121.onnx --input tests/data/picture.jpg

test: .venv/.test
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --quiet --check .
	$(BIN)/mypy --strict archdsl
	$(call PYTEST,.venv)

test-slow: .venv/.test
	$(call PYTEST,.venv) -m "slow and not fuzz and not bench"

test-plain: .venv-plain/.test
	$(call PYTEST,.venv-plain)

test-versions: .venv/.test .venv-oldest/.test
	$(call PYTEST,.venv-oldest)
	$(call PYTEST,.venv)

docs: .venv/.docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet --strict

editors: .venv/.test
	$(BIN)/python -m editors.generate

zoo: .venv/.test
	@mkdir -p build
	$(BIN)/archdsl list --markdown > build/zoo.md
	mv build/zoo.md architectures/README.md

fuzz: .venv/.test
	$(BIN)/python -m pytest --quiet -m fuzz

bench: .venv/.test
	$(BIN)/python -m pytest --quiet -m bench
	$(BIN)/python benchmarks/run.py $(if $(REFERENCE),--reference-python $(REFERENCE))

reference: .reference/.done
	.reference/bin/python tests/reference/record.py

clean:
	rm -rf .venv .venv-plain .venv-oldest .reference build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# An environment without archdsl. The tests read what is recorded there, and never need it.
.reference/.done: Makefile
	$(PYTHON) -m venv .reference
	$(REFERENCE_PIP) torch==2.14.1 torchvision==0.29.1 numpy requests tqdm
	$(REFERENCE_PIP) --no-deps timm==1.0.31 facenet-pytorch==2.6.0
	@touch $@

.venv/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
	    { echo "archdsl needs Python 3.10 or later: make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv .venv

.venv/.demo: .venv/bin/pip $(INPUTS)
	$(PIP) --editable ".[cpu]"
	@touch $@

.venv/.test: .venv/bin/pip $(INPUTS)
	$(PIP) --editable ".[cpu,torch,plot,test]"
	@touch $@ .venv/.demo

.venv/.docs: .venv/bin/pip $(INPUTS)
	$(PIP) --editable ".[docs]"
	@touch $@

.venv-plain/.test: $(INPUTS)
	$(PYTHON) -m venv .venv-plain
	$(OWN) PIP_BUILD_CONSTRAINT=constraints.txt .venv-plain/bin/python -m pip install --quiet \
	    -c constraints.txt --editable ".[test]"
	@touch $@

# Of what constraints-oldest.txt names, its release; of everything else, that of constraints.txt.
.venv-oldest/.test: constraints-oldest.txt $(INPUTS)
	$(PYTHON) -m venv .venv-oldest
	sed -n 's/^\([A-Za-z_-]*\)==.*/^\1==/p' constraints-oldest.txt > .venv-oldest/named
	grep -ivf .venv-oldest/named constraints.txt | cat - constraints-oldest.txt > .venv-oldest/constraints.txt
	$(OWN) PIP_BUILD_CONSTRAINT=constraints.txt .venv-oldest/bin/python -m pip install --quiet \
	    -c .venv-oldest/constraints.txt --editable ".[cpu,torch,plot,test]"
	@touch $@
