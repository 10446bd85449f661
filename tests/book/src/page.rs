//! A page, in parts.

use std::fs;
use std::path::{Path, PathBuf};

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use crate::Lie;

/// A page, in parts.
#[derive(Debug)]
pub struct Page {
    /// Where it is, from the root.
    pub path: PathBuf,
    /// All of it.
    pub text: String,
    pub(crate) blocks: Vec<Code>,
    pub(crate) headings: Vec<String>,
    /// The line, and where it leads.
    pub(crate) links: Vec<(usize, String)>,
    /// The line, and the code.
    pub(crate) spans: Vec<(usize, String)>,
    /// The line, and what it says.
    pub(crate) comments: Vec<(usize, String)>,
    pub(crate) tables: Vec<Table>,
}

/// A table.
#[derive(Debug, Clone, Default)]
pub(crate) struct Table {
    pub(crate) line: usize,
    pub(crate) head: Vec<String>,
    /// The line of each row, and its cells.
    pub(crate) rows: Vec<(usize, Vec<String>)>,
    /// The comment straight above.
    pub(crate) origin: Option<String>,
}

/// A block of code, or of what was printed.
#[derive(Debug, Clone)]
pub(crate) struct Code {
    /// The line of its fence.
    pub(crate) line: usize,
    pub(crate) language: String,
    pub(crate) body: String,
    /// Where the body is in the page.
    pub(crate) range: std::ops::Range<usize>,
    /// The comment straight above.
    pub(crate) origin: Option<String>,
}

impl Page {
    /// Reads the page at this path from the root.
    pub fn read(root: &Path, path: &Path) -> Result<Page, String> {
        let text = fs::read_to_string(root.join(path));
        let text = text.map_err(|why| format!("cannot read {}: {why}", root.join(path).display()))?;
        Ok(Page::of(path, text))
    }

    /// The parts of a text.
    pub fn of(path: &Path, text: String) -> Page {
        let mut page = Page {
            path: path.to_owned(),
            text: String::new(),
            blocks: Vec::new(),
            headings: Vec::new(),
            links: Vec::new(),
            spans: Vec::new(),
            comments: Vec::new(),
            tables: Vec::new(),
        };
        let line = |at: usize| text[..at].matches('\n').count() + 1;
        let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
        let (mut heading, mut block) = (None::<String>, None::<Code>);
        for (event, range) in Parser::new_ext(&text, options).into_offset_iter() {
            match event {
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    page.headings.extend(heading.take().map(|text| slug(&text)))
                }
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    page.links.push((line(range.start), dest_url.into_string()));
                }
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) => {
                    let body = text[range.clone()].find('\n').map_or(range.end, |end| range.start + end + 1);
                    block = Some(Code {
                        line: line(range.start),
                        language: language.split([',', ' ']).next().unwrap_or_default().to_owned(),
                        body: String::new(),
                        range: body..body,
                        origin: above(&text[..range.start]),
                    });
                }
                Event::Start(Tag::Table(_)) => {
                    let origin = above(&text[..range.start]);
                    page.tables.push(Table { line: line(range.start), origin, ..Table::default() });
                }
                Event::Start(Tag::TableRow) => {
                    if let Some(table) = page.tables.last_mut() {
                        table.rows.push((line(range.start), Vec::new()));
                    }
                }
                Event::Start(Tag::TableCell) => {
                    if let Some(table) = page.tables.last_mut() {
                        let cell = text[range].trim().to_owned();
                        table.rows.last_mut().map_or(&mut table.head, |(_, cells)| cells).push(cell);
                    }
                }
                Event::End(TagEnd::CodeBlock) => page.blocks.extend(block.take()),
                Event::Text(piece) => match (&mut block, &mut heading) {
                    (Some(block), _) => {
                        block.range =
                            if block.body.is_empty() { range } else { block.range.start..range.end };
                        block.body.push_str(&piece);
                    }
                    (None, Some(heading)) => heading.push_str(&piece),
                    _ => {}
                },
                Event::Code(piece) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&piece);
                    }
                    page.spans.push((line(range.start), piece.into_string()));
                }
                Event::Start(Tag::HtmlBlock) => page.comment(line(range.start), &text[range]),
                Event::Html(html) => page.pictures(line(range.start), &html),
                Event::InlineHtml(html) => page.comment(line(range.start), &html),
                _ => {}
            }
        }
        page.text = text;
        page
    }

    /// A comment may have several lines.
    fn comment(&mut self, line: usize, html: &str) {
        if let Some(comment) = html.trim().strip_prefix("<!--").and_then(|html| html.strip_suffix("-->")) {
            self.comments.push((line, comment.trim().to_owned()));
        }
    }

    /// Where pictures come from.
    fn pictures(&mut self, line: usize, html: &str) {
        for attribute in ["src=\"", "srcset=\"", "href=\""] {
            for piece in html.split(attribute).skip(1) {
                self.links.push((line, piece.split('"').next().unwrap_or_default().to_owned()));
            }
        }
    }

    pub(crate) fn lie(&self, line: usize, what: impl Into<String>) -> Lie {
        Lie { page: self.path.clone(), line, what: what.into() }
    }
}

/// The comment that ends a text.
fn above(text: &str) -> Option<String> {
    let (_, comment) = text.trim_end().strip_suffix("-->")?.rsplit_once("<!--")?;
    Some(comment.trim().to_owned())
}

/// How a link names a heading.
fn slug(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    let kept = kept.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}
