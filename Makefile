# Shortcuts; the build itself is CMake's (CMakePresets.json). Every target fetches first what it needs (.ci/bootstrap).
SHELL := /bin/bash
.ONESHELL:
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build
MAKEFLAGS += --no-print-directory

PREFIX ?= /usr/local
JOBS ?= $(shell nproc)
deps := $(or $(ENGRAM_DEPS),.deps)
sources = $(shell git ls-files '*.cpp' '*.hpp')
# On a terminal ninja shows one moving line; in a log it keeps to warnings and errors.
compile = cmake --build $(1) -j $(JOBS) $(2) -- $(if $(MAKE_TERMOUT),,--quiet)

.PHONY: help build demo test check docs parity evidence chaos format lint fuzz sanitize torch-matrix install clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' Makefile | sort | sed -E 's/^([a-z-]+):.*## /\1\t/' | awk -F '\t' '{ printf "  make %-14s %s\n", $$1, $$2 }'

build: ## build/bin/engram, the plugins and the tests (also plain `make`)
	@.ci/bootstrap
	cmake --preset release >/dev/null
	$(call compile,build,)

demo: build ## fine-tune twice, carelessly and with LoRA, and show what each forgot
	@examples/demo/run

test: build ## every test (a few minutes)
	@ctest --test-dir build --output-on-failure -j 2

check: ## what a change must pass before its tests: format and include rules (seconds)
	@.ci/bootstrap style
	clang-format --dry-run --Werror $(sources)
	tests/policy/check.py

parity: build ## compare numbers live with transformers and peft (fetches 3 GB once)
	@.ci/bootstrap parity
	.ci/parity $(deps)/peers/bin/python build

DATA ?= ../shared/data

evidence: build ## what each method keeps: docs/evidence.md (about two hours; goes on where it was interrupted; DATA names the data sets)
	@tests/evidence/forgetting.py build/bin/engram "$(DATA)" $(deps)/evidence docs/evidence.md

chaos: build ## kill, interrupt, starve, resume and repeat runs, and compare: tests/chaos (about an hour)
	@tests/chaos/everything.py

docs: build ## write the pages and editor types that are made from declarations
	@docs/generate build

format: ## write every source file in the project's format
	@.ci/bootstrap style
	clang-format -i $(sources)

lint: build ## clang-tidy over core, sdk and plugins (minutes)
	@.ci/bootstrap style
	git ls-files 'core/*.cpp' 'sdk/*.cpp' 'plugins/*.cpp' | xargs -P $(JOBS) -n 4 clang-tidy --quiet -p build

FUZZ_SECONDS ?= 600

fuzz: ## fuzz every parser, FUZZ_SECONDS (600) each, JOBS at a time: tests/fuzz/README.md
	@.ci/bootstrap fuzz
	tests/fuzz/fuzz.py build --jobs $(JOBS)
	tests/fuzz/fuzz.py run --seconds $(FUZZ_SECONDS) --jobs $(JOBS)

sanitize: ## the unit tests under the address and undefined-behaviour sanitizers, those without torch under the thread sanitizer (an hour to build)
	@.ci/bootstrap
	cmake --preset asan >/dev/null
	$(call compile,build-asan,--target unit_tests)
	ctest --preset asan
	cmake --preset tsan >/dev/null
	$(call compile,build-tsan,--target unit_tests)
	ctest --preset tsan

torch-matrix: ## build against every supported torch: 2.11 and 2.15 (downloads; not part of the tests)
	@for version in 2.11.0 2.15.0; do
	  ENGRAM_TORCH_VERSION=$$version .ci/bootstrap
	  cmake --preset release -B build-torch-$$version -D ENGRAM_TORCH="$(abspath $(deps))/torch-$$version/torch" >/dev/null
	  cmake --build build-torch-$$version -j $(JOBS) -- --quiet
	  build-torch-$$version/bin/engram --version
	done

install: build ## install below PREFIX (default /usr/local); the tree may be moved afterwards
	@cmake --install build --prefix "$(PREFIX)" >/dev/null
	echo "installed below $(PREFIX)"

clean: ## remove the build folders; what was downloaded stays
	@rm -rf build build-asan build-tsan build-fuzz build-debug build-torch-*
