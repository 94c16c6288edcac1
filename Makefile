# The commands of this repository. On a new machine, `make run` and `make test` need a Rust toolchain, a shell and curl.
# Other tools are installed into this folder (target, .tools, .precall).

SHELL := /bin/bash
.DEFAULT_GOAL := help
NEXTEST := $(shell cargo nextest --version >/dev/null 2>&1 && echo yes)
# Evaluated only where it is used, because it runs cargo.
TARGET = $(shell scripts/target-folder.sh)

.PHONY: help run test check lint docs test-dynamodb-local test-sip test-page check-deploy bench-cold bench-lookup bench-decide bench-import bench-scrub bench-replay soak-import fuzz-oracle numbering

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 24

run: ## build, show three example calls, then serve on http://127.0.0.1:9000; ARGS="…" are options of `precall serve`
	@echo "Building precall. The first build compiles some 300 crates and takes several minutes; later ones take seconds."
	cargo run --locked --package precall-cli -- serve --example $(ARGS)

test: ## all tests that need only Rust, a shell and curl
ifeq ($(NEXTEST),yes)
	cargo nextest run --workspace --locked
	cargo test --workspace --locked --doc
else
	cargo test --workspace --locked
endif

check: ## formatting, lints and tests of the engine: under a minute after the first build
	cargo fmt --all --check
	cargo clippy --locked -p precall --all-targets -- --deny warnings
	cargo test --locked -p precall --lib --test rules --test language --test rulebooks --test public_api --quiet
	cargo test --locked -p precall --doc --quiet
	for example in decide_a_call explain_a_decision "load_rules rules/example.json"; do \
	    cargo run --quiet --locked -p precall --example $$example >/dev/null || exit 1; done
	scripts/check-engine.sh

lint: ## formatting, lints and documentation of the workspace
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- --deny warnings
	RUSTDOCFLAGS="--deny warnings" cargo doc --workspace --no-deps --locked

docs: ## the documentation as a book, target/book/index.html (Python 3)
	scripts/docs.sh

fuzz-oracle: ## a million random rulebooks and calls, decided twice by two implementations
	PRECALL_FUZZ_CASES=$${PRECALL_FUZZ_CASES:-1000000} PRECALL_FUZZ_SEED=$${PRECALL_FUZZ_SEED:-$$(date +%s)} \
	cargo test --profile measure --locked -p precall --test oracle -- --nocapture

numbering: ## compare the tables of numbers with their named sources (Python 3, pip); see scripts/numbering-tables.py
	python3 -m pip install --quiet --no-deps --target .tools/numbering --requirement scripts/requirements-numbering.txt
	scripts/numbering-tables.py .tools/numbering

test-dynamodb-local: ## the store's tests on Amazon's DynamoDB Local (Java 17 and npm)
	scripts/dynamodb-local.sh start 8899
	status=0; PRECALL_TEST_DYNAMODB=http://127.0.0.1:8899 cargo test --locked -p precall-hook --test rule_cache --test hook --test attempts_table --test caps --test journal_function || status=$$?; \
	PRECALL_TEST_DYNAMODB=http://127.0.0.1:8899 cargo test --locked -p precall-cli several_servers || status=$$?; \
	scripts/dynamodb-local.sh stop; exit $$status

test-sip: ## real calls from a dialer through Kamailio, with the hook, to a carrier (Debian packages, Python 3)
	scripts/test-sip.sh

test-page: ## the page of `precall serve` in a real browser (Chromium, Python 3)
	scripts/test-page.sh

check-deploy: ## cfn-lint, sam validate and sam build (Python 3)
	scripts/deploy-tools.sh
	scripts/check-deploy.sh

bench-cold: ## the time from exec to the first /next, compared with a bare lambda_http function
	crates/precall-bench/cold.sh

bench-lookup: ## methods to read the rules of a call (on PRECALL_BENCH_DYNAMODB, if set)
	cargo run --profile measure --locked -p precall-bench --bin lookup

bench-decide: ## the cost of a decision, by kind of rule
	cargo run --profile measure --locked -p precall-bench --bin decide

bench-import: ## the rate of precall import, compared with boto3's batch_writer (Python 3)
	scripts/bench-import.sh

bench-scrub: ## precall scrub of a million leads against a list of ten million numbers (Python 3, minutes, some GB); ARGS="--rows 100000"
	cargo build --profile measure --locked -p precall-cli
	scripts/bench-scrub.py $(TARGET)/measure/precall $(ARGS)

bench-replay: ## report and replay of a million masked records (Python 3)
	cargo build --release --locked -p precall-cli
	scripts/bench-replay.py $(TARGET)/release/precall

soak-import: ## import ten million numbers, kill the import twenty times, check every item (Python 3, minutes, some GB)
	cargo build --release --locked -p precall-cli
	scripts/soak-import.py $(TARGET)/release/precall

