SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.PHONY: help setup build install run demo test fuzz soak counts bench check quick format advisories clean

# Puts the project's tools on PATH and chooses the toolchain; scripts/setup writes what it reads.
env := . scripts/env &&
seconds ?= 300
requests ?= 100000

help: ## List the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

setup: ## Install and build everything that the other targets need
	@scripts/setup test

build: ## Build the .wasm files and their glue into pkg/wasm, and check their sizes
	@scripts/setup build
	@$(env) node scripts/build.mjs

install: ## Install and build what `make run` needs
	@scripts/setup build
	@$(env) node scripts/build.mjs

run: ## Run the token service from the checkout, with settings and a policy to begin with
	@scripts/setup build
	@$(env) node scripts/build.mjs >/dev/null
	@$(env) node scripts/run.mjs

demo: ## Build, and show a session against a local stand-in for Google
	@scripts/setup demo
	@$(env) node scripts/build.mjs
	@$(env) node scripts/demo.mjs

test: ## Build, check and run every suite; the last line counts the tests
	@scripts/setup test
	@$(env) node scripts/test.mjs

fuzz: ## Fuzz each parser for seconds=300, going on from what was found before
	@scripts/setup check
	@$(env) node scripts/fuzz.mjs --seconds $(seconds)

soak: ## Simulate faults for seconds=300, walk millions of states of jobs, break the core to see that it is noticed, then requests=100000 on workerd, 64 jobs over a bucket, and a minute of tokens that name keys which nobody has
	@scripts/setup test
	@$(env) node scripts/build.mjs
	@$(env) cargo run --quiet --profile sim --package cloud-run-auth-sim -- --seconds $(seconds)
	@$(env) cargo run --quiet --profile sim --package cloud-run-auth-jobs -- --long
	@$(env) node scripts/mutants.mjs
	@$(env) node tests/soak/workerd.mjs --requests $(requests)
	@$(env) node tests/users/soak.mjs --mode leeway
	@$(env) node tests/soak/kids.mjs

counts: ## Count up to 100,000 in each store from several processes, and see that nothing is lost
	@scripts/setup test
	@$(env) node scripts/build.mjs
	@$(env) node tests/stores/count.mjs

bench: ## Verify ID tokens beside jose and google-auth-library, and run the token service beside Hono and FastAPI, on one core, and print the ratios
	@scripts/setup bench
	@$(env) node scripts/build.mjs
	@$(env) node bench/verify/run.mjs
	@$(env) node bench/service/run.mjs

check: ## Format, lints, types, licences, layers, no_std: all that needs no run
	@scripts/setup check
	@$(env) node scripts/build.mjs
	@$(env) node scripts/check.mjs

quick: ## The part of check that takes a second, for the commit hook
	@scripts/setup build
	@$(env) node scripts/check.mjs --quick

format: ## Format Rust, JavaScript, JSON and YAML in place
	@scripts/setup build
	@$(env) cargo fmt --all
	@$(env) cargo fmt --manifest-path fuzz/Cargo.toml
	@$(env) prettier --write --log-level warn .

advisories: ## Known vulnerabilities in the dependencies; needs the network
	@scripts/setup check
	@$(env) cargo deny --all-features check advisories
	@$(env) node scripts/advisories.mjs

clean: ## Remove what was built and installed in this checkout; tools stay in the cache
	rm -rf target pkg/wasm .setup {scripts,emulator,tests,tests/google-clients,bench}/node_modules
