# Two commands do everything, set-up included:  make app   make test
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
WORKERS ?= 2
INPUTS ?= 100000

.DEFAULT_GOAL := help
.PHONY: app test test-slow check browser map-bundle wheel docs-api samples fidelity evidence fuzz bench paper pictures peers removals \
	oracle clouds clean help

app: $(VENV)/app.stamp            ## Open the dashboard on a real sample model
	$(BIN)/clif fetch --optional
	$(BIN)/clif app

test: $(VENV)/dev.stamp           ## Run the whole test suite in WORKERS=2 processes (sets up Chromium too)
	tests/browser/install-chromium
	$(BIN)/clif fetch --optional
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) --no-loadscope-reorder

test-slow: $(VENV)/dev.stamp      ## Run the simulations alone (they are part of make test)
	$(BIN)/python -m pytest -m slow

check: $(VENV)/dev.stamp          ## Format, lint, types, floors
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

browser: $(VENV)/dev.stamp        ## Run the browser tests alone
	tests/browser/install-chromium
	$(BIN)/python -m pytest tests/browser

map-bundle:                       ## Build the word map's script again with npm, after a change of its sources
	cd dashboard/components/living_map/frontend && npm ci --no-fund --no-audit && npm run build

wheel: $(VENV)/dev.stamp          ## Build the wheel, samples and settings in it, into dist/
	$(BIN)/python -m pip wheel . --no-deps --no-build-isolation --quiet --wheel-dir dist

docs-api: $(VENV)/dev.stamp       ## Build the pages of the Python API into build/api/
	$(BIN)/pdoc --output-directory build/api clif_core.api clif_core.probes clif_core.errors clif_core.influence.estimators

samples: $(VENV)/dev.stamp        ## Train the sample models again (minutes); NAME=brown for one, NAME=newsgroups or NAME=library for more
	$(BIN)/clif fetch $(NAME)
	$(BIN)/python -m sample_models.build $(NAME)

removals: $(VENV)/dev.stamp       ## Train the samples again without their strongest sentences, for Present; part of make samples
	$(BIN)/clif fetch
	$(BIN)/python -m sample_models.removals

fidelity: $(VENV)/dev.stamp       ## Judge the estimators by retraining (long; resumable)
	$(BIN)/python -m benchmarks.fidelity $(NAME) --trials hundredths tenths strongest differential --keep-on-card
	$(BIN)/python -m benchmarks.agreement
	$(BIN)/python -m benchmarks.additive
	$(BIN)/python -m benchmarks.fidelity_gensim
	$(BIN)/python -m benchmarks.held_out $(NAME) --keep-on-card

evidence: $(VENV)/dev.stamp       ## Take text away and train again: what-if, mitigation, fine-tuning (long; resumable)
	$(BIN)/python -m benchmarks.what_if
	$(BIN)/python -m benchmarks.mitigation
	$(BIN)/python -m benchmarks.fine_tune

fuzz: $(VENV)/dev.stamp           ## Feed 100,000 hostile inputs to every reader and parser (an hour or two of one core; goes on where it stopped); INPUTS=1000 for less
	$(BIN)/python -m benchmarks.fuzz --inputs $(INPUTS)

bench: $(VENV)/dev.stamp          ## Measure speed and memory
	$(BIN)/python -m benchmarks

paper: $(VENV)/dev.stamp          ## The paper's experiments (long; resumable)
	$(BIN)/python -m benchmarks.clusters
	$(BIN)/python -m benchmarks.bias
	$(BIN)/python -m benchmarks.published
	$(BIN)/python -m benchmarks.mixture

pictures: $(VENV)/dev.stamp       ## Take the pictures of README and tour again
	tests/browser/install-chromium
	$(BIN)/clif fetch
	$(BIN)/python -m docs.take_pictures

peers: $(VENV)/dev.stamp          ## Measure beside pyDVL, dattri and captum, in an environment of its own
	benchmarks/peers/run

oracle: $(VENV)/dev.stamp         ## Compare the probes with WEFE, in an environment of its own
	oracle/run

clouds: $(VENV)/dev.stamp         ## Run the tests on Ray and by storage like S3 and GCS, in an environment of their own
	tests/many/run-clouds

clean:                            ## Remove the environment and every cache of the tools
	rm -rf $(VENV) oracle/.venv tests/many/.venv benchmarks/peers/.venv .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		artefacts build dist

help:                             ## Show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | expand -t 12

$(VENV)/app.stamp: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(not (3, 11) <= v[:2] < (3, 14) and f"Python 3.11, 3.12 or 3.13 is needed; {sys.executable} is {v[0]}.{v[1]}. Say which with: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/dev.stamp: $(VENV)/app.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@
