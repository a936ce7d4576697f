# The commands of everyday work. `make test` is all of it, on a machine that has nothing but Debian and the Rust toolchain.

.PHONY: test check bench demo tools fmt clippy doc help

CARGO ?= cargo

help:
	@echo "make test   everything: tools, format, lints, documentation, unit, integration, real servers, browser"
	@echo "make check  the fast inner loop: format, lints, unit and integration tests"
	@echo "make bench  what we claim about speed"
	@echo "make demo   build, deploy, purge and prove the campaign in site/ on this machine"

test: tools fmt clippy doc
	$(CARGO) test --no-fail-fast

# Without the two exhaustive models and the kills, which take minutes: `make test` runs them.
check: fmt clippy
	$(CARGO) test --lib --bins --test it --no-fail-fast -- --skip race:: --skip crash::

# Each prints the ratio to a peer that ran beside it.
bench: tools
	$(CARGO) bench --bench edge

demo:
	$(CARGO) run --release -- deploy

# Nginx, Chromium, Node and pinned packages of other people's parsers; only what is missing.
tools:
	@tests/tools/install

fmt:
	$(CARGO) fmt --check

clippy:
	$(CARGO) clippy --all-targets -- -D warnings

doc:
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --no-deps
