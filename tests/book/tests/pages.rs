//! The pages are true. And each kind of lie, planted into a page, is named with the page and the line.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Mutex, MutexGuard, PoisonError};

use book::{
    Lie, Page, ask, blocks, code, commands, judge, library, links, names, pages, parts, root, tables,
};
use checks::Complaint;
use checks::lessons::has_redis_server;
use trials::{Failed, Trial};

fn main() -> ExitCode {
    let root = root();
    let all = match pages(&root) {
        Ok(all) => all,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::FAILURE;
        }
    };
    let programs = programs();
    let mut tests = vec![Trial::test("every_name_is_there_for_who_comes_from_python", {
        let (root, all) = (root.clone(), read_again(&all));
        move || none(names(&all, &root))
    })];
    tests.push(Trial::test("the_documentation_of_the_library_names_the_pages_of_the_book", {
        let (root, all) = (root.clone(), read_again(&all));
        move || none(library(&all, &root))
    }));
    for page in read_again(&all) {
        let shown = page.path.with_extension("").display().to_string();
        for block in blocks(&page) {
            let (page, programs) = (Page::of(&page.path, page.text.clone()), programs.clone());
            // `cargo test -p book` builds no lessons.
            let (ignored, root) = (block.is_ignored(&programs), root.clone());
            let test = Trial::test(format!("{shown}:{}::can_be_a_run", block.line), move || {
                let _alone = alone(&page);
                none(judge(&page, &block, &root, &programs).into_iter().collect())
            });
            tests.push(test.with_ignored_flag(ignored));
        }
        let (tables, unread) = tables(&page);
        for table in tables {
            let (page, programs) = (Page::of(&page.path, page.text.clone()), programs.clone());
            let unbuilt = !programs.join(format!("lesson-{}", table.number)).exists();
            let unable = table.number == "12" && !has_redis_server();
            let test = Trial::test(format!("{shown}:{}::is_what_is_asked_for", table.line), move || {
                let _alone = alone(&page);
                none(ask(&page, &table, &programs))
            });
            tests.push(test.with_ignored_flag(unbuilt || unable));
        }
        let (root, all) = (root.clone(), read_again(&all));
        tests.push(Trial::test(format!("{shown}::code_links_and_commands"), move || {
            let mut lies = code(&page, &root);
            lies.extend(links(&page, &all, &root));
            lies.extend(commands(&page, &root)?);
            lies.extend(unread);
            lies.extend(parts(&page));
            none(lies)
        }));
    }
    tests.extend(PLANTED.iter().map(|planted| {
        let (root, programs) = (root.clone(), programs.clone());
        let is_missing =
            |by: &str, program: &str| planted.page.contains(by) && !programs.join(program).exists();
        let unbuilt = is_missing("judged by", "lesson-02")
            || is_missing("asked of", "lesson-02")
            || is_missing("printed by", "examples/questions");
        let test =
            Trial::test(format!("planted::{}", planted.name), move || planted.is_named(&root, &programs));
        test.with_ignored_flag(unbuilt)
    }));
    // The longest first, so that nobody waits for them alone at the end.
    tests.sort_by_key(|test| !test.name().starts_with("docs/09"));
    trials::judge(tests)
}

/// Lesson 01 keeps one processor busy, and would take it from itself.
fn alone(page: &Page) -> Option<MutexGuard<'static, ()>> {
    static BUSY: Mutex<()> = Mutex::new(());
    page.path
        .starts_with("docs/01-what-is-a-process.md")
        .then(|| BUSY.lock().unwrap_or_else(PoisonError::into_inner))
}

fn read_again(pages: &[Page]) -> Vec<Page> {
    pages.iter().map(|page| Page::of(&page.path, page.text.clone())).collect()
}

/// Where cargo puts programs: beside the folder that this test is in.
fn programs() -> PathBuf {
    let me = std::env::current_exe().unwrap_or_default();
    me.ancestors().nth(2).unwrap_or(Path::new("")).to_owned()
}

fn none(lies: Vec<Lie>) -> Result<(), Failed> {
    match lies.is_empty() {
        true => Ok(()),
        false => Err(lies.iter().map(Lie::to_string).collect::<Vec<_>>().join("\n").into()),
    }
}

/// A page with one lie in it.
struct Planted {
    name: &'static str,
    page: &'static str,
    /// Where it is, and words of what is said about it.
    line: usize,
    says: &'static str,
}

const PLANTED: &[Planted] = &[
    Planted {
        name: "a_line_of_code",
        page: "<!-- file: rustfmt.toml | use_small | max_width -->\n```rust\nuse_small_heuristics = \"Max\"\n\nmax_width = 3\n```\n",
        line: 5,
        says: "max_width = 3",
    },
    Planted {
        name: "code_from_nowhere",
        page: "\n```rust\nlet x = 1;\n```\n",
        line: 2,
        says: "no comment above",
    },
    Planted {
        name: "a_line_of_output",
        page: "<!-- judged by: 02 without_any_sleep -->\n```console\n$ make run-02\nLord\nLittle King is walking\nLittle King is done\n```\n",
        line: 2,
        says: "Little King is running",
    },
    Planted {
        name: "an_order",
        page: "<!-- judged by: 02 without_any_sleep -->\n```console\n$ make run-02\nLord\nLittle King is done\nLittle King is running\n```\n",
        line: 2,
        says: "before `Little King is done`",
    },
    Planted {
        name: "output_of_other_arguments",
        page: "<!-- judged by: 02 without_any_sleep -->\n```console\n$ make run-02 ARGS=--help\nLord\nLittle King is running\nLittle King is done\n```\n",
        line: 2,
        says: "which is about `LESSON_PACE=0 lesson-02`",
    },
    Planted {
        name: "output_of_another_lesson",
        page: "<!-- judged by: 02 without_any_sleep -->\n```console\n$ make run-03\nLord\nLittle King is running\nLittle King is done\n```\n",
        line: 2,
        says: "does not run lesson 02",
    },
    Planted {
        name: "output_that_nobody_judges",
        page: "```console\n$ make run-02\nLord\n```\n",
        line: 1,
        says: "who judges it",
    },
    Planted {
        name: "a_line_of_an_example",
        page: "<!-- printed by: questions copy -->\n```console\n$ copy\nin the child: [1, 2, 3]\n```\n",
        line: 2,
        says: "[100, 2, 3]",
    },
    Planted {
        name: "a_certain_that_is_luck",
        page: "<!-- asked of: 02 without_any_sleep\n`Lord` before `Little King is done`\n-->\n\n| what | is |\n|---|---|\n| done after Lord | certain |\n",
        line: 7,
        says: "not certain",
    },
    Planted {
        name: "a_free_that_is_certain",
        page: "<!-- asked of: 02 quickly\n`Little King is done` before `Little King is running`; `Lord` before `Little King is done`\n-->\n\n| what | is |\n|---|---|\n| x | free |\n",
        line: 7,
        says: "not left open",
    },
    Planted {
        name: "a_likely_that_is_free",
        page: "<!-- asked of: 02 quickly | as_in_the_tutorial\n`Lord` before `Little King is running`\n-->\n\n| what | is |\n|---|---|\n| x | likely |\n",
        line: 7,
        says: "not likely",
    },
    Planted {
        name: "a_table_that_nobody_is_asked_about",
        page: "| what | is |\n|---|---|\n| x | free |\n",
        line: 1,
        says: "who is asked",
    },
    Planted { name: "a_dead_link", page: "\n\n[x](no-such-page.md)\n", line: 3, says: "no-such-page.md" },
    Planted { name: "a_dead_heading", page: "# A\n\n[x](#b)\n", line: 3, says: "#b" },
    Planted {
        name: "a_name_that_the_library_has_not",
        page: "[x](../target/doc/procession/struct.Queue.html#method.putt)\n",
        line: 1,
        says: "Queue::putt",
    },
    Planted { name: "a_command", page: "Type `make rum-02`.\n", line: 1, says: "make rum-02" },
    Planted { name: "a_lesson", page: "Type `make run-77`.\n", line: 1, says: "make run-77" },
    Planted {
        name: "an_option",
        page: "\n```console\n$ make run-03 ARGS=--cereal\n```\n",
        line: 3,
        says: "--cereal",
    },
    Planted {
        name: "a_figure",
        page: "x\n\n<!-- figure: echo 3 => 4..5 -->\nFour or five.\n",
        line: 3,
        says: "measured 3",
    },
    Planted {
        name: "a_figure_of_several_lines",
        page: "<!-- figure: echo 3\necho 6 => 4..5 -->\nFour or five.\n",
        line: 1,
        says: "measured 6",
    },
];

impl Planted {
    fn is_named(&self, root: &Path, programs: &Path) -> Result<(), Failed> {
        let page = Page::of(Path::new("docs/planted.md"), self.page.to_owned());
        let all = [Page::of(Path::new("docs/planted.md"), self.page.to_owned())];
        let mut lies = code(&page, root);
        lies.extend(links(&page, &all, root));
        lies.extend(commands(&page, root)?);
        lies.extend(book::verify(&page, root));
        let (tables, unread) = tables(&page);
        lies.extend(unread);
        lies.extend(tables.iter().flat_map(|table| ask(&page, table, programs)));
        lies.extend(blocks(&page).iter().filter_map(|block| judge(&page, block, root, programs)));
        match &lies[..] {
            [lie] if lie.line == self.line && lie.what.contains(self.says) => Ok(()),
            lies => {
                Err(Complaint::new(format!("expected line {} and `{}`: {lies:?}", self.line, self.says))
                    .into())
            }
        }
    }
}
