# The tutorial's commands. `make` alone lists them.

MAKEFLAGS += --no-builtin-rules
LESSONS := $(sort $(wildcard examples-bin/[0-9][0-9]-*))
NUMBERS := $(foreach lesson,$(LESSONS),$(firstword $(subst -, ,$(notdir $(lesson)))))
EXERCISES := $(sort $(patsubst exercise-%,%,$(notdir $(wildcard examples-bin/*/exercise-[0-9]*))))
# A lesson's title is its own first line: "//! Lesson 02: start a process."
TITLE := sed -n '1s/^...  *Lesson \([0-9]*\): \(.*[^.[:space:]]\)[.[:space:]]*$$/TITLE_FORMAT/p'
TARGET := $(or $(CARGO_TARGET_DIR),target)

# Builds packages, and says what takes time: the first build shows all, later ones what is compiled or waited for.
packages = $(addprefix --package ,$(1))
build = if [ ! -e '$(TARGET)/debug/$(firstword $(1))' ]; then cargo build $(packages); \
	else cargo build $(packages) 2>&1 | sed -un '/^ *\(Blocking\|Compiling\|Download\)/p' >&2; fi

.PHONY: help
help:
	@echo 'make run            the whole tutorial, quickly (LESSON_PACE=1 for the tutorial'\''s own pace)'
	@echo 'make run-NN         one lesson, at the tutorial'\''s pace; options: make run-09 ARGS='\''locked --tickets 3'\'''
	@echo 'make timeline-NN    runs a lesson, and draws who did what when; ARGS as for run'
	@echo 'make try-NN         runs your answer to an exercise'
	@echo 'make check-NN       judges your answer; and does the lesson, in Rust and in Python, what it must?'
	@echo 'make hint-NN        a hint for the exercise; the next one: make hint-NN N=2'
	@echo 'make solution-NN    what the solution changes in your answer'
	@echo 'make reset-NN       gives you the exercise as it was at first, and keeps your answer beside it'
	@echo 'make progress       all exercises: done, not yet, broken; and the next step'
	@echo 'make learn          a teacher that looks over your shoulder: judges an answer whenever you save it'
	@echo 'make test           all checks, the library'\''s too'
	@echo 'make lint           formatting and lints'
	@echo 'make verify-exercises   are the checks of the exercises right? Every answer that is kept is judged'
	@echo 'make bench          how fast it is, against CPython and others: a quarter of an hour (ARGS=--help)'
	@echo 'make storm          queues and locks while processes are killed, 16000 of them: three minutes (ARGS=--help)'
	@echo 'make explore        two or three processes in every order of their steps, killed at each: half an hour (ARGS=--help)'
	@echo 'make book           these pages as a book, in $(TARGET)/book/index.html; make book-open shows it'
	@echo 'make docs-update    brings the code on the pages up to date; make docs-verify measures their figures'
	@echo 'make doc            the documentation of the library, in $(TARGET)/doc/procession/index.html'
	@echo
	@echo 'Lessons:'
	@for lesson in $(LESSONS); do $(subst TITLE_FORMAT,  \1  \2,$(TITLE)) $$lesson/src/main.rs; done
	@echo
	@echo 'Exercises: $(EXERCISES)'

.PHONY: run
run: export LESSON_PACE ?= 0.1
run: HERE = $(if $(shell command -v redis-server 2>/dev/null),$(NUMBERS),$(filter-out 12,$(NUMBERS)))
run:
	@$(call build,$(HERE:%=lesson-%))
	@for number in $(HERE); do \
		$(subst TITLE_FORMAT,\n== Lesson \1: \2,$(TITLE)) examples-bin/$$number-*/src/main.rs; \
		cargo run --quiet --package lesson-$$number || exit; \
	done
	@$(if $(filter 12,$(HERE)),,echo 'Lesson 12 is left out, as there is no redis-server. On Debian and Ubuntu: sudo apt-get install redis-server')

run-%:
	@$(if $(filter-out $(NUMBERS),$(filter $*,$(EXERCISES))),$(call refuse,$* is an exercise: make try-$* runs your answer))
	@$(call known,$*,$(NUMBERS),lesson)
	@$(call build,lesson-$*)
	@cargo run --quiet --package lesson-$* -- $(ARGS)

# Built for a trace, which no other build is, and so in a folder of its own.
TRACED := $(TARGET)/trace
traced = echo 'Building for a trace…' >&2; cargo build --quiet --target-dir '$(TRACED)' --package timeline \
	$(if $(1),--features procession/__trace $(packages))

timeline-%: export PROCESSION_TRACE = $(TRACED)/lesson-$*.json
timeline-%:
	@$(call known,$*,$(NUMBERS),lesson)
	@$(call traced,lesson-$*)
	@'$(TRACED)/debug/lesson-$*' $(ARGS)
	@'$(TRACED)/debug/timeline' '$(PROCESSION_TRACE)' 'Lesson $* $(ARGS)'

# FILE is what any program has written that was built with `--features procession/__trace` and run with PROCESSION_TRACE=FILE.
.PHONY: timeline
timeline:
	@$(if $(FILE),,$(call refuse,Of what? For example: make timeline FILE=trace.json))
	@$(call traced)
	@'$(TRACED)/debug/timeline' '$(FILE)'

.PHONY: pictures
pictures:
	@$(call traced,$(patsubst %,lesson-%,$(filter-out 12,$(NUMBERS))))
	@'$(TRACED)/debug/timeline' --pictures docs/pictures '$(TRACED)/debug'

# The answer is compiled anew, also if its file is older than what was built: it may have been moved back.
try-%:
	@$(call known,$*,$(EXERCISES),exercise)
	@touch -c $(folder)/main.rs
	@$(call build,exercise-$*)
	@cargo run --quiet --package exercise-$* -- $(ARGS)

# A number may be that of a lesson, of an exercise, or of both.
check-%:
	@$(call known,$*,$(sort $(NUMBERS) $(EXERCISES)),lesson or exercise)
	@$(call build,exercises)
	@$(exercises) check $*

exercises = cargo run --quiet --package exercises --
folder = $(firstword $(wildcard examples-bin/*/exercise-$*))

# Hints are lines that begin with `1. `, `2. `, …
define HINT
/^[0-9]+\. / { sub(/\r$$/, ""); sub(/^[0-9]+\. /, ""); hint[++count] = $$0 }
END {
	number = ENVIRON["N"] == "" ? 1 : ENVIRON["N"]
	if (!(number in hint)) {
		printf "Exercise %s has hints 1 to %d, and no hint %s.\n", exercise, count, number | "cat >&2"
		close("cat >&2")
		exit 2
	}
	printf "Hint %d of %d: %s\n\n", number, count, hint[number]
	if (number < count) print "The next one, which tells more: make hint-" exercise " N=" number + 1
	else print "That was the last one. The solution: make solution-" exercise
}
endef

hint-%: export HINT := $(HINT)
hint-%: export N := $(N)
hint-%:
	@$(call known,$*,$(EXERCISES),exercise)
	@awk -v exercise=$* "$$HINT" $(folder)/hints.md

solution-%:
	@$(call known,$*,$(EXERCISES),exercise)
	@if diff -u --strip-trailing-cr --label yours --label 'the solution' $(folder)/main.rs $(folder)/.answers/solution.rs; \
	then echo 'Your answer is the solution, word for word.'; else [ $$? = 1 ]; fi

# What was given is kept with the answers; there, the first line tells what is wrong with it.
reset-%:
	@$(call known,$*,$(EXERCISES),exercise)
	@cd $(folder) && tail -n +2 .answers/starter.rs >.starter && \
	if diff -q --strip-trailing-cr .starter main.rs >/dev/null 2>&1; then \
		rm .starter; echo '$(folder)/main.rs is as it was given to you.'; \
	else \
		n=1; while [ -e mine-$$n.rs ]; do n=$$((n + 1)); done; \
		if [ -e main.rs ]; then cp main.rs mine-$$n.rs || exit; echo "Your answer is kept: $(folder)/mine-$$n.rs"; fi; \
		mv .starter main.rs && echo '$(folder)/main.rs is again as it was given to you.'; \
	fi

run- timeline- try- check- hint- solution- reset-:
	@$(call refuse,Which one? For example: make $@03)

.PHONY: progress
progress:
	@$(call build,exercises)
	@$(exercises) progress

.PHONY: learn
learn:
	@$(call build,learn)
	@cargo run --quiet --package learn

.PHONY: verify-exercises
verify-exercises:
	@$(call build,exercises)
	@$(if $(filter --mutants,$(ARGS)),cargo run --quiet --package mutants -- $(filter-out --mutants,$(ARGS)),$(exercises) verify $(ARGS))

# Whether there is this number among these; they are numbers of what?
known = $(if $(filter $(1),$(2)),true,$(call refuse,There is no $(3) $(1). There are: $(2)))
refuse = { echo '$(1)' >&2; exit 2; }

.PHONY: test
test:
	@$(call build,exercises)
	@$(exercises) suite

.PHONY: lint
lint:
	cargo fmt --all --check
	rustfmt --check --edition 2024 $(wildcard examples-bin/*/exercise-*/.answers/*.rs)
	cargo clippy --workspace --all-targets -- -D warnings

.PHONY: doc
doc: export RUSTDOCFLAGS = -D warnings
doc:
	cargo doc --quiet --no-deps --features procession/testing
	@echo 'The library: $(TARGET)/doc/procession/index.html'

# The links out of docs/ lead to files of this folder; from the book they have further to go.
MDBOOK = $(shell command -v mdbook || echo $(TARGET)/tools/bin/mdbook)
.PHONY: book
book:
	@if [ ! -x '$(MDBOOK)' ]; then \
		echo 'mdbook is not installed: cargo fetches and builds it for $(TARGET)/tools, which takes a minute or more.' >&2; \
		cargo install --quiet --locked --root '$(TARGET)/tools' mdbook@^0.5 || exit; \
	fi
	@'$(MDBOOK)' build --dest-dir '$(abspath $(TARGET))/book' 2>&1 | grep -v ' INFO ' >&2; [ -e '$(TARGET)/book/index.html' ]
	@sed -i 's#href="\.\./target/#href="$(abspath $(TARGET))/#g; s#href="\.\./\([^"]*\)\.html#href="../\1.md#g; s#href="\.\./#href="$(CURDIR)/#g' '$(TARGET)'/book/*.html
	@echo 'The book: $(TARGET)/book/index.html'

.PHONY: docs-update
docs-update:
	@cargo run --quiet --package book -- update

.PHONY: docs-verify
docs-verify:
	@cargo build --quiet $(NUMBERS:%=--package lesson-%)
	@cargo run --quiet --package book -- verify

.PHONY: book-open
book-open: book
	@xdg-open '$(TARGET)/book/index.html' 2>/dev/null || echo 'Open it in a browser: file://$(abspath $(TARGET))/book/index.html'

.PHONY: storm
storm:
	@cargo run --quiet --release --package checks --bin storm -- $(ARGS)

.PHONY: explore
explore:
	@cargo run --quiet --release --package checks --features fault --bin explore -- $(ARGS)

# The other crates have a workspace of their own. Without them, the bench says so and goes on.
.PHONY: bench
bench: export CARGO_TARGET_DIR ?= $(CURDIR)/target
# Loops at the start of a line of the cache: serde_json's own takes 22 or 37 µs for 64 KiB, by where the linker happens to
# put it, and that is not to be measured.
bench: export RUSTFLAGS += -C llvm-args=-align-loops=64
bench:
	@cargo build --quiet --release $(patsubst %,--package lesson-%,$(filter-out 12,$(NUMBERS)))
	@cargo build --release --manifest-path core/benches/peers/Cargo.toml --target-dir "$$CARGO_TARGET_DIR/peers" || true
	@cargo bench --package procession --bench bench -- $(ARGS)
