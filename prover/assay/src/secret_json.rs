//! JSON objects that hold secrets: what is wrong with one is said without its contents.
//!
//! The parser's own messages quote what they found, and messages end up in logs: of a file that holds a secret where an object
//! should be, or of two files mixed up, they would print it. Here a message has a place and a rule. Names that are no plain words
//! are not repeated either, and a name that stands twice is refused: of two secrets, readers could take different ones.

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{Map, Value, error::Category};

/// Longest name that a message repeats.
const MAX_SHOWN: usize = 24;

/// The object that the bytes are, or why they are none.
pub(crate) fn object(json: &[u8]) -> Result<Map<String, Value>, String> {
    let Fields(fields) = serde_json::from_slice(json).map_err(|error| {
        let place = format!("at line {}, column {}", error.line(), error.column());
        match error.classify() {
            Category::Data => format!("another value {place}"),
            Category::Eof => format!("it ends too early, {place}"),
            Category::Syntax | Category::Io => format!("no JSON {place}"),
        }
    })?;
    let mut object = Map::new();
    for (name, value) in fields {
        let twice = format!("{} stands there twice", shown(&name));
        if object.insert(name, value).is_some() {
            return Err(twice);
        }
    }
    Ok(object)
}

/// A name as a message may repeat it.
pub(crate) fn shown(name: &str) -> String {
    let plain = name.len() <= MAX_SHOWN && name.chars().all(|c| c.is_ascii_alphabetic() || c == '_');
    if plain { format!("{name:?}") } else { format!("a name of {} bytes", name.len()) }
}

/// The fields as they stand, repeated ones too.
struct Fields(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Fields, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Fields;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "0x07b51cba2455ebdcc8c2338267cf914c135a621171ac17a18264f5fa63ff49f9";

    #[test]
    fn objects_are_read() {
        let read = object(br#"{"b": [1], "a": "x"}"#).unwrap();
        assert_eq!(Value::Object(read), serde_json::json!({ "a": "x", "b": [1] }));
        assert_eq!(object(b"{}"), Ok(Map::new()));
    }

    #[test]
    fn no_message_repeats_what_it_found() {
        let deep = format!("{}\"{SECRET}\"{}", "[".repeat(1_000), "]".repeat(1_000));
        for (json, message) in [
            (format!("\"{SECRET}\""), "another value at line 1, "),
            (format!("\n[\"{SECRET}\"]"), "another value at line 2, "),
            ("12345678901234567890".into(), "another value at line 1, "),
            (SECRET.into(), "another value at line 1, "),
            (format!("{{\"{SECRET}"), "it ends too early, at line 1, "),
            (format!("{{\"secret\": \"{SECRET}\" \"{SECRET}\"}}"), "no JSON at line 1, "),
            (format!("{{\"secret\": \"{SECRET}\", \"secret\": 1}}"), "\"secret\" stands there twice"),
            (format!("{{\"{SECRET}\": 1, \"{SECRET}\": 1}}"), "a name of 66 bytes stands there twice"),
            (format!("{{\"secret\": {deep}}}"), "no JSON at line 1, "),
        ] {
            let said = object(json.as_bytes()).unwrap_err();
            assert!(said.starts_with(message) && !said.contains(&SECRET[2..]), "{json}: {said}");
        }
        assert!(object(b"\xff").unwrap_err().starts_with("no JSON"));
    }

    #[test]
    fn only_plain_names_are_repeated() {
        assert_eq!(shown("depth"), "\"depth\"");
        assert_eq!(shown(SECRET), "a name of 66 bytes");
        assert_eq!(shown("7b51cba2"), "a name of 8 bytes");
        assert_eq!(shown("a\u{1b}[31m"), "a name of 6 bytes");
    }
}
