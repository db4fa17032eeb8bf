# Needs Python 3.11 or newer and make. Every target sets up what it uses, once, inside .venv.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test lint format cases laws faults fuzz chaos soak kafka docs pictures monitoring lock prometheus bench bench-coder bench-page bench-stream bench-feeds bench-listen bench-console bench-answer clean

# The first interpreter that is new enough; make PYTHON=... to choose another.
PYTHON ?= $(firstword $(foreach name,python3 python3.14 python3.13 python3.12 python3.11,$(shell \
	$(name) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(name))))
BIN := .venv/bin
# Where it is set, every process of a test run compiles every module anew.
unexport PYTHONDONTWRITEBYTECODE
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# Every file at one version, by its hash; then the project, which brings nothing: its builder is among them.
LOCK := .ci/requirements.txt
DEVELOPMENT_LOCK := .ci/requirements-dev.txt
PROJECT := --no-deps --no-build-isolation --no-index --editable .

# Stamps: installing again only when the dependencies or their versions change.
RUNTIME := .venv/.installed-runtime
DEVELOPMENT := .venv/.installed-development

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | awk -F '\t' '{printf "make %-12s %s\n", $$1, $$2}'

run: $(RUNTIME) ## Play the seeded day and serve the console until Ctrl-C; off a terminal, compare with the file coder and end
	@echo "== a synthetic day, seeds/day.jsonl: bedside events in, charge sets out, through an embedded Kafka broker"
	@if [ -t 1 ]; then exec $(BIN)/infusion demo --live seeds/day.jsonl; else $(BIN)/infusion demo seeds/day.jsonl; fi
	@echo
	@echo "Some sets are held for a person; this day is made so. seeds/README.md tells what each encounter shows."
	@echo "One as a picture, and the same charges from the file alone:"
	@echo "  $(BIN)/infusion explain --encounter ED-02 seeds/day.jsonl"
	@echo "  $(BIN)/infusion code --format table seeds/day.jsonl"
	@echo "  $(BIN)/infusion code seeds/day.jsonl > charges.jsonl"

test: lint ## Format, lint, types, layers, then every test
	@echo "== pytest"
	@$(BIN)/pytest -n 3 --dist worksteal -rfEs --durations=20 --durations-min=5

lint: $(DEVELOPMENT) ## The checks that run no code of ours
	@echo "== ruff format"
	@$(BIN)/ruff format --check .
	@echo "== ruff check"
	@$(BIN)/ruff check .
	@echo "== mypy, strict"
	@$(BIN)/mypy
	@echo "== import layers"
	@$(BIN)/lint-imports

format: $(DEVELOPMENT) ## Lay the code out and mend what ruff can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

cases: $(DEVELOPMENT) ## The golden cases alone, each by its sentence
	@$(BIN)/pytest -n 2 -v tests/cases

laws: $(DEVELOPMENT) ## The laws on EXAMPLES (5000) drawn stays each, far beyond what the suite draws
	@INFUSION_HYPOTHESIS_EXAMPLES=$(or $(EXAMPLES),5000) $(BIN)/pytest -n 2 -q tests/properties

faults: $(DEVELOPMENT) ## The faults of Kafka that the suite leaves to longer runs, each on a broker of its own
	@INFUSION_REQUIRE_KAFKA=1 $(BIN)/pytest -n 2 -m long

fuzz: $(DEVELOPMENT) ## Break messages at random for INFUSION_FUZZ_SECONDS (a minute), and see that nothing else breaks
	@PYTHONPATH=. $(BIN)/python tests/support/feed_fuzz.py

# No seed is begun after MINUTES, so a run ends some minutes after them at the latest.
SEEDS ?= 20
FIRST ?= 1
MINUTES ?= 60
KEEP ?= var/chaos

chaos: $(DEVELOPMENT) ## SEEDS seeds from FIRST on within MINUTES, and each fault that stops; rows in benchmarks/chaos.csv; needs Java 17 and Maven
	@$(BIN)/python benchmarks/chaos.py --seeds $(SEEDS) --first $(FIRST) --minutes $(MINUTES) --keep $(KEEP)
	@$(BIN)/python benchmarks/chaos.py --faults --first $(FIRST) --events 3000 --keep $(KEEP)

soak: $(DEVELOPMENT) ## One worker for SOAK_MINUTES (30) at SOAK_RATE events/s (1500): memory, files, lag; a row in benchmarks/soak.csv; needs Java 17 and Maven
	@$(BIN)/python benchmarks/soak.py --minutes $(or $(SOAK_MINUTES),30) --rate $(or $(SOAK_RATE),1500)

kafka: $(DEVELOPMENT) ## A real Apache Kafka until Ctrl-C, to try things on; needs Java 17 and Maven
	@$(BIN)/python tests/support/kafka_broker/apache_kafka.py

docs: $(DEVELOPMENT) ## Write the output of the documents' examples anew; read the difference before you keep it
	@$(BIN)/python tests/house/test_docs.py

pictures: $(DEVELOPMENT) ## Take the README's pictures of the console anew; needs Chromium; look at them before you keep them
	@PYTHONPATH=.:tests/support $(BIN)/python tests/support/pictures.py

monitoring: $(DEVELOPMENT) ## Write the dashboards and alert rules in ops/ anew, from ops/monitoring/thresholds.py
	@$(BIN)/python ops/monitoring/write.py

lock: ## Write the versions with their hashes anew, after pyproject.toml or .ci/constraints.txt changed; needs the registry
	@.ci/lock

prometheus: ## A real Prometheus with the alerts until Ctrl-C, beside a worker and a watch on this machine
	@command -v prometheus >/dev/null || { echo "no prometheus here; Debian and Ubuntu have it as a package of that name" >&2; exit 1; }
	@mkdir -p var/prometheus
	@echo "Prometheus at http://localhost:9090 until Ctrl-C; alerts are under Alerts (Debian: http://localhost:9090/classic/alerts)"
	@prometheus --config.file=ops/prometheus/prometheus.local.yml --storage.tsdb.path=var/prometheus \
	  --web.listen-address=127.0.0.1:9090 --log.level=warn

bench-coder: $(RUNTIME) ## Measure the coder beside its floors, three rounds, and add rows to benchmarks/coder.csv
	@$(BIN)/python benchmarks/coder_bench.py

bench-page: $(RUNTIME) ## Write the table and the drawing of benchmarks/README.md from the newest rows
	@$(BIN)/python benchmarks/page.py

bench: $(RUNTIME) ## Measure a generated month and add rows to benchmarks/results.csv
	@$(BIN)/python benchmarks/bench.py

bench-stream: $(RUNTIME) ## Race the worker on a real Kafka, then on three copies, and add rows to benchmarks/stream.csv; needs Java 17 and Maven
	@$(BIN)/python benchmarks/stream_bench.py
	@$(BIN)/python benchmarks/stream_bench.py --nodes 3

bench-feeds: $(RUNTIME) ## Measure HL7 messages to events, beside other parsers where they are installed
	@PYTHONPATH=. $(BIN)/python benchmarks/feeds_bench.py

bench-listen: $(DEVELOPMENT) ## Measure the front door on a real Kafka and add rows to benchmarks/listen.csv; needs Java 17 and Maven
	@$(BIN)/python benchmarks/listen_bench.py

bench-console: $(DEVELOPMENT) ## Measure the console's pages with 100,000 encounters and add a row to benchmarks/console.csv
	@PYTHONPATH=. $(BIN)/python benchmarks/console_bench.py

bench-answer: $(DEVELOPMENT) ## Measure from an answer to the screen on a real Kafka and add a row to benchmarks/answer.csv; needs Java 17, Maven, Chromium
	@PYTHONPATH=. $(BIN)/python benchmarks/answer_bench.py

clean: ## Remove the environment and every cache
	@rm -rf .venv build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@find models rules streams tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or newer on PATH; install one, or say make PYTHON=/its/path." >&2; exit 1; }
	@echo "== a new environment in .venv, from $(PYTHON)"
	@$(PYTHON) -m venv .venv || { rm -rf .venv; \
	  echo "python -m venv failed; on Debian and Ubuntu install python3-venv first." >&2; exit 1; }

$(RUNTIME): pyproject.toml $(LOCK) | $(BIN)/python
	@echo "== installing what running needs"
	@$(PIP) --require-hashes --only-binary :all: --requirement $(LOCK)
	@$(PIP) $(PROJECT)
	@touch $@

$(DEVELOPMENT): pyproject.toml $(DEVELOPMENT_LOCK) | $(BIN)/python
	@echo "== installing what running and testing need"
	@$(PIP) --require-hashes --only-binary :all: --requirement $(DEVELOPMENT_LOCK)
	@$(PIP) $(PROJECT)
	@touch $@ $(RUNTIME)
