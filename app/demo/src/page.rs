//! What a person sees: numbered steps with their times, aligned tables, colours.
//!
//! Everything goes to one writer with ANSI styles; whoever owns the writer strips them where no terminal is. A reader
//! that leaves early (`assay-demo | head`) does not stop the run: its verdict still counts.

use std::io::{self, ErrorKind, Write};
use std::time::{Duration, Instant};

use anstyle::{AnsiColor, Style};

/// Style of headings.
pub const STRONG: Style = Style::new().bold();
/// Style of what went as it should.
pub const GOOD: Style = AnsiColor::Green.on_default();
/// Style of what did not, and of liquidations by the plain rule.
pub const BAD: Style = AnsiColor::Red.on_default();
/// Style of liquidations by proof.
pub const PROOF: Style = AnsiColor::Cyan.on_default().bold();
/// Style of what is said aside.
pub const FAINT: Style = Style::new().dimmed();

/// Columns of the page.
const WIDTH: usize = 98;

/// `text` in `style`.
pub fn paint(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

/// The page, written from top to bottom.
pub struct Page<'a> {
    out: &'a mut dyn Write,
    gone: bool,
    steps: usize,
    lines: Vec<String>,
}

impl<'a> Page<'a> {
    /// A page on a writer.
    pub fn new(out: &'a mut dyn Write) -> Self {
        Self { out, gone: false, steps: 0, lines: Vec::new() }
    }

    /// Runs one step: its title shows at once, its time and the lines that it adds when it ends.
    ///
    /// # Errors
    /// Those of the work, and of the writer.
    pub fn step<T, E: From<io::Error>>(
        &mut self,
        title: &str,
        work: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<(T, Duration), E> {
        self.steps += 1;
        let number = self.steps;
        self.write(&format!("\n{} {}", paint(FAINT, format!("{number:>2}")), paint(STRONG, title)))?;
        let start = Instant::now();
        let outcome = work(self);
        let elapsed = start.elapsed();
        let left = WIDTH.saturating_sub(3 + title.chars().count());
        self.write(&format!("{:>left$}\n", duration(elapsed)))?;
        for line in std::mem::take(&mut self.lines) {
            self.write(&format!("   {line}\n"))?;
        }
        outcome.map(|value| (value, elapsed))
    }

    /// Adds a line to the running step.
    pub fn line(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }

    /// Adds lines to the running step.
    pub fn lines(&mut self, lines: impl IntoIterator<Item = String>) {
        self.lines.extend(lines);
    }

    /// Writes a line outside any step.
    ///
    /// # Errors
    /// The writer's.
    pub fn say(&mut self, line: &str) -> io::Result<()> {
        self.write(&format!("{line}\n"))
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        if self.gone {
            return Ok(());
        }
        match self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.gone = true;
                Ok(())
            }
            other => other,
        }
    }
}

/// Rows in columns as wide as their longest cell.
pub struct Table<const N: usize> {
    header: [String; N],
    right: [bool; N],
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    /// A table with these headings; a column whose heading starts with `>` is set flush right.
    pub fn new(header: [&str; N]) -> Self {
        let right = header.map(|cell| cell.starts_with('>'));
        Self { header: header.map(|cell| cell.trim_start_matches('>').to_owned()), right, rows: Vec::new() }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: [String; N]) {
        self.rows.push(cells);
    }

    /// The lines, without trailing blanks. Cells may be styled.
    pub fn render(&self) -> Vec<String> {
        let mut widths = self.header.each_ref().map(|cell| visible(cell));
        for row in &self.rows {
            widths.iter_mut().zip(row).for_each(|(width, cell)| *width = visible(cell).max(*width));
        }
        let line = |row: &[String; N]| {
            let cells = row.iter().zip(&widths).zip(&self.right).map(|((cell, width), right)| {
                let blank = " ".repeat(width - visible(cell)); // the width is the widest cell's
                if *right { format!("{blank}{cell}") } else { format!("{cell}{blank}") }
            });
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        std::iter::once(paint(FAINT, line(&self.header))).chain(self.rows.iter().map(line)).collect()
    }
}

/// Columns that a text takes: its characters without the escape sequences of styles.
pub fn visible(text: &str) -> usize {
    let mut count = 0;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character == '\x1b' {
            // `ESC [ parameters letter`
            characters.by_ref().find(|character| character.is_ascii_alphabetic());
        } else {
            count += 1;
        }
    }
    count
}

/// A duration with three significant digits or so.
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds >= 1.0 { format!("{seconds:.2} s") } else { format!("{:.1} ms", seconds * 1e3) }
}

/// An integer with its thousands set apart.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(duration(Duration::from_micros(1_500)), "1.5 ms");
        assert_eq!(duration(Duration::from_millis(2_500)), "2.50 s");
    }

    #[test]
    fn styled_cells_align() {
        let mut table = Table::new(["name", ">count"]);
        table.row([paint(GOOD, "a"), "5".into()]);
        table.row(["longer".into(), paint(BAD, "12")]);
        let plain: Vec<String> = table.render().iter().map(|line| strip(line)).collect();
        assert_eq!(plain, ["name    count", "a           5", "longer     12"]);
    }

    #[test]
    fn a_step_shows_its_title_before_its_work() {
        let mut out = Vec::new();
        let mut page = Page::new(&mut out);
        let (value, _) = page
            .step::<_, io::Error>("Count", |page| {
                page.line("one");
                Ok(1)
            })
            .unwrap();
        assert_eq!(value, 1);
        let text = strip(&String::from_utf8(out).unwrap());
        assert!(text.starts_with("\n 1 Count ") && text.ends_with(" ms\n   one\n"), "{text:?}");
        assert_eq!(text.lines().map(|line| line.chars().count()).max(), Some(WIDTH));
    }

    #[test]
    fn a_reader_that_leaves_does_not_stop_the_run() {
        struct Gone;
        impl Write for Gone {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut out = Gone;
        let mut page = Page::new(&mut out);
        page.say("x").unwrap();
        page.step::<_, io::Error>("y", |_| Ok(())).unwrap();
    }

    fn strip(text: &str) -> String {
        let mut plain = String::new();
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            if character == '\x1b' {
                characters.by_ref().find(|character| character.is_ascii_alphabetic());
            } else {
                plain.push(character);
            }
        }
        plain
    }
}
