//! Looks at the book in Chromium: nothing scrolls sideways, nothing is fetched from elsewhere, and everything can be read.
//!
//! Counts as ignored where there is no chromium or no mdbook.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::{env, fs};

use book::root;
use trials::{Failed, Trial};

fn main() -> ExitCode {
    let tools = ["chromium", "mdbook"].map(found);
    let ignored = tools.iter().any(Option::is_none);
    let test = |name: &str, dark| {
        let look = move || look(dark);
        Trial::test(format!("every_page_can_be_read_{name}"), look).with_ignored_flag(ignored)
    };
    trials::judge(vec![test("in_the_light", false), test("in_the_dark", true)])
}

fn found(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(program)).find(|path| path.exists())
}

fn look(dark: bool) -> Result<(), Failed> {
    let place = tempfile::tempdir()?;
    let book = place.path().join("book");
    let built = Command::new("mdbook").arg("build").arg(root()).arg("--dest-dir").arg(&book).output()?;
    if !built.status.success() {
        return Err(String::from_utf8_lossy(&built.stderr).into_owned().into());
    }
    let mut pages: Vec<String> = fs::read_dir(&book)?
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".html") && !["404.html", "print.html", "toc.html"].contains(&&**name))
        .collect();
    pages.sort();
    let list = format!("{pages:?}");
    let page = include_str!("browser.html").replace("PAGES, widths", &format!("{list}, widths"));
    let page = page.replace("BOOK", &format!("file://{}", book.display()));
    let page = page.replace("SIZES", &sizes(&root().join("docs"))?);
    let page = page.replace("SEARCH", if dark { "false" } else { "true" });
    let file = place.path().join("look.html");
    fs::write(&file, page)?;
    let out = chromium(place.path(), dark).arg(format!("file://{}", file.display())).output()?;
    let (dom, said) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    let told =
        dom.split("<pre id=\"found\">").nth(1).and_then(|rest| rest.split("</pre>").next()).unwrap_or("");
    let mut wrong: Vec<&str> = told.lines().filter(|line| !line.starts_with("looked at ")).collect();
    wrong.extend(said.lines().filter(|line| line.contains("CONSOLE")));
    match told.ends_with(&format!("looked at {} pages", pages.len())) {
        true if wrong.is_empty() => Ok(()),
        true => Err(wrong.join("\n").into()),
        false => Err(format!("chromium did not come to the end: {told}\n{said}").into()),
    }
}

/// How high the smallest letters of each picture are, as a list for the page.
fn sizes(docs: &Path) -> Result<String, Failed> {
    let mut list = String::from("{");
    for folder in [docs.to_owned(), docs.join("pictures")] {
        for file in
            fs::read_dir(folder)?.flatten().filter(|file| file.path().extension() == Some("svg".as_ref()))
        {
            let text = fs::read_to_string(file.path())?;
            // `font: 13px system-ui` or `font-size: 12px`
            let sizes = text.split("font").skip(1).filter_map(|rest| {
                let before = rest.split(';').next()?.split("px").next()?;
                before.trim_start_matches(|c: char| !c.is_ascii_digit()).parse::<f64>().ok()
            });
            let smallest = sizes.fold(f64::INFINITY, f64::min);
            list += &format!("{:?}: {smallest},", file.file_name().display().to_string());
        }
    }
    Ok(list + "}")
}

fn chromium(place: &Path, dark: bool) -> Command {
    let mut command = Command::new("timeout");
    command.args(["120", "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]);
    // The pages are files, and the one that looks at them is another.
    command.args(["--disable-web-security", "--allow-file-access-from-files"]);
    command.args(["--host-resolver-rules=MAP * ~NOTFOUND", "--enable-logging=stderr"]);
    command.args(["--window-size=1500,1000", "--virtual-time-budget=60000"]);
    command.arg(format!("--blink-settings=preferredColorScheme={}", if dark { 0 } else { 1 }));
    command.arg(format!("--user-data-dir={}", place.join("profile").display())).stdin(Stdio::null());
    command
}
