//! Lines of a given width: words wrapped, names cut in the middle where they must be.

/// Columns that a report has at least.
pub(super) const NARROWEST: usize = 40;
/// Columns that words are wrapped at, however wide the page: longer lines are hard to read.
const WIDEST: usize = 120;
/// A blank that no line ends at.
const GLUE: char = '\u{a0}';
/// Columns of the keys of a list.
const KEY: usize = 16;

/// A text under construction.
pub(super) struct Page {
    pub width: usize,
    out: String,
}

impl Page {
    pub fn new(width: usize) -> Self {
        Page { width: width.max(NARROWEST), out: String::new() }
    }

    pub fn finish(self) -> String {
        self.out
    }

    /// A line; blanks at its end are dropped, and control characters, which names may have, are shown as escapes.
    pub fn line(&mut self, line: &str) {
        for c in line.trim_end().chars() {
            match c {
                GLUE => self.out.push(' '),
                c if c.is_control() => self.out.extend(c.escape_default()),
                c => self.out.push(c),
            }
        }
        self.out.push('\n');
    }

    /// A title, set off by an empty line.
    pub fn title(&mut self, title: &str) {
        self.line("");
        self.paragraph("", title);
    }

    /// Wrapped words, every line behind `indent`.
    pub fn paragraph(&mut self, indent: &str, text: &str) {
        self.hanging(indent, indent, text);
    }

    /// Wrapped words, the first line behind `first` and the others behind `rest`, which is as long.
    pub fn hanging(&mut self, first: &str, rest: &str, text: &str) {
        let left = self.width.min(WIDEST).saturating_sub(rest.chars().count()).max(1);
        for (i, line) in wrap(text, left).iter().enumerate() {
            let indent = if i == 0 { first } else { rest };
            self.line(&format!("{indent}{line}"));
        }
    }

    /// A key and its value.
    pub fn field(&mut self, key: &str, value: &str) {
        self.hanging(&format!("{key:<KEY$}"), &" ".repeat(KEY), value);
    }

    /// A key and a digest in hex, which is broken into equal parts rather than cut.
    pub fn digest(&mut self, key: &str, hex: &str) {
        let mut part = hex.len().max(1);
        while KEY + part > self.width {
            part = part.div_ceil(2);
        }
        for (i, hex) in hex.as_bytes().chunks(part).enumerate() {
            let key = if i == 0 { key } else { "" };
            self.line(&format!("{key:<KEY$}{}", String::from_utf8_lossy(hex)));
        }
    }
}

/// Words in lines of at most `width` columns. A word that is longer than a line is cut in its middle. What
/// [`together`] joined is one word.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let word = cut(word, width);
        let taken = line.chars().count();
        if taken > 0 && taken + 1 + word.chars().count() > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&word);
    }
    lines.push(line);
    lines
}

/// Words that stay on one line.
pub(super) fn together(words: &str) -> String {
    words.chars().map(|c| if c == ' ' { GLUE } else { c }).collect()
}

/// A name in at most `width` columns: beginning and end of a longer one, with an ellipsis between them.
pub(super) fn cut(name: &str, width: usize) -> String {
    let length = name.chars().count();
    if length <= width {
        return name.to_owned();
    }
    let kept = width.saturating_sub(1);
    let head = kept / 2;
    let tail = kept - head;
    name.chars().take(head).chain(std::iter::once('…')).chain(name.chars().skip(length - tail)).collect()
}

/// A count with a comma before every three digits.
pub(super) fn count(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A real number in four significant digits.
pub fn real(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-4..1e6).contains(&magnitude) {
        return format!("{value:.3e}");
    }
    let whole = if magnitude < 1.0 { 0 } else { magnitude.log10() as usize };
    let leading_zeros = if magnitude == 0.0 || magnitude >= 0.1 { 0 } else { -magnitude.log10() as usize };
    let text =
        format!("{value:.*}", 3usize.saturating_sub(whole) + leading_zeros + usize::from(magnitude < 1.0));
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".into() } else { text.into() }
}

/// A real number in four significant digits, no less than it is: for what is claimed to be the most.
pub fn real_up(value: f64) -> String {
    let text = real(value);
    if !value.is_finite() || text.parse::<f64>().is_ok_and(|shown| shown >= value) {
        return text;
    }
    // Half a unit of the last digit, so that the nearest is not below.
    real(value + 0.5 * 10f64.powi(value.abs().log10().floor() as i32 - 3))
}

/// A real number in four significant digits, no more than it is.
pub(super) fn real_down(value: f64) -> String {
    let text = real_up(-value);
    match text.strip_prefix('-') {
        Some(text) => text.into(),
        None if text == "0" => text,
        None => format!("-{text}"),
    }
}

/// A part in percent.
pub(super) fn percent(part: f64) -> String {
    format!("{}%", real(if part < 0.1 { (part * 1e4).round() / 1e2 } else { (part * 1e3).round() / 1e1 }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_rounded_outwards() {
        for value in
            [2.57449, 0.523449, 1234.49, 0.99999, 9.9996, 12345.4, 1.2345678e9, 3.14159e-7, 0.05, 0.0]
        {
            let (up, down) = (real_up(value), real_down(value));
            let number = |text: &str| text.parse::<f64>().unwrap();
            assert!(number(&up) >= value && number(&down) <= value, "{value} {up} {down}");
            assert!(number(&up) - number(&down) <= value * 1.1e-3, "{value} {up} {down}");
            assert_eq!(real_down(-value), if value == 0.0 { "0".into() } else { format!("-{up}") });
        }
        assert_eq!((real_up(2.57449), real_up(0.5)), ("2.575".into(), "0.5".into()));
    }

    #[test]
    fn names_are_cut_in_the_middle_only_where_they_must_be() {
        assert_eq!(cut("/layers.0/MatMul", 16), "/layers.0/MatMul");
        assert_eq!(cut("/layers.0/MatMul", 15), "/layers…/MatMul");
        assert_eq!(cut("ünïcode", 4), "ü…de");
        assert_eq!(wrap("one two /a/very/long/name", 9), ["one two", "/a/v…name"]);
        assert_eq!(wrap("", 9), [""]);
        assert_eq!(wrap(&format!("one {}", together("two three")), 9), ["one", "two\u{a0}three"]);
    }

    #[test]
    fn numbers_have_four_digits() {
        let shown = [0.0, -0.0, 0.02, 0.019_312, 0.5, 1.0, 3.999_51, 12.345, 123_456.0, 1e-7, -2e9].map(real);
        let expected =
            ["0", "0", "0.02", "0.01931", "0.5", "1", "4", "12.35", "123456", "1.000e-7", "-2.000e9"];
        assert_eq!(shown, expected);
        assert_eq!([0, 999, 1_000, 12_345_678].map(count), ["0", "999", "1,000", "12,345,678"]);
    }
}
