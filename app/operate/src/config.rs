//! Configuration files, TOML in which every key is known: whatever is wrong is named by file, line and key, with what would be right.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Most bytes of a file.
const LONGEST: u64 = 1 << 20;
const PATH: &str = "write the path of a file";

/// The text of a file. `wanted` says where one comes from.
///
/// # Errors
/// The file cannot be read, or is none that anybody wrote by hand.
pub fn read(path: &Path, wanted: &str) -> Result<String, ConfigError> {
    let fault = |what: String| Source { file: path, text: "" }.error(None, "", what, wanted);
    let length = std::fs::metadata(path).map_err(|error| fault(error.to_string()))?.len();
    if length > LONGEST {
        return Err(fault(format!("it has {length} bytes, too many for a configuration")));
    }
    std::fs::read_to_string(path).map_err(|error| fault(error.to_string()))
}

/// Why a configuration cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The file.
    pub file: PathBuf,
    /// The line, from one; none where something is missing.
    pub line: Option<usize>,
    /// The key, with its tables; empty where it is about the file.
    pub key: String,
    /// What is wrong.
    pub what: String,
    /// What would be right.
    pub remedy: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.file.display().fmt(formatter)?;
        if let Some(line) = self.line {
            write!(formatter, ":{line}")?;
        }
        if !self.key.is_empty() {
            write!(formatter, ": {}", self.key)?;
        }
        write!(formatter, ": {}; {}", self.what, self.remedy)
    }
}

impl std::error::Error for ConfigError {}

/// The file as it was read.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// Its path.
    pub file: &'a Path,
    /// What is in it.
    pub text: &'a str,
}

impl<'a> Source<'a> {
    /// The whole file as TOML.
    ///
    /// # Errors
    /// It is none.
    pub fn document(self) -> Result<Spanned<DeTable<'a>>, ConfigError> {
        DeTable::parse(self.text).map_err(|error| {
            let at = error.span().map(|span| span.start);
            self.error(at, "", format!("it is no TOML: {}", error.message()), "see https://toml.io")
        })
    }

    /// What is wrong at a place, if it has one, with what would be right.
    pub fn error(
        &self,
        offset: Option<usize>,
        key: &str,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> ConfigError {
        let before = offset.map(|offset| self.text.get(..offset).unwrap_or(self.text));
        let line = before.map(|before| before.matches('\n').count() + 1);
        let (what, remedy) = (what.into(), remedy.into());
        ConfigError { file: self.file.to_owned(), line, key: key.into(), what, remedy }
    }
}

/// A table whose keys are all known.
pub struct Table<'a> {
    source: Source<'a>,
    name: String,
    offset: Option<usize>,
    table: Option<&'a DeTable<'a>>,
}

/// A value, where it stands, and under what key.
pub struct Value<'a> {
    source: Source<'a>,
    key: String,
    offset: usize,
    value: &'a DeValue<'a>,
}

impl<'a> Table<'a> {
    /// The whole file.
    ///
    /// # Errors
    /// A key is not known.
    pub fn root(
        source: Source<'a>,
        document: &'a Spanned<DeTable<'a>>,
        known: &[&str],
    ) -> Result<Self, ConfigError> {
        let root = Self { source, name: String::new(), offset: None, table: Some(document.get_ref()) };
        root.admit(known)
    }

    /// The table under a key; an empty one where there is none.
    ///
    /// # Errors
    /// [`ConfigError`] names what it is instead.
    pub fn table(&self, key: &str, known: &[&str]) -> Result<Self, ConfigError> {
        match self.find(key) {
            Some(value) => value.table(known),
            None => Ok(Self { source: self.source, name: self.path(key), offset: self.offset, table: None }),
        }
    }

    /// The tables of a list, `[[key]]`.
    ///
    /// # Errors
    /// [`ConfigError`] names what it is instead.
    pub fn tables(&self, key: &str, known: &[&str]) -> Result<Vec<Self>, ConfigError> {
        let Some(value) = self.find(key) else { return Ok(Vec::new()) };
        value.items("a list of tables", &format!("write [[{}]]", self.path(key)), |item| item.table(known))
    }

    /// A value, if it is there.
    pub fn find(&self, key: &str) -> Option<Value<'a>> {
        let (at, value) = self.table?.iter().find(|(name, _)| name.get_ref().as_ref() == key)?;
        let (source, offset, value) = (self.source, at.span().start, value.get_ref());
        Some(Value { source, key: self.path(key), offset, value })
    }

    /// A value that must be there.
    ///
    /// # Errors
    /// [`ConfigError`] names what it is instead.
    pub fn get(&self, key: &str, remedy: &str) -> Result<Value<'a>, ConfigError> {
        let missing = || self.source.error(self.offset, &self.path(key), "it is missing", remedy);
        self.find(key).ok_or_else(missing)
    }

    /// A value read by `read`, or what stands for it where there is none.
    ///
    /// # Errors
    /// [`ConfigError`] names what it is instead.
    pub fn or<T>(
        &self,
        key: &str,
        default: T,
        read: impl FnOnce(&Value<'a>) -> Result<T, ConfigError>,
    ) -> Result<T, ConfigError> {
        self.find(key).map_or(Ok(default), |value| read(&value))
    }

    /// Every key and its value.
    pub fn entries(&self) -> Vec<(&'a str, Value<'a>)> {
        let keys = self.table.into_iter().flat_map(|table| table.keys());
        keys.filter_map(|key| Some((key.get_ref().as_ref(), self.find(key.get_ref())?))).collect()
    }

    fn path(&self, key: &str) -> String {
        if self.name.is_empty() { key.into() } else { format!("{}.{key}", self.name) }
    }

    /// Fails for a key that is not known, and names the nearest one. No known keys: any.
    fn admit(self, known: &[&str]) -> Result<Self, ConfigError> {
        for key in self.table.into_iter().flat_map(|table| table.keys()) {
            let name = key.get_ref().as_ref();
            if known.is_empty() || known.contains(&name) {
                continue;
            }
            let all = known.join(", ");
            let remedy = match nearest(name, known) {
                Some(near) => format!("did you mean {near}? Known here: {all}"),
                None => format!("remove it; known here: {all}"),
            };
            let path = self.path(name);
            return Err(self.source.error(Some(key.span().start), &path, "there is no such key", remedy));
        }
        Ok(self)
    }
}

impl<'a> Value<'a> {
    /// What is wrong with the value, and what would be right.
    pub fn error(&self, what: impl Into<String>, remedy: impl Into<String>) -> ConfigError {
        self.source.error(Some(self.offset), &self.key, what, remedy)
    }

    /// A string.
    ///
    /// # Errors
    /// It is none.
    pub fn string(&self, remedy: &str) -> Result<&'a str, ConfigError> {
        match self.value {
            DeValue::String(text) => Ok(text.as_ref()),
            other => Err(self.error(format!("it is {}, not a string", kind(other)), remedy)),
        }
    }

    /// A string that is one of some words, each with what it stands for.
    ///
    /// # Errors
    /// [`ConfigError`] names what it is instead.
    pub fn word<T: Copy>(&self, words: &[(&str, T)]) -> Result<T, ConfigError> {
        let names: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
        let remedy = format!("write {}", alternatives(&names));
        let text = self.string(&remedy)?;
        let found = words.iter().find(|(name, _)| *name == text);
        found.map(|(_, meaning)| *meaning).ok_or_else(|| {
            let near = nearest(text, &names).map(|near| format!("did you mean \"{near}\"? "));
            self.error(format!("{text:?} is none of its values"), near.unwrap_or_default() + &remedy)
        })
    }

    /// An integer from `least` to `most`.
    ///
    /// # Errors
    /// [`ConfigError`] names what it is instead.
    pub fn integer(&self, least: u64, most: u64, unit: &str) -> Result<u64, ConfigError> {
        let range = match most {
            u64::MAX => format!("write a whole number of {unit}, {least} or more"),
            _ => format!("write a whole number of {unit}, from {least} to {most}"),
        };
        let DeValue::Integer(integer) = self.value else {
            return Err(self.error(format!("it is {}, not a whole number", kind(self.value)), range));
        };
        match u64::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(number) if (least..=most).contains(&number) => Ok(number),
            _ => Err(self.error(format!("{} is out of range", integer.as_str()), range)),
        }
    }

    /// A path, from the folder `base`; `~/` is the home directory.
    ///
    /// # Errors
    /// It is no string, or empty.
    pub fn path(&self, base: &Path) -> Result<PathBuf, ConfigError> {
        match self.string(PATH)? {
            "" => Err(self.error("it is empty", PATH)),
            text => Ok(base.join(home(text))),
        }
    }

    /// An address and a port, or `off`.
    ///
    /// # Errors
    /// It is neither.
    pub fn listen(&self) -> Result<Option<SocketAddr>, ConfigError> {
        let remedy = "write an address and a port, as in 127.0.0.1:9184, or off";
        match self.string(remedy)? {
            "off" => Ok(None),
            text => text
                .parse()
                .map(Some)
                .map_err(|_| self.error(format!("{text:?} is no address with a port"), remedy)),
        }
    }

    /// Whether it is a whole number.
    pub fn is_integer(&self) -> bool {
        self.value.is_integer()
    }

    /// Each item of a list.
    ///
    /// # Errors
    /// [`ConfigError`] names what it is instead.
    pub fn items<T>(
        &self,
        what: &str,
        remedy: &str,
        mut read: impl FnMut(&Value<'a>) -> Result<T, ConfigError>,
    ) -> Result<Vec<T>, ConfigError> {
        let DeValue::Array(items) = self.value else {
            return Err(self.error(format!("it is {}, not {what}", kind(self.value)), remedy));
        };
        let item = |item: &'a Spanned<DeValue<'a>>| {
            let (offset, value) = (item.span().start, item.get_ref());
            Value { source: self.source, key: self.key.clone(), offset, value }
        };
        items.iter().map(|found| read(&item(found))).collect()
    }

    fn table(&self, known: &[&str]) -> Result<Table<'a>, ConfigError> {
        match self.value {
            DeValue::Table(table) => {
                let (name, offset) = (self.key.clone(), Some(self.offset));
                Table { source: self.source, name, offset, table: Some(table) }.admit(known)
            }
            other => {
                let remedy = format!("write [{}] and its keys below", self.key);
                Err(self.error(format!("it is {}, not a table", kind(other)), remedy))
            }
        }
    }
}

/// A path below the home directory, where it says so.
pub fn home(path: &str) -> PathBuf {
    let below = path.strip_prefix("~/").zip(std::env::var_os("HOME").filter(|home| !home.is_empty()));
    below.map_or_else(|| path.into(), |(rest, home)| Path::new(&home).join(rest))
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// `a`, `a or b`, `a, b or c`, in quotes.
fn alternatives(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

/// The known word that differs least from a wrong one, if that is a slip and no other word.
pub fn nearest<'k>(wrong: &str, known: &[&'k str]) -> Option<&'k str> {
    // The distance costs the product of the lengths.
    let wrong: String = wrong.chars().take(64).collect();
    let scored = known.iter().map(|word| (distance(&wrong, word), *word));
    let (distance, word) = scored.min_by_key(|(distance, _)| *distance)?;
    (distance <= word.chars().count().div_ceil(2)).then_some(word)
}

/// Letters to insert, remove or replace.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (done, letter) in left.chars().enumerate() {
        let mut next = vec![done + 1];
        for (above, other) in row.windows(2).zip(&right) {
            let (replaced, removed) = match above {
                [diagonal, up] => (diagonal + usize::from(letter != *other), up + 1),
                _ => continue,
            };
            let inserted = next.last().map_or(usize::MAX, |left| left + 1);
            next.push(replaced.min(removed).min(inserted));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_found_and_other_words_are_not() {
        let known = ["url", "websocket", "commitment"];
        for (wrong, near) in
            [("urll", "url"), ("web_socket", "websocket"), ("comitment", "commitment"), ("ulr", "url")]
        {
            assert_eq!(nearest(wrong, &known), Some(near), "{wrong}");
        }
        assert_eq!(nearest("provers", &known), None);
        assert_eq!(nearest("x", &[]), None);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
