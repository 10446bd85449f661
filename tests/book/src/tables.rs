//! Tables of certainty: each row is asked of the specification of its lesson.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

use checks::lessons::LESSONS;
use checks::{Case, Made, Program};

use crate::Lie;
use crate::edits::Edit;
use crate::page::{Page, Table};

/// A row, and how it is asked.
#[derive(Debug)]
struct Row {
    line: usize,
    grade: Grade,
    /// The cases: what is certain at every pace, and what is asserted at the tutorial's pace too.
    cases: Vec<String>,
    edits: Vec<Edit>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grade {
    /// A run that breaks the row is refused.
    Certain,
    /// It is accepted without the sleeps, and refused with them.
    Likely,
    /// Each of the runs that are named is accepted.
    Free,
}

/// A table of certainty.
#[derive(Debug)]
pub struct Certainty {
    /// Its line on the page.
    pub line: usize,
    /// The lesson.
    pub number: String,
    rows: Vec<Row>,
}

/// All tables of certainty, and what is wrong with one itself.
pub fn tables(page: &Page) -> (Vec<Certainty>, Vec<Lie>) {
    let (mut tables, mut lies) = (Vec::new(), Vec::new());
    for table in page.tables.iter().filter(|table| table.head == ["what", "is"]) {
        match read(table) {
            Ok(read) => tables.push(read),
            Err((line, what)) => lies.push(page.lie(line, what)),
        }
    }
    (tables, lies)
}

fn read(table: &Table) -> Result<Certainty, (usize, String)> {
    let origin = table.origin.as_deref().unwrap_or_default();
    let missing = "no comment above this table says who is asked, `<!-- asked of: NN case | case … -->`";
    let asked = origin.strip_prefix("asked of: ").ok_or((table.line, missing.to_owned()))?;
    let mut lines = asked.lines();
    let head = lines.next().unwrap_or_default();
    let (number, cases) = head.trim().split_once(' ').unwrap_or((head, ""));
    let questions: Vec<&str> = lines.collect();
    if questions.len() != table.rows.len() {
        let what = format!("{} rows, and {} questions in the comment", table.rows.len(), questions.len());
        return Err((table.line, what));
    }
    let row = |((line, cells), question): (&(usize, Vec<String>), &&str)| {
        let own = question.split_once(": ").filter(|(before, _)| !before.contains('`'));
        let (cases, edits) = own.unwrap_or((cases, question));
        let edits: Result<Vec<Edit>, String> = edits.split(';').map(Edit::parse).collect();
        Ok(Row {
            line: *line,
            grade: grade(cells.get(1).map_or("", |cell| cell)).map_err(|what| (*line, what))?,
            cases: cases.split(" | ").map(|case| case.trim().to_owned()).collect(),
            edits: edits.map_err(|what| (*line, what))?,
        })
    };
    let rows = table.rows.iter().zip(&questions).map(row).collect::<Result<_, _>>()?;
    Ok(Certainty { line: table.line, number: number.to_owned(), rows })
}

fn grade(cell: &str) -> Result<Grade, String> {
    let word = cell.split(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
    match word {
        "certain" => Ok(Grade::Certain),
        "likely" => Ok(Grade::Likely),
        "free" => Ok(Grade::Free),
        _ => Err(format!("`{word}` is not certain, likely or free")),
    }
}

/// Whether each row says what the specification asks for. The programs are in a folder.
pub fn ask(page: &Page, table: &Certainty, programs: &Path) -> Vec<Lie> {
    let lesson = Lesson {
        number: &table.number,
        program: Program::binary(programs.join(format!("lesson-{}", table.number))),
        made: Made::default(),
    };
    table.rows.iter().flat_map(|row| lesson.ask(page, row)).collect()
}

/// Who is asked.
struct Lesson<'a> {
    number: &'a str,
    program: Program,
    made: Made,
}

impl Lesson<'_> {
    fn ask(&self, page: &Page, row: &Row) -> Vec<Lie> {
        let lie = |what: String| page.lie(row.line, what);
        let mut lies = Vec::new();
        // A run and the same with two names swapped are both ways, too.
        let both = row.edits.len() > 1 || matches!(row.edits[..], [Edit::Swapped(..)]);
        if row.grade == Grade::Free && !both {
            lies.push(lie("what is free is shown both ways; here is only one".to_owned()));
        }
        // Without its sleeps, and with them: only the first counts for what is certain or free.
        for (at, case) in row.cases.iter().enumerate().take(if row.grade == Grade::Likely { 2 } else { 1 }) {
            let refused_is_right = row.grade == Grade::Certain || at == 1;
            let found = match self.find(case) {
                Some(found) => found,
                None => {
                    lies.push(lie(format!("lesson {} has no case `{case}`", self.number)));
                    continue;
                }
            };
            for edit in &row.edits {
                let told = self.answer(found, edit);
                lies.extend(match told {
                    Err(what) => Some(lie(what)),
                    Ok(None) if refused_is_right => {
                        let word = if at == 1 { "likely" } else { "certain" };
                        Some(lie(format!("not {word}: `{case}` accepts a run in which {edit:?}")))
                    }
                    Ok(Some(complaint)) if !refused_is_right => Some(lie(format!(
                        "not left open: `{case}` refuses a run in which {edit:?}: {complaint}"
                    ))),
                    Ok(_) => None,
                });
            }
        }
        lies
    }

    fn find(&self, name: &str) -> Option<&'static Case> {
        let (_, cases) = LESSONS.iter().find(|(slug, _)| slug.starts_with(&format!("{}-", self.number)))?;
        cases.iter().find(|case| case.name == name)
    }

    /// What the case has against a run with this change.
    fn answer(&self, case: &Case, edit: &Edit) -> Result<Option<String>, String> {
        let always = Arc::new(AtomicBool::new(true));
        let (seen, change) = (Arc::clone(&always), edit.clone());
        let changed = self.program.changed(&self.made, move |it| {
            let (it, found) = change.of(it);
            seen.fetch_and(found, Relaxed);
            it
        });
        let complaint = (case.check)(&changed).err().map(|complaint| complaint.message().to_owned());
        match always.load(Relaxed) {
            true => Ok(complaint),
            false => Err(format!("a run of `{}` has no lines for {edit:?}", case.name)),
        }
    }
}
