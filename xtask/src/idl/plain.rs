//! What Anchor writes into an IDL that readers of IDLs do not know, put in the words that they know.
//!
//! - A type that is another name for a primitive one (`PodU128` for `u128`) is replaced by that one: the specification's aliases
//!   have another form, and Codama refuses this one.
//! - A list of bytes is `bytes`, the same in an instruction's data, and a byte array to clients instead of a list of numbers.
//! - An account's `address` is an address. Where a program takes it from another account, the macro writes the expression
//!   (`market.debt_mint`), which a client would take for a key.
//! - An account that a program only pays to carries no mark of the macro; its documentation begins with `[writable]`, and so it is.

use serde_json::{Value, json};

/// The characters of base58.
const DIGITS: &str = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// Rewrites an assembled IDL.
pub fn rewrite(idl: &mut Value) {
    let types = idl.get_mut("types").and_then(Value::as_array_mut);
    let aliases: Vec<(Value, Value)> = types.map_or(Vec::new(), |types| {
        let aliases = types.extract_if(.., |named| named["type"]["kind"] == "type");
        aliases.map(|named| (named["name"].clone(), named["type"]["alias"].clone())).collect()
    });
    let parts = idl.as_object_mut().into_iter().flat_map(|idl| idl.values_mut());
    parts.for_each(|part| visit(part, &aliases));
}

fn visit(value: &mut Value, aliases: &[(Value, Value)]) {
    if let Some((_, alias)) = aliases.iter().find(|(name, _)| value["defined"]["name"] == *name) {
        *value = alias.clone();
    }
    match value {
        Value::Object(fields) => {
            if fields.get("address").and_then(Value::as_str).is_some_and(|text| !is_address(text)) {
                fields.remove("address");
            }
            if fields.get("docs").is_some_and(is_documented_as_writable) {
                fields.insert("writable".into(), true.into());
            }
            fields.values_mut().for_each(|field| visit(field, aliases));
            if fields.get("vec").is_some_and(|element| element == "u8") {
                *value = json!("bytes");
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|element| visit(element, aliases)),
        _ => {}
    }
}

fn is_address(text: &str) -> bool {
    (32..=44).contains(&text.len()) && text.chars().all(|character| DIGITS.contains(character))
}

/// Whether the first line is of the form "0. `[signer, writable]` Who pays."
fn is_documented_as_writable(docs: &Value) -> bool {
    let marks = docs[0].as_str().and_then(|line| line.split_once(". `["));
    let marks =
        marks.filter(|(place, _)| place.parse::<u8>().is_ok()).and_then(|(_, rest)| rest.split_once("]`"));
    marks.is_some_and(|(marks, _)| marks.split(", ").any(|mark| mark == "writable"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_anchor_reads_is_rewritten() {
        let mut idl = json!({
            "address": "11111111111111111111111111111111",
            "instructions": [{
                "accounts": [
                    {"name": "mint", "address": "market.debt_mint", "docs": ["0. `[]` The mint, which is not `[writable]`."]},
                    {"name": "payer", "docs": ["1. `[signer, writable]` Who pays."]},
                    {"name": "system_program", "address": "11111111111111111111111111111111"},
                ],
                "args": [{"name": "proof", "type": {"vec": "u8"}}, {"name": "limbs", "type": {"vec": {"array": ["u8", 32]}}}],
            }],
            "types": [
                {"name": "Market", "type": {"kind": "struct", "fields": [{"type": {"defined": {"name": "PodU128"}}}, {"type": {"option": {"vec": "u8"}}}]}},
                {"name": "PodU128", "type": {"kind": "type", "alias": "u128"}},
            ],
        });
        let expected = json!({
            "address": "11111111111111111111111111111111",
            "instructions": [{
                "accounts": [
                    {"name": "mint", "docs": ["0. `[]` The mint, which is not `[writable]`."]},
                    {"name": "payer", "docs": ["1. `[signer, writable]` Who pays."], "writable": true},
                    {"name": "system_program", "address": "11111111111111111111111111111111"},
                ],
                "args": [{"name": "proof", "type": "bytes"}, {"name": "limbs", "type": {"vec": {"array": ["u8", 32]}}}],
            }],
            "types": [
                {"name": "Market", "type": {"kind": "struct", "fields": [{"type": "u128"}, {"type": {"option": "bytes"}}]}},
            ],
        });
        rewrite(&mut idl);
        assert_eq!(idl, expected);
        rewrite(&mut idl);
        assert_eq!(idl, expected, "a second time changes nothing");
    }
}
