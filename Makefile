# Thin: everything real is in cargo and npm. Each target says what it needs and how to get it.

ARGS ?=
# Real frames and photos that belong to others lie beside the project, never in it.
export SEGEL_VECTORS ?= $(abspath ../shared/protocols/vectors)
export SEGEL_DATA ?= $(abspath ../shared/data)

.PHONY: run web build test check bless conformance bench crash sim fuzz need-rust need-node need-browser need-valgrind need-mosquitto

run: need-rust need-node web
	cargo build --release --locked -p segel
	./target/release/segel demo $(ARGS)

web: need-node web/node_modules/.package-lock.json
	cd web && npm run --silent build

build: need-rust
	cargo build --release --locked -p segel

# Quick, before each commit: format, lints, types, and the tests that need no socket, disk or browser.
check: need-rust need-node web/node_modules/.package-lock.json
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo run --quiet --locked -p xtask -- tidy
	cd web && npm run --silent check && npm run --silent test
	cargo test --quiet --locked -p segel-geo -p segel-model -p segel-wire -p segel-custody -p segel-evidence

# Everything, as CI runs it.
test: need-rust need-node need-browser need-valgrind need-mosquitto web/node_modules/.package-lock.json
	cd web && npm run --silent check && npm run --silent test && npm run --silent build
	cargo build --locked -p segel
	cd web && npm run --silent e2e
	SEGEL_VALGRIND=1 cargo test --workspace --locked

# A whole trip through the screens in a real browser, with pictures where SEGEL_E2E_PICTURES names a folder.
.PHONY: e2e
e2e: need-rust need-node need-browser web
	cargo build --locked -p segel
	cd web && npm run --silent e2e

# Real frames, value by value; fails where they are absent.
conformance: need-rust
	@test -d "$(SEGEL_VECTORS)" || { echo "conformance needs the vectors: set SEGEL_VECTORS to their folder"; exit 1; }
	SEGEL_CONFORMANCE=1 cargo test --locked -p segel-wire --test conformance -- --nocapture --test-threads 1

# Renews what is generated; read the diff.
bless: need-rust need-node need-valgrind web/node_modules/.package-lock.json
	SEGEL_BLESS=1 cargo test --quiet --locked -p segel-server --test openapi --test protocols
	cd web && npm run --silent types
	UPDATE_EXPECT=1 cargo test --locked -p segel-custody -p segel-wire -p segel-server -p segel-store
	SEGEL_BLESS=1 SEGEL_VALGRIND=1 cargo test --quiet --locked -p segel-measure --test instructions

# Figures, each beside a reference measured in the same run.
bench: need-rust
	cargo build --release --locked -p segel
	./target/release/segel bench --json target/bench.json $(ARGS)

# Kills the program two hundred times under load and loses the power a thousand times; then sabotaged ones, which must be
# found out: make crash KILLS=1000 CRASHES=5000
crash: need-rust
	cargo build --locked -p segel
	SEGEL_KILLS=$(or $(KILLS),200) cargo test --locked -p segel-e2e --test crash --test sabotage -- --nocapture --test-threads 1
	SEGEL_CRASHES=$(or $(CRASHES),1000) cargo test --locked -p segel-e2e --test lab --test lab_faults --test lab_sabotage -- --nocapture --test-threads 1

# Plays ten thousand whole worlds on one thread, each under its seed, and asks the laws: make sim WORLDS=100 SEED=7
sim: need-rust
	cargo build --release --locked -p segel-e2e --example worlds
	WORLDS=$(or $(WORLDS),10000) SEED=$(or $(SEED),1) ./target/release/examples/worlds

# Storms in full size over a release build: 18,000 seals that come back at once, 5,000 connections that say nothing, a million
# of garbage. It needs some 19,000 descriptors: make storm SEALS=5000
.PHONY: storm
storm: need-rust
	cargo build --release --locked -p segel
	SEGEL_PROGRAM=$(CURDIR)/target/release/segel SEGEL_STORM_SEALS=$(or $(SEALS),18000) SEGEL_STORM_SILENT=$(or $(SILENT),5000) \
	  SEGEL_STORM_GARBAGE=$(or $(GARBAGE),1000000) cargo test --locked -p segel-e2e --test storm -- --nocapture --test-threads 1

# Throws a hundred million bytes at each decoder: make fuzz BYTES=1000000000, make fuzz MINUTES=10, ONLY=gt06,jt808, SEED=7. Fails on a
# panic, on memory beyond the limits and on an input slower than a millisecond for each KiB. With MINUTES, a nightly toolchain and
# cargo-fuzz, libFuzzer looks as long for ways that were not gone yet.
comma := ,
DECODERS = $(if $(ONLY),$(subst $(comma), ,$(ONLY)),jointech osmand gt06 kingwo eseal queclink teltonika meitrack jt808 jointech_cloud)
fuzz: need-rust
	@if [ -z "$(MINUTES)" ]; then :; elif cargo +nightly fuzz --version >/dev/null 2>&1; then set -e; for decoder in $(DECODERS); do \
	  cargo +nightly fuzz run --fuzz-dir fuzz/libfuzzer --sanitizer none $$decoder -- -max_len=8192 -max_total_time=$$((60 * $(MINUTES))); done; \
	else echo "libFuzzer is left out: it needs a nightly toolchain and cargo-fuzz (cargo install cargo-fuzz)"; fi
	cargo build --release --locked -p segel-fuzz
	$(foreach name,BYTES MINUTES ONLY SEED,$(if $($(name)),$(name)=$($(name)))) ./target/release/segel-fuzz

# Has Wireshark's tshark read the MQTT that we write and read, and compares field by field. It installs tshark.
.PHONY: dissect
dissect: need-rust
	@command -v tshark >/dev/null || { \
	  echo "installing tshark"; \
	  if [ "$$(id -u)" = 0 ]; then apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq tshark; \
	  else sudo apt-get update -qq && sudo DEBIAN_FRONTEND=noninteractive apt-get install -y -qq tshark; fi; }
	cargo run --locked -q -p segel-wire --example dissect

web/node_modules/.package-lock.json: web/package-lock.json
	cd web && npm ci --no-audit --no-fund

need-rust:
	@command -v cargo >/dev/null || { echo "Segel needs Rust: curl https://sh.rustup.rs -sSf | sh   (or: apt-get install rustup && rustup default stable)"; exit 1; }
	@command -v cc >/dev/null || { echo "Segel needs a C compiler: sudo apt-get install build-essential"; exit 1; }

need-node:
	@command -v node >/dev/null && command -v npm >/dev/null || { echo "Segel's web app needs Node 20 or newer with npm: sudo apt-get install nodejs npm   (or https://nodejs.org)"; exit 1; }
	@node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' || { echo "Segel's web app needs Node 20.19 or newer; this is $$(node --version): https://nodejs.org"; exit 1; }

# The tests drive a real browser.
need-browser:
	@command -v chromium >/dev/null || { \
	  echo "installing Chromium for the tests"; \
	  if [ "$$(id -u)" = 0 ]; then apt-get update -qq && apt-get install -y -qq chromium; \
	  else sudo apt-get update -qq && sudo apt-get install -y -qq chromium; fi; }

# The tests count instructions, which are the same on a busy machine.
need-valgrind:
	@command -v valgrind >/dev/null || { \
	  echo "installing valgrind for the tests"; \
	  if [ "$$(id -u)" = 0 ]; then apt-get update -qq && apt-get install -y -qq valgrind; \
	  else sudo apt-get update -qq && sudo apt-get install -y -qq valgrind; fi; }

# The tests hand in messages with somebody else's MQTT clients.
need-mosquitto:
	@command -v mosquitto_pub >/dev/null && command -v mosquitto_sub >/dev/null || { \
	  echo "installing the Mosquitto clients for the tests"; \
	  if [ "$$(id -u)" = 0 ]; then apt-get update -qq && apt-get install -y -qq mosquitto-clients; \
	  else sudo apt-get update -qq && sudo apt-get install -y -qq mosquitto-clients; fi; }
