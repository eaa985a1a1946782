//! The terminal: notes and progress on stderr, tables for stdout, colours only where a person looks.
//!
//! `anstream` removes the colours when a stream is not a terminal or NO_COLOR is set; `indicatif` draws nothing then.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressStyle};

/// Style of headings and of an artifact's name.
pub const STRONG: Style = Style::new().bold();
/// Style of what succeeded.
pub const GOOD: Style = AnsiColor::Green.on_default().bold();
/// Style of what was refused.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// Style of hints and labels.
pub const NOTE: Style = AnsiColor::Cyan.on_default().bold();
/// Style of warnings.
pub const LOUD: Style = AnsiColor::Yellow.on_default().bold();

static QUIET: AtomicBool = AtomicBool::new(false);
static JSON: AtomicBool = AtomicBool::new(false);
static STDOUT_TAKEN: AtomicBool = AtomicBool::new(false);
static SILENCED: AtomicUsize = AtomicUsize::new(0);

/// Silences notes and progress, and leaves of the warnings their number; errors stay.
pub fn set_quiet(quiet: bool) {
    QUIET.store(quiet, Ordering::Relaxed);
}

/// Results and errors are JSON documents from here on.
pub fn set_json(json: bool) {
    JSON.store(json, Ordering::Relaxed);
}

/// Whether results and errors are JSON documents.
pub fn is_json() -> bool {
    JSON.load(Ordering::Relaxed)
}

/// Standard output holds an output of the command: what a person reads goes to stderr.
pub fn take_stdout() {
    STDOUT_TAKEN.store(true, Ordering::Relaxed);
}

/// `text` in `style`; the stream decides whether the style survives.
pub fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// Data for stdout, whole, in one write. A reader that left early (`assay inspect x | head -1`) is no error.
pub fn data(text: &str) -> io::Result<()> {
    if STDOUT_TAKEN.load(Ordering::Relaxed) {
        return anstream::stderr().lock().write_all(text.as_bytes());
    }
    let mut stdout = anstream::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// A JSON document on stdout.
pub fn json(value: &serde_json::Value) -> io::Result<()> {
    data(&format!("{value:#}\n"))
}

/// Text with every hidden character but ends of lines as an escape: names come from files, and could move the cursor, or hide or turn
/// what follows.
pub fn escaped(text: &str) -> String {
    let shown = |c: char| {
        if c == '\n' || !assay_chain::is_hidden(c) { c.to_string() } else { c.escape_default().to_string() }
    };
    text.chars().map(shown).collect()
}

/// The same of what stands on one line.
fn escaped_line(text: &str) -> String {
    escaped(text).replace('\n', "\\n")
}

/// One line of progress for a person, on stderr.
pub fn note(text: &str) {
    if !QUIET.load(Ordering::Relaxed) {
        say(&escaped(text));
    }
}

/// A warning. Under `--quiet` it is counted.
pub fn warn(text: &str) {
    if QUIET.load(Ordering::Relaxed) {
        SILENCED.fetch_add(1, Ordering::Relaxed);
    } else {
        say(&format!("{} {}", paint(LOUD, "warning:"), escaped(text)));
    }
}

/// How many warnings `--quiet` held back, as one line, where there are any.
pub fn count_silenced() {
    let silenced = SILENCED.swap(0, Ordering::Relaxed);
    if silenced > 0 {
        let noun = if silenced == 1 { "warning" } else { "warnings" };
        say(&format!("{} {silenced} {noun}, shown without --quiet", paint(LOUD, "warning:")));
    }
}

/// A failed command: the error and its hints, for a person.
pub fn error(message: &str, hints: &[&str]) {
    say(&format!("{} {}", paint(BAD, "error:"), escaped(message)));
    for hint in hints {
        say(&format!("{} {}", paint(NOTE, "hint:"), escaped(hint)));
    }
}

fn say(text: &str) {
    // If stderr is gone there is no one to tell.
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

/// Work that takes long, shown while it lasts: a running clock, and a bar with a percentage once its length is known.
pub struct Bar(ProgressBar);

const CLOCK: &str = "{spinner:.cyan} {msg} ({elapsed})";
const BAR: &str = "{msg} {wide_bar:.cyan} {percent:>3}% ({elapsed}, {eta} left)";

impl Bar {
    /// Shows `task`, of unknown length.
    pub fn start(task: &str) -> Bar {
        let hidden = QUIET.load(Ordering::Relaxed);
        let bar = Bar(if hidden { ProgressBar::hidden() } else { ProgressBar::new_spinner() });
        bar.style(CLOCK);
        bar.name(task);
        bar.0.enable_steady_tick(Duration::from_millis(100));
        bar
    }

    /// Shows `task` at step zero of `length`.
    pub fn of(task: &str, length: u64) -> Bar {
        let bar = Bar::start(task);
        bar.set(0, length);
        bar
    }

    /// What is being done.
    pub fn name(&self, task: &str) {
        self.0.set_message(task.to_owned());
    }

    /// One step done.
    pub fn step(&self) {
        self.0.inc(1);
    }

    /// `done` of `length` steps are done. Work of one step has no percentage.
    pub fn set(&self, done: u64, length: u64) {
        if length < 2 {
            return;
        }
        if self.0.length() != Some(length) {
            self.0.set_length(length);
            self.style(BAR);
        }
        self.0.set_position(done.min(length));
    }

    fn style(&self, template: &str) {
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.0.set_style(style);
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// Rows under a heading, in columns as wide as their longest cell. Columns of numbers are set flush right.
pub struct Table<const N: usize> {
    header: [String; N],
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    /// A table with these column headings.
    pub fn new(header: [&str; N]) -> Table<N> {
        Table { header: header.map(str::to_owned), rows: Vec::new() }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: [String; N]) -> &mut Table<N> {
        self.rows.push(cells.map(|cell| escaped_line(&cell)));
        self
    }

    /// The lines, each indented by two spaces and without trailing blanks.
    pub fn render(&self) -> String {
        let all = || std::iter::once(&self.header).chain(&self.rows);
        let width = |column: usize| all().fold(0, |width, row| row[column].chars().count().max(width));
        let numeric = |column: usize| {
            let mut cells = self.rows.iter().map(|row| &row[column]).filter(|c| !c.is_empty()).peekable();
            cells.peek().is_some() && cells.all(|c| c.starts_with(|c: char| c.is_ascii_digit() || c == '-'))
        };
        let layout: [(usize, bool); N] = std::array::from_fn(|column| (width(column), numeric(column)));
        let mut text = String::new();
        for (index, row) in all().enumerate() {
            let mut line = String::from(" ");
            for (cell, (width, right)) in row.iter().zip(&layout) {
                line += &if *right { format!(" {cell:>width$} ") } else { format!(" {cell:<width$} ") };
            }
            let line = line.trim_end();
            text += &if index == 0 { paint(STRONG, line) } else { line.to_owned() };
            text.push('\n');
        }
        text
    }
}

/// `label  value` lines, the labels in one column.
pub fn fields(pairs: &[(&str, String)]) -> String {
    let width = pairs.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
    pairs.iter().map(|(label, value)| format!("  {label:<width$}  {}\n", escaped_line(value))).collect()
}

/// Columns of what a person reads: the terminal's, or COLUMNS, or 100 where neither says.
pub fn width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let terminal = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    columns.or_else(terminal).unwrap_or(100)
}

/// A byte count as a person reads it.
pub fn bytes(count: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    match UNITS.into_iter().find(|(_, size)| count >= *size) {
        Some((unit, size)) => format!("{:.1} {unit}", count as f64 / size as f64),
        None => format!("{count} B"),
    }
}

/// A duration with three significant digits or so.
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds >= 1.0 { format!("{seconds:.2} s") } else { format!("{:.2} ms", seconds * 1e3) }
}

/// 32 bytes from 64 hexadecimal digits, `0x` in front or not.
pub fn parse_hex32(text: &str) -> Result<[u8; 32], String> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    if let Some(wrong) = digits.chars().find(|c| !c.is_ascii_hexdigit()) {
        return Err(format!("{wrong:?} is not a hexadecimal digit"));
    }
    let mut bytes = [0; 32];
    hex::decode_to_slice(digits, &mut bytes)
        .map_err(|_| format!("32 bytes are 64 hexadecimal digits, got {}", digits.len()))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_round_trip_and_refusals() {
        let bytes: [u8; 32] = std::array::from_fn(|i| (i * 37) as u8);
        assert_eq!(parse_hex32(&hex::encode(bytes)), Ok(bytes));
        assert_eq!(parse_hex32(&format!("0x{}", hex::encode(bytes))), Ok(bytes));
        assert!(parse_hex32("12").unwrap_err().contains("got 2"));
        assert!(parse_hex32(&"é".repeat(32)).unwrap_err().contains("not a hexadecimal digit"));
        assert!(parse_hex32(&"+1".repeat(32)).unwrap_err().contains("'+'"));
    }

    #[test]
    fn tables_align() {
        let mut table = Table::new(["name", "count"]);
        table.row(["a".into(), "5".into()]).row(["longer".into(), "12345".into()]);
        let plain = anstream::adapter::strip_str(&table.render()).to_string();
        assert_eq!(plain, "  name    count\n  a           5\n  longer  12345\n");
    }

    #[test]
    fn control_characters_are_shown() {
        assert_eq!(escaped("a\u{1b}[2J\r\u{9b}é\nb"), "a\\u{1b}[2J\\r\\u{9b}é\nb");
        let mut table = Table::new(["name"]);
        table.row(["x\n\u{7}".into()]);
        let plain = anstream::adapter::strip_str(&table.render()).to_string();
        assert_eq!(plain, "  name\n  x\\n\\u{7}\n");
        assert_eq!(fields(&[("file", "a\tb".into())]), "  file  a\\tb\n");
    }

    #[test]
    fn quantities() {
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(bytes(3 << 20), "3.0 MiB");
        assert_eq!(duration(Duration::from_micros(1500)), "1.50 ms");
        assert_eq!(duration(Duration::from_millis(2500)), "2.50 s");
    }
}
