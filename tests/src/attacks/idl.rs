//! What an IDL says of a program's instructions, as far as attacks need it: accounts by place, arguments byte by byte.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// A program's instructions, and the types that they name.
#[derive(Deserialize)]
pub struct Interface {
    #[serde(rename = "instructions")]
    pub signatures: Vec<Signature>,
    #[serde(default)]
    types: Vec<Named>,
}

/// One instruction.
#[derive(Deserialize)]
pub struct Signature {
    pub name: String,
    pub discriminator: Vec<u8>,
    pub accounts: Vec<Role>,
    #[serde(default)]
    args: Vec<Named>,
}

/// One of its accounts.
#[derive(Deserialize)]
pub struct Role {
    pub name: String,
}

/// A name with its type.
#[derive(Deserialize)]
struct Named {
    name: String,
    #[serde(rename = "type")]
    kind: Value,
}

/// A part of an instruction's data.
#[derive(Debug, PartialEq, Eq)]
pub struct Part {
    /// The argument, then the fields down to it; `len` behind a list is the length that it claims.
    pub path: String,
    pub at: usize,
    pub content: Content,
}

/// What lies there.
#[derive(Debug, PartialEq, Eq)]
pub enum Content {
    Number { width: usize, is_signed: bool },
    Bytes { length: usize },
}

impl Interface {
    pub fn parse(idl: &str) -> Self {
        serde_json::from_str(idl).expect("a committed IDL")
    }

    /// The instruction that some data call.
    pub fn of(&self, data: &[u8]) -> Option<&Signature> {
        self.signatures.iter().find(|signature| data.starts_with(&signature.discriminator))
    }

    /// The parts of an instruction's data, in order.
    ///
    /// # Panics
    /// When the IDL does not describe the data: it names a type that it lacks, or the lengths differ.
    pub fn parts(&self, signature: &Signature, data: &[u8]) -> Vec<Part> {
        let types = self.types.iter().map(|named| (named.name.as_str(), &named.kind)).collect();
        let mut reader = Reader { types, data, at: signature.discriminator.len(), parts: Vec::new() };
        signature.args.iter().for_each(|argument| reader.read(&argument.kind, argument.name.clone()));
        assert_eq!(reader.at, data.len(), "the IDL describes all of {}'s data", signature.name);
        reader.parts
    }
}

struct Reader<'a> {
    types: BTreeMap<&'a str, &'a Value>,
    data: &'a [u8],
    at: usize,
    parts: Vec<Part>,
}

impl Reader<'_> {
    fn push(&mut self, path: String, length: usize, content: Content) {
        self.parts.push(Part { path, at: self.at, content });
        self.at += length;
    }

    fn number(&mut self, path: String, width: usize, is_signed: bool) {
        self.push(path, width, Content::Number { width, is_signed });
    }

    fn bytes(&mut self, path: String, length: usize) {
        self.push(path, length, Content::Bytes { length });
    }

    fn read(&mut self, kind: &Value, path: String) {
        if let Some(name) = kind.as_str() {
            return self.primitive(name, path);
        }
        if let Some(array) = kind["array"].as_array() {
            let length = array[1].as_u64().expect("an array has a length") as usize;
            return self.elements(&array[0], length, &path);
        }
        if let Some(element) = kind.get("vec") {
            return self.list(element, path);
        }
        let name = kind["defined"]["name"].as_str().unwrap_or_else(|| panic!("{path} has the type {kind}"));
        let found = self.types.get(name).unwrap_or_else(|| panic!("the IDL lacks the type {name} of {path}"));
        let fields = found["fields"].as_array().unwrap_or_else(|| panic!("{name} has fields")).clone();
        for field in fields {
            let name = field["name"].as_str().expect("a field has a name");
            self.read(&field["type"], format!("{path}.{name}"));
        }
    }

    fn list(&mut self, element: &Value, path: String) {
        let length = self.data[self.at..self.at + 4].try_into().expect("four bytes");
        self.number(format!("{path}.len"), 4, false);
        self.elements(element, u32::from_le_bytes(length) as usize, &path);
    }

    fn elements(&mut self, kind: &Value, length: usize, path: &str) {
        if kind == "u8" {
            return self.bytes(path.to_owned(), length);
        }
        (0..length).for_each(|_| self.read(kind, path.to_owned()));
    }

    fn primitive(&mut self, name: &str, path: String) {
        match name {
            "pubkey" => self.bytes(path, 32),
            "bytes" => self.list(&Value::from("u8"), path),
            "bool" => self.number(path, 1, false),
            _ => {
                let (sign, bits) = name.split_at(1);
                let bits: usize = bits.parse().unwrap_or_else(|_| panic!("{path} is a {name}"));
                self.number(path, bits / 8, sign == "i");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDL: &str = r#"{
        "instructions": [{"name": "act", "discriminator": [7, 8], "accounts": [], "args": [
            {"name": "who", "type": "pubkey"},
            {"name": "claim", "type": {"defined": {"name": "Claim"}}},
            {"name": "steps", "type": {"array": ["i16", 2]}}
        ]}],
        "types": [{"name": "Claim", "type": {"kind": "struct", "fields": [
            {"name": "proof", "type": "bytes"},
            {"name": "limbs", "type": {"vec": {"array": ["u8", 32]}}},
            {"name": "score", "type": "u64"}
        ]}}]
    }"#;

    #[test]
    fn every_byte_of_the_data_has_its_part() {
        let interface = Interface::parse(IDL);
        let data = [&[7, 8][..], &[1; 32], &[3, 0, 0, 0], &[2; 3], &[1, 0, 0, 0], &[4; 32], &[5; 8], &[6; 4]]
            .concat();
        let parts = interface.parts(interface.of(&data).unwrap(), &data);
        let number = |width, is_signed| Content::Number { width, is_signed };
        let bytes = |length| Content::Bytes { length };
        let expected = [
            ("who", 2, bytes(32)),
            ("claim.proof.len", 34, number(4, false)),
            ("claim.proof", 38, bytes(3)),
            ("claim.limbs.len", 41, number(4, false)),
            ("claim.limbs", 45, bytes(32)),
            ("claim.score", 77, number(8, false)),
            ("steps", 85, number(2, true)),
            ("steps", 87, number(2, true)),
        ];
        let expected = expected.map(|(path, at, content)| Part { path: path.to_owned(), at, content });
        assert_eq!(parts, expected);
    }

    #[test]
    #[should_panic(expected = "the IDL lacks the type Claim")]
    fn a_type_that_the_idl_lacks_is_named() {
        let interface =
            Interface::parse(&IDL.replace("\"name\": \"Claim\", \"type\"", "\"name\": \"Other\", \"type\""));
        interface.parts(&interface.signatures[0], &[0; 200]);
    }
}
