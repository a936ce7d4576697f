# The commands of everyday work. `make test` is all of it, on a machine that has nothing but Debian and the Rust toolchain.

.PHONY: test check bench bench-speed bench-flight bench-weight bench-lighthouse bench-verify bench-probe bench-deploy shots fuzz demo tools fmt clippy doc help

CARGO ?= cargo

help:
	@echo "make test   everything: tools, format, lints, documentation, unit, integration, real servers, browser"
	@echo "make check  the fast inner loop: format, lints, unit and integration tests"
	@echo "make bench  what we claim about speed"
	@echo "make bench-speed  how long builds take beside hugo's, on one page and on 1,020"
	@echo "make bench-flight  what a stranger's first visit costs over a line of 150 ms (as root)"
	@echo "make bench-weight  what a phone downloads, beside hugo, and how well its pictures look"
	@echo "make bench-lighthouse  its four marks for every page on a phone, the best of five"
	@echo "make bench-verify  every deliberate fault, and what each check says of it"
	@echo "make bench-probe  how long verify takes for a thousand URLs, beside a plain client"
	@echo "make bench-deploy  time, requests and bytes of a deploy beside hugo, aws and rclone"
	@echo "make fuzz   every parser of ours on 20,000 broken inputs, the same each time"
	@echo "make shots  every page in every theme, mode and way of reading, as pictures in target/shots/index.html"
	@echo "make demo   build, deploy, purge and prove the campaign in site/ on this machine"

# What only has to be fetched is fetched while the compiler works. One test more than there are cores: many wait for seconds to pass.
test:
	@tests/tools/install debian
	@tests/tools/install & rest=$$!; $(MAKE) --no-print-directory fmt clippy doc; linted=$$?; wait $$rest && exit $$linted
	RUST_TEST_THREADS=$${RUST_TEST_THREADS:-$$(($$(nproc) + 1))} $(CARGO) test --features h3 --no-fail-fast

# Without the two exhaustive models and the kills, which take minutes: `make test` runs them.
check: fmt clippy
	$(CARGO) test --features h3 --lib --bins --test it --no-fail-fast -- --skip race:: --skip crash::

# Each prints the ratio to a peer that ran beside it.
bench: tools
	$(CARGO) bench --bench edge

# A thousand URLs, beside a plain client with the same questions.
bench-probe: tools
	$(CARGO) bench --bench verify

# Release builds, interleaved with hugo's on the same site; ratios of medians.
bench-speed: tools
	$(CARGO) build --release
	python3 benches/speed/speed.py --rounds $(or $(ROUNDS),5)

# Network namespaces need root. Build as yourself first, if you like.
bench-flight: tools
	$(CARGO) build --release
	python3 benches/flight/link.py --rtt 150 --mbit 9 -- node benches/flight/flight.mjs --runs 7

# The photographs are Debian's, 46 MB, installed here and not by `make test`.
bench-weight: tools
	test -d /usr/share/backgrounds/mate/nature || apt-get install -y --no-install-recommends mate-backgrounds
	$(CARGO) build --release
	python3 benches/weight/weight.py

# The test of the same name counts; this one also reads the clock.
bench-lighthouse: tools
	LANDING_TIMED=1 $(CARGO) test --features h3 --test real quality::lighthouse -- --nocapture

# The confusion table of the tests of the same name.
bench-verify: tools
	LANDING_TABLE=1 $(CARGO) test --features h3 --test real matrix:: -- --nocapture

# rclone is Debian's, the aws command PyPI's; installed here and not by `make test`.
bench-deploy: tools
	command -v rclone >/dev/null || apt-get install -y --no-install-recommends rclone
	command -v aws >/dev/null || tests/.tools/venv/bin/pip install --quiet awscli==1.46.2
	$(CARGO) build --release
	PATH="$$PATH:tests/.tools/venv/bin" python3 benches/deploy/deploy.py

# On the stable compiler; `cargo +nightly fuzz run NAME` looks for longer, with libFuzzer. `make test` runs 200 of each.
fuzz:
	$(CARGO) test --features h3 --test fuzz -- --runs $(or $(RUNS),20000)

# The same visits that the tests make, with a picture of each.
shots: tools
	rm -rf target/shots && mkdir -p target/shots
	LANDING_PICTURES=$(CURDIR)/target/shots $(CARGO) test --features h3 --test real quality::everyone -- --nocapture; \
	node tests/quality/sheet.mjs target/shots

demo:
	$(CARGO) run --release -- deploy

# Nginx, Chromium, Node and pinned packages of other people's parsers; only what is missing.
tools:
	@tests/tools/install

fmt:
	$(CARGO) fmt --check

# With everything, and what most people build; the feature changes how no other package is compiled.
clippy:
	$(CARGO) clippy --all-targets --features h3 -- -D warnings
	$(CARGO) clippy -- -D warnings

doc:
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --no-deps
