//! The story as a picture: a lane for each process, time from left to right.
//!
//! By hand, and not with a drawing library: what it takes is rectangles and lines, and what matters (patterns beside
//! colours, two colour schemes, a text alternative) those leave to their user.

use std::fmt::Write as _;

use crate::layout::{fits, rows};
use crate::story::{Kind, Lane, Line, Story, What};

const PAD: f64 = 12.0;
/// The arrow of a start at time 0 goes down to the left of the name.
const INDENT: f64 = 20.0;
const BAR: f64 = 14.0;
const STRIP: f64 = 7.0;
const ROW: f64 = 17.0;
/// As wide as a letter is, in the widest of the usual fonts.
const EACH: f64 = 7.3;

/// What the parts look like. The colours are those of Okabe and Ito, which the colour-blind can tell apart; and each kind
/// has a pattern or a place of its own besides.
const STYLE: &str = "
svg{--paper:#fff;--ink:#1d2329;--faint:#8b949e;--soft:#5b656e;--run:#0072b2;--sleep:#dfe5ea;--wait:#e69f00;--lock:#009e73;--task:#cc79a7;--wrong:#c03c00}
@media(prefers-color-scheme:dark){svg{--paper:#14181d;--ink:#e6ebf0;--faint:#7d8894;--soft:#98a3ad;--run:#56b4e9;--sleep:#38424c;--wait:#f0b030;--lock:#2fc99c;--task:#e59bc4;--wrong:#ff8a5c}}
text{white-space:pre;font:13px system-ui,sans-serif;fill:var(--ink);paint-order:stroke;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}
.name{font-weight:600}.faint{fill:var(--soft)}.wrong{fill:var(--wrong)}
.run{fill:var(--run)}.sleep{fill:var(--sleep)}.lock{fill:var(--lock)}.task{fill:var(--task)}
.arrow{fill:none;stroke:var(--ink);stroke-width:1.2;opacity:.75}.arrow.item{stroke:var(--task);opacity:1}.arrow.of-lock{stroke:var(--lock);opacity:1}.arrow.signal{stroke:var(--wrong);stroke-dasharray:4 3;opacity:1}
.tick{stroke:var(--faint);stroke-width:1}.tick.wrong{stroke:var(--wrong)}.grid{stroke:var(--faint);stroke-width:1;opacity:.3}.end{stroke:var(--ink);stroke-width:2;fill:none}.killed{stroke:var(--wrong)}";

/// The patterns of waiting: for a lock, for room, for an item, for an end.
const PATTERNS: &str = r#"<defs>
<pattern id="ForLock" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" fill="var(--paper)"/><rect width="3" height="6" fill="var(--wait)"/></pattern>
<pattern id="ForRoom" width="5" height="5" patternUnits="userSpaceOnUse"><rect width="5" height="5" fill="var(--paper)"/><rect width="2" height="5" fill="var(--wait)"/></pattern>
<pattern id="ForItem" width="5" height="5" patternUnits="userSpaceOnUse"><rect width="5" height="5" fill="var(--paper)"/><circle cx="2.5" cy="2.5" r="1.6" fill="var(--wait)"/></pattern>
<pattern id="ForEnd" width="5" height="4.66" patternUnits="userSpaceOnUse"><rect width="5" height="4.66" fill="var(--paper)"/><rect width="5" height="1" y="2" fill="var(--faint)"/></pattern>
<marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="context-stroke"/></marker>
</defs>"#;

/// Where a lane is.
struct Place {
    bar: f64,
    below: f64,
}

/// Draws it, so wide, with this title.
pub(crate) fn draw(story: &Story, width: f64, title: &str) -> String {
    let scale = (width - 2.0 * PAD) / story.end.max(1e-6);
    let x = |at: f64| PAD + at * scale;
    let mut lanes = String::new();
    let mut texts = String::new();
    let mut places = Vec::new();
    let mut y = PAD;
    for wrapped in wrap(title, width - 2.0 * PAD, 7.6) {
        y += ROW;
        let _ = writeln!(
            texts,
            r#"<text class="name" x="{PAD}" y="{:.1}">{}</text>"#,
            y - 4.0,
            escaped(&wrapped)
        );
    }
    for lane in &story.lanes {
        y += 8.0 + ROW;
        let (bar, strip) = (y, if lane.holds.is_empty() { 0.0 } else { STRIP });
        label(&mut texts, lane, bar - 5.0, width);
        draw_lane(&mut lanes, lane, bar, &x);
        places.push(Place { bar, below: bar + BAR + strip });
        y = bar + BAR + strip;
        y += draw_lines(&mut lanes, &mut texts, lane, y, width, &x);
    }
    let bottom = y + 6.0;
    let mut grid = String::new();
    for at in ticks(story.end, if width < 500.0 { 4.0 } else { 8.0 }) {
        let (at_x, label) = (x(at), time(at, story.end));
        let _ = writeln!(grid, r#"<path class="grid" d="M{at_x:.1} {:.1}V{bottom:.1}"/>"#, PAD + ROW);
        let half = label.len() as f64 * 3.6;
        let middle = at_x.clamp(PAD + half, width - PAD - half);
        let _ = writeln!(
            grid,
            r#"<text class="faint" text-anchor="middle" x="{middle:.1}" y="{:.1}">{label}</text>"#,
            bottom + ROW
        );
    }
    let mut arrows = String::new();
    for arrow in &story.arrows {
        let ((from, to), (a, b)) =
            ((&places[arrow.from.0], &places[arrow.to.0]), (x(arrow.from.1), x(arrow.to.1)));
        let down = from.bar < to.bar;
        let (ya, yb) = if down { (from.below, to.bar) } else { (from.bar, to.below) };
        let (class, told) = match &arrow.what {
            What::Start => ("start", "start".to_owned()),
            What::Item(item) => ("item", item.clone()),
            What::Lock => ("of-lock", "the lock".to_owned()),
            What::Signal(signal) => ("signal", signal.clone()),
        };
        let _ = writeln!(
            arrows,
            r#"<path class="arrow {class}" marker-end="url(#head)" d="M{a:.1} {ya:.1}L{b:.1} {yb:.1}"><title>{}</title></path>"#,
            escaped(&told)
        );
    }
    let (legend, height) = legend(story, bottom + ROW + 14.0, width);
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height:.0}" viewBox="0 0 {width} {height:.0}" role="img" aria-labelledby="title desc">
<title id="title">{}</title>
<desc id="desc">{}</desc>
<style>{STYLE}
</style>
{PATTERNS}
<rect width="{width}" height="{height:.0}" rx="6" fill="var(--paper)"/>
{grid}{lanes}{arrows}{texts}{legend}</svg>
"#,
        escaped(title),
        escaped(&story.in_words())
    )
}

fn label(texts: &mut String, lane: &Lane, y: f64, width: f64) {
    let pid = format!("pid {}", lane.pid);
    let cause = lane.cause.as_ref().map_or(String::new(), |cause| format!(" ✕ {cause}"));
    let room = ((width - PAD - INDENT) / 7.4) as usize;
    let name = fits(&lane.name, room.saturating_sub(pid.len() + cause.chars().count() + 2));
    let _ = writeln!(
        texts,
        r#"<text x="{INDENT}" y="{y:.1}"><tspan class="name">{}</tspan> <tspan class="faint">{pid}</tspan><tspan class="wrong">{}</tspan></text>"#,
        escaped(&name),
        escaped(&cause)
    );
}

fn draw_lane(out: &mut String, lane: &Lane, y: f64, x: &impl Fn(f64) -> f64) {
    let mut bar = |from: f64, to: f64, y: f64, height: f64, look: &str, told: &str| {
        let (from, wide) = (x(from), (x(to) - x(from) - 0.5).max(1.5));
        let long = (to_seconds(wide, x)).max(0.0);
        let _ = writeln!(
            out,
            r#"<rect {look} x="{from:.1}" y="{y:.1}" width="{wide:.1}" height="{height}"><title>{told}, {long:.2} s</title></rect>"#
        );
    };
    bar(lane.from, lane.to, y, BAR, r#"class="run""#, "runs");
    for rest in &lane.rests {
        // So short a time cannot be seen.
        if x(rest.to) - x(rest.from) < 1.5 {
            continue;
        }
        let look = match rest.kind {
            Kind::Sleep => r#"class="sleep""#.to_owned(),
            kind => format!(r#"fill="url(#{kind:?})" stroke="var(--faint)" stroke-width=".5""#),
        };
        bar(rest.from, rest.to, y, BAR, &look, rest.kind.in_words());
    }
    for hold in &lane.holds {
        let look = if hold.kind == Kind::Lock { r#"class="lock""# } else { r#"class="task""# };
        bar(hold.from, hold.to, y + BAR + 1.0, STRIP - 2.0, look, hold.kind.in_words());
    }
    let end = x(lane.to);
    let _ = match lane.cause.as_deref() {
        Some(cause) if cause.starts_with("killed") => writeln!(
            out,
            r#"<path class="end killed" d="M{:.1} {:.1}l8 18m0 -18l-8 18"/>"#,
            end - 4.0,
            y - 2.0
        ),
        _ => writeln!(out, r#"<path class="end" d="M{end:.1} {:.1}v18"/>"#, y - 2.0),
    };
}

fn to_seconds(wide: f64, x: &impl Fn(f64) -> f64) -> f64 {
    wide / (x(1.0) - x(0.0))
}

/// The printed lines, each as near as can be to where it was printed. Answers how high they are together.
fn draw_lines(
    ticks: &mut String,
    texts: &mut String,
    lane: &Lane,
    y: f64,
    width: f64,
    x: &impl Fn(f64) -> f64,
) -> f64 {
    let room = width - 2.0 * PAD - 8.0;
    let mut wanted: Vec<(f64, String, &Line)> = Vec::new();
    for line in &lane.lines {
        let text = if line.wrong { format!("✗ {}", line.text) } else { line.text.clone() };
        let most = (room / EACH) as usize;
        let pieces = match text.chars().count() <= most {
            true => vec![text],
            false => wrap(&fits(&text, 3 * most), room, EACH),
        };
        wanted.extend(pieces.iter().map(|piece| (x(line.at), fits(piece, most), line)));
    }
    // What goes on in a second row takes it alone, and so lies below the first.
    let goes_on = |place: usize| place > 0 && std::ptr::eq(wanted[place].2, wanted[place - 1].2);
    let sizes = wanted.iter().enumerate().map(|(place, (at, text, _))| match goes_on(place) {
        true => (PAD, width - 2.0 * PAD),
        false => (*at, 8.0 + text.chars().count() as f64 * EACH),
    });
    let (placed, count) = rows(sizes, PAD, width - PAD);
    let (mut anchor, mut left) = ("start", PAD);
    for (index, ((at, text, line), place)) in wanted.iter().zip(placed).enumerate() {
        let base = y + (place.row as f64 + 1.0) * ROW;
        let fits_before = at - text.chars().count() as f64 * EACH > PAD;
        (anchor, left) = match goes_on(index) {
            true if anchor == "start" || fits_before => (anchor, left),
            _ if place.before => ("end", at - 4.0),
            _ => ("start", place.begin + 4.0),
        };
        let class = if line.wrong { "wrong" } else { "" };
        let _ = writeln!(ticks, r#"<path class="tick {class}" d="M{at:.1} {y:.1}V{:.1}"/>"#, base + 1.0);
        let _ = writeln!(
            texts,
            r#"<text class="{class}" text-anchor="{anchor}" x="{left:.1}" y="{:.1}">{}</text>"#,
            base + 1.0,
            escaped(text)
        );
    }
    count as f64 * ROW + if count > 0 { 4.0 } else { 0.0 }
}

/// What the looks mean, as far as they occur.
fn legend(story: &Story, mut y: f64, width: f64) -> (String, f64) {
    let mut entries = vec![(r#"class="run""#.to_owned(), BAR, "runs")];
    for kind in Kind::ALL {
        let seen = |span: &crate::story::Span| span.kind == kind && span.to - span.from > story.end / 200.0;
        if !story.lanes.iter().any(|lane| lane.rests.iter().chain(&lane.holds).any(seen)) {
            continue;
        }
        let (look, height) = match kind {
            Kind::Sleep => (r#"class="sleep""#.to_owned(), BAR),
            Kind::Lock => (r#"class="lock""#.to_owned(), STRIP - 2.0),
            Kind::Task => (r#"class="task""#.to_owned(), STRIP - 2.0),
            kind => (format!(r#"fill="url(#{kind:?})" stroke="var(--faint)" stroke-width=".5""#), BAR),
        };
        entries.push((look, height, kind.in_words()));
    }
    let (mut out, mut x) = (String::new(), PAD);
    for (look, height, words) in entries {
        let wide = 28.0 + words.len() as f64 * 7.0 + 12.0;
        if x + wide > width && x > PAD {
            (x, y) = (PAD, y + ROW + 3.0);
        }
        let _ = writeln!(
            out,
            r#"<rect {look} x="{x:.1}" y="{:.1}" width="22" height="{height}"/><text x="{:.1}" y="{:.1}">{words}</text>"#,
            y + (BAR - height) / 2.0,
            x + 28.0,
            y + 12.0
        );
        x += wide;
    }
    (out, y + ROW + PAD)
}

/// In seconds, or in milliseconds if all of it is over in a tenth of a second.
fn time(at: f64, end: f64) -> String {
    let (at, unit) = if end < 0.1 { (at * 1000.0, "ms") } else { (at, "s") };
    format!("{} {unit}", (at * 1000.0).round() / 1000.0)
}

/// Round times, not more than so many.
fn ticks(end: f64, most: f64) -> Vec<f64> {
    let steps = (-4..6).flat_map(|power| [1.0, 2.0, 5.0].map(|one| one * 10f64.powi(power)));
    let step = steps.into_iter().find(|step| end / step <= most).unwrap_or(end);
    (0..=(end / step) as u32).map(|n| f64::from(n) * step).collect()
}

fn wrap(text: &str, width: f64, each: f64) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("one at least");
        if !line.is_empty() && (line.chars().count() + 1 + word.chars().count()) as f64 * each > width {
            lines.push(word.to_owned());
        } else {
            line.push_str(if line.is_empty() { "" } else { " " });
            line.push_str(word);
        }
    }
    lines
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
