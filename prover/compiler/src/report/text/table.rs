//! Tables that become lists where they do not fit.
//!
//! In a table each row is a line below its headings. Where a line has no columns left for names, each row is a name with its values as
//! words below it, which fits any width and needs no headings.

use super::layout::{Page, cut, together, wrap};

/// Columns between two columns.
const GAP: usize = 2;
/// Columns before every row.
const INDENT: &str = "  ";
/// Columns that names get in a table at least, unless all are shorter.
const NAME: usize = 16;
/// Columns that flowing text gets in a table at least.
const FLOW: usize = 40;

/// A column behind that of the names.
pub(super) struct Column {
    /// Its heading, a word a line.
    pub head: &'static str,
    /// Its value in a list, in place of `{}`.
    pub phrase: &'static str,
    pub kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// As wide as its widest value, to the right.
    Number,
    /// As wide as its widest value, to the left.
    Word,
    /// What is left of the line, wrapped; the last column only.
    Flow,
}

/// A name and a value for each column.
pub(super) type Row = (String, Vec<String>);

/// Writes a table, or a list where it does not fit.
pub(super) fn write(page: &mut Page, name: &str, columns: &[Column], rows: &[Row]) {
    let widths: Vec<usize> = columns.iter().enumerate().map(|(at, column)| width(at, column, rows)).collect();
    let flows = columns.iter().any(|column| column.kind == Kind::Flow);
    let taken = INDENT.len() + widths.iter().map(|width| width + GAP).sum::<usize>();
    let longest = rows.iter().map(|(name, _)| name.chars().count()).chain([name.len()]).max().unwrap_or(0);
    let reserved = if flows { FLOW } else { 0 };
    match page.width.checked_sub(taken + reserved) {
        Some(left) if left >= longest.min(NAME) => {
            table(page, name, columns, &widths, left.min(longest), rows);
        }
        _ => list(page, columns, rows),
    }
}

/// Width of a column; flowing text has what is left.
fn width(at: usize, column: &Column, rows: &[Row]) -> usize {
    if column.kind == Kind::Flow {
        return 0;
    }
    let values = rows.iter().filter_map(|(_, values)| values.get(at)).map(|value| value.chars().count());
    values.chain(column.head.split(' ').map(str::len)).max().unwrap_or(0)
}

fn table(page: &mut Page, name: &str, columns: &[Column], widths: &[usize], names: usize, rows: &[Row]) {
    let heads: Vec<Vec<&str>> = columns.iter().map(|column| column.head.split(' ').collect()).collect();
    let height = heads.iter().map(Vec::len).max().unwrap_or(1);
    for line in 0..height {
        // Headings stand on the line above the first row.
        let word = |head: &Vec<&str>| {
            let word = (line + head.len()).checked_sub(height).and_then(|at| head.get(at).copied());
            word.unwrap_or("").to_owned()
        };
        let first = if line + 1 == height { name } else { "" };
        let words = heads.iter().map(word).collect::<Vec<_>>();
        page.line(&cells(first, names, columns, widths, &words));
    }
    for (name, values) in rows {
        // A name that is longer than its column has a line of its own.
        let is_long = name.chars().count() > names;
        if is_long {
            page.line(&format!("{INDENT}{}", cut(name, page.width - INDENT.len())));
        }
        let before = INDENT.len() + names + widths.iter().map(|width| width + GAP).sum::<usize>();
        let flow = columns.iter().position(|column| column.kind == Kind::Flow);
        let text = flow.and_then(|at| values.get(at)).map_or("", String::as_str);
        for (i, part) in wrap(text, page.width.saturating_sub(before).max(1)).into_iter().enumerate() {
            let mut values = if i == 0 { values.clone() } else { vec![String::new(); values.len()] };
            if let Some(slot) = flow.and_then(|at| values.get_mut(at)) {
                *slot = part;
            }
            let name = if i == 0 && !is_long { name.as_str() } else { "" };
            page.line(&cells(name, names, columns, widths, &values));
        }
    }
}

fn cells(name: &str, names: usize, columns: &[Column], widths: &[usize], values: &[String]) -> String {
    let mut line = format!("{INDENT}{name:<names$}");
    for ((column, &width), value) in columns.iter().zip(widths).zip(values) {
        line.push_str(&" ".repeat(GAP));
        line.push_str(&match column.kind {
            Kind::Number => format!("{value:>width$}"),
            Kind::Word | Kind::Flow => format!("{value:<width$}"),
        });
    }
    line
}

fn list(page: &mut Page, columns: &[Column], rows: &[Row]) {
    for (name, values) in rows {
        page.line(&format!("{INDENT}{}", cut(name, page.width - INDENT.len())));
        let phrases: Vec<String> = columns
            .iter()
            .zip(values)
            .filter(|(_, value)| !value.is_empty())
            .map(|(column, value)| {
                let phrase = column.phrase.replace("{}", value);
                if column.kind == Kind::Flow { phrase } else { together(&phrase) }
            })
            .collect();
        page.paragraph("      ", &phrases.join(", "));
    }
}
