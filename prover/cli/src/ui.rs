//! The terminal: notes and progress on stderr, tables for stdout, colours only where a person looks.
//!
//! `anstream` removes the colours when a stream is not a terminal or NO_COLOR is set; `indicatif` draws nothing then.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
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

/// Silences notes and progress; errors and warnings stay.
pub fn set_quiet(quiet: bool) {
    QUIET.store(quiet, Ordering::Relaxed);
}

/// `text` in `style`; the stream decides whether the style survives.
pub fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// Data for stdout, whole, in one write. A reader that left early (`assay inspect x | head -1`) is no error.
pub fn data(text: &str) -> io::Result<()> {
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

/// One line of progress for a person, on stderr.
pub fn note(text: &str) {
    if !QUIET.load(Ordering::Relaxed) {
        say(text);
    }
}

/// A warning, which `--quiet` does not silence.
pub fn warn(text: &str) {
    say(&format!("{} {text}", paint(LOUD, "warning:")));
}

/// A failed command: the error and its hints.
pub fn error(message: &str, hints: &[&str]) {
    say(&format!("{} {message}", paint(BAD, "error:")));
    for hint in hints {
        say(&format!("{} {hint}", paint(NOTE, "hint:")));
    }
}

fn say(text: &str) {
    // If stderr is gone there is no one to tell.
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

/// A spinner for work without a known length; it vanishes when dropped.
pub struct Spinner(ProgressBar);

impl Spinner {
    /// Shows `task` with a running clock.
    pub fn start(task: &str) -> Spinner {
        let bar =
            if QUIET.load(Ordering::Relaxed) { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
        if let Ok(style) = ProgressStyle::with_template("{spinner:.cyan} {msg} ({elapsed})") {
            bar.set_style(style);
        }
        bar.set_message(task.to_owned());
        bar.enable_steady_tick(Duration::from_millis(100));
        Spinner(bar)
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// A bar for `length` steps; it vanishes when dropped.
pub struct Bar(ProgressBar);

impl Bar {
    /// Shows `task` at step zero of `length`.
    pub fn start(task: &str, length: u64) -> Bar {
        let bar =
            if QUIET.load(Ordering::Relaxed) { ProgressBar::hidden() } else { ProgressBar::new(length) };
        if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar:.cyan} {pos}/{len} (eta {eta})") {
            bar.set_style(style);
        }
        bar.set_message(task.to_owned());
        Bar(bar)
    }

    /// One step done.
    pub fn step(&self) {
        self.0.inc(1);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// Rows under a heading, in columns as wide as their longest cell. Columns of numbers are set flush right.
pub struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these column headings.
    pub fn new<const N: usize>(header: [&str; N]) -> Table {
        Table { header: header.map(str::to_owned).to_vec(), rows: Vec::new() }
    }

    /// Adds a row; missing cells are blank, cells past the last column are dropped.
    pub fn row<const N: usize>(&mut self, cells: [String; N]) -> &mut Table {
        self.rows.push(cells.to_vec());
        self
    }

    /// The lines, each indented by two spaces and without trailing blanks.
    pub fn render(&self) -> String {
        let columns = self.header.len();
        let cell = |row: &[String], column: usize| row.get(column).cloned().unwrap_or_default();
        let all = || std::iter::once(&self.header).chain(&self.rows);
        let width = |column| all().map(|row| cell(row, column).chars().count()).max().unwrap_or(0);
        let numeric = |column: usize| {
            let mut cells =
                self.rows.iter().map(|row| cell(row, column)).filter(|c| !c.is_empty()).peekable();
            cells.peek().is_some() && cells.all(|c| c.starts_with(|c: char| c.is_ascii_digit() || c == '-'))
        };
        let layout: Vec<(usize, bool)> =
            (0..columns).map(|column| (width(column), numeric(column))).collect();
        let mut text = String::new();
        for (index, row) in all().enumerate() {
            let mut line = String::from(" ");
            for (column, (width, right)) in layout.iter().enumerate() {
                let cell = cell(row, column);
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
    pairs.iter().map(|(label, value)| format!("  {label:<width$}  {value}\n")).collect()
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

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}"); // writing to a String cannot fail
        text
    })
}

/// 32 bytes from 64 hexadecimal digits, `0x` in front or not.
pub fn parse_hex32(text: &str) -> Result<[u8; 32], String> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let wrong = digits.chars().find(|c| !c.is_ascii_hexdigit());
    if let Some(wrong) = wrong {
        return Err(format!("{wrong:?} is not a hexadecimal digit"));
    }
    if digits.len() != 64 {
        return Err(format!("32 bytes are 64 hexadecimal digits, got {}", digits.len()));
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks(2)) {
        let pair = std::str::from_utf8(pair).map_err(|error| error.to_string())?;
        *byte = u8::from_str_radix(pair, 16).map_err(|error| error.to_string())?;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_round_trip_and_refusals() {
        let bytes: [u8; 32] = std::array::from_fn(|i| (i * 37) as u8);
        assert_eq!(parse_hex32(&hex(&bytes)), Ok(bytes));
        assert_eq!(parse_hex32(&format!("0x{}", hex(&bytes))), Ok(bytes));
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
    fn quantities() {
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(bytes(3 << 20), "3.0 MiB");
        assert_eq!(duration(Duration::from_micros(1500)), "1.50 ms");
        assert_eq!(duration(Duration::from_millis(2500)), "2.50 s");
    }
}
