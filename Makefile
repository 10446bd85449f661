# The tutorial's commands. `make` alone lists them.

LESSONS := $(sort $(wildcard examples-bin/[0-9][0-9]-*))
NUMBERS := $(foreach lesson,$(LESSONS),$(firstword $(subst -, ,$(notdir $(lesson)))))
EXERCISES := $(patsubst exercise-%,%,$(notdir $(wildcard examples-bin/*/exercise-[0-9][0-9])))
# A lesson's title is its own first line: "//! Lesson 02: start a process."
TITLE := sed -n '1s/^...  *Lesson \([0-9]*\): \(.*[^.]\)\.*$$/TITLE_FORMAT/p'
# The first build may talk, on stderr. Later there is nothing to say.
quiet = $(if $(wildcard $(or $(CARGO_TARGET_DIR),target)/debug/lesson-$(1)),--quiet)

.PHONY: help
help:
	@echo 'make run            the whole tutorial, quickly (LESSON_PACE=1 for the tutorial'\''s own pace)'
	@echo 'make run-NN         one lesson, at the tutorial'\''s pace; options: make run-09 ARGS='\''locked --tickets 3'\'''
	@echo 'make check-NN       does the lesson, in Rust and in Python, what it must? And your answer to its exercise?'
	@echo 'make hint-NN        a hint for the exercise; the next one: make hint-NN N=2'
	@echo 'make solution-NN    what the solution changes in your answer'
	@echo 'make progress       all exercises: done, not yet, broken; and the next step'
	@echo 'make test           all checks, the library'\''s too'
	@echo 'make lint           formatting and lints'
	@echo 'make verify-exercises   are the checks of the exercises right? Every answer that is kept is judged'
	@echo 'make bench          how fast it is, against CPython and others: a quarter of an hour (ARGS=--help)'
	@echo 'make storm          queues and locks while processes are killed, 16000 of them: three minutes (ARGS=--help)'
	@echo 'make explore        two or three processes in every order of their steps, killed at each: a quarter of an hour (ARGS=--help)'
	@echo 'make doc            the documentation of the library, in target/doc/procession/index.html'
	@echo
	@echo 'Lessons:'
	@for lesson in $(LESSONS); do $(subst TITLE_FORMAT,  \1  \2,$(TITLE)) $$lesson/src/main.rs; done

.PHONY: run
run: export LESSON_PACE ?= 0.1
run:
	@cargo build $(call quiet,11) $(NUMBERS:%=--package lesson-%)
	@for lesson in $(LESSONS); do \
		$(subst TITLE_FORMAT,\n== Lesson \1: \2,$(TITLE)) $$lesson/src/main.rs; \
		cargo run --quiet --package $$(sed -n 's/^name = "\(lesson-.*\)"/\1/p' $$lesson/Cargo.toml) || exit; \
	done

run-%:
	@$(call known,$*)
	@cargo run $(call quiet,$*) --package lesson-$* -- $(ARGS)

# An exercise that has no lesson of its own, such as 12, belongs to one that is checked under its own number.
check-%:
	@$(if $(filter $*,$(NUMBERS) $(EXERCISES)),true,$(call known,$*))
	@$(if $(filter $*,$(NUMBERS)),cargo test --quiet --package lesson-$* --test lesson)
	@$(if $(filter $*,$(NUMBERS)),cargo test --quiet --package checks --test twins -- '$*-')
	@$(if $(filter $*,$(EXERCISES)),$(exercises) check $*)

exercises = cargo run --quiet --package checks --bin exercises --

hint-%:
	@$(exercises) hint $* $(N)

solution-%:
	@$(exercises) solution $*

.PHONY: progress
progress:
	@$(exercises) progress

.PHONY: verify-exercises
verify-exercises:
	@$(exercises) verify $(ARGS)

known = $(if $(filter $(1),$(NUMBERS)),true,echo 'There is no lesson $(1). The lessons are: $(NUMBERS)' >&2; exit 2)

.PHONY: test
test:
	cargo test --workspace
	cargo test --package checks --features fault --test fault --test explore -- --show-output

.PHONY: lint
lint:
	cargo fmt --all --check
	rustfmt --check --edition 2024 $(wildcard examples-bin/*/exercise-*/.answers/*.rs)
	cargo clippy --workspace --all-targets -- -D warnings

.PHONY: doc
doc: export RUSTDOCFLAGS = -D warnings
doc:
	cargo doc --workspace --no-deps

.PHONY: storm
storm:
	@cargo run --quiet --release --package checks --bin storm -- $(ARGS)

.PHONY: explore
explore:
	@cargo run --quiet --release --package checks --features fault --bin explore -- $(ARGS)

# The other crates have a workspace of their own. Without them, the bench says so and goes on.
.PHONY: bench
bench: export CARGO_TARGET_DIR ?= $(CURDIR)/target
bench:
	@cargo build --quiet --release $(NUMBERS:%=--package lesson-%)
	@cargo build --release --manifest-path core/benches/peers/Cargo.toml --target-dir "$$CARGO_TARGET_DIR/peers" || true
	@cargo bench --package procession --bench bench -- $(ARGS)
