//! The signature of a transaction on the wire: what a cluster answers when it takes one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;

const SIGNATURE: usize = 64;
/// First byte of a transaction of version 1; those before it begin with the number of signatures.
const VERSION_1: u8 = 0x81;

/// The first signature, in base58, of what `sendTransaction` is given: `[text, { encoding }]`, base58 unless it says base64.
pub fn signature(parameters: &Value) -> Option<String> {
    let text = parameters.get(0)?.as_str()?;
    let encoding = parameters.get(1).and_then(|options| options.get("encoding")?.as_str());
    let bytes = match encoding {
        Some("base64") => BASE64.decode(text).ok()?,
        Some("base58") | None => bs58::decode(text).into_vec().ok()?,
        Some(_) => return None,
    };
    let first = match bytes.first()? {
        // The signatures stand at the end, as many as the message's second byte says.
        &VERSION_1 => {
            let signatures =
                usize::from(*bytes.get(1)?).checked_mul(SIGNATURE).filter(|length| *length > 0)?;
            bytes.len().checked_sub(signatures)?
        }
        1..=0x7f => 1,
        _ => return None,
    };
    Some(bs58::encode(bytes.get(first..first.checked_add(SIGNATURE)?)?).into_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn signatures_are_found_in_every_version() {
        let expected = bs58::encode([7; SIGNATURE]).into_string();
        let mut early = vec![1];
        early.extend([7; SIGNATURE]);
        early.extend([0x80, 1, 0, 0]);
        let mut late = vec![VERSION_1, 2, 0, 0];
        late.extend([7; SIGNATURE]);
        late.extend([8; SIGNATURE]);
        for bytes in [early, late] {
            let base58 = bs58::encode(&bytes).into_string();
            let base64 = BASE64.encode(&bytes);
            assert_eq!(signature(&json!([base58])), Some(expected.clone()));
            assert_eq!(signature(&json!([base58, { "encoding": "base58" }])), Some(expected.clone()));
            assert_eq!(signature(&json!([base64, { "encoding": "base64" }])), Some(expected.clone()));
        }
    }

    #[test]
    fn what_is_no_transaction_has_none() {
        for parameters in
            [json!([]), json!(["0"]), json!([""]), json!(["AQ=="]), json!([1]), json!({}), json!(null)]
        {
            assert_eq!(signature(&parameters), None, "{parameters}");
        }
        for bytes in [
            vec![1, 2],
            vec![VERSION_1],
            vec![VERSION_1, 0],
            vec![VERSION_1, 3, 1],
            vec![0xff; 99],
            vec![0; 99],
        ] {
            let parameters = json!([BASE64.encode(bytes), { "encoding": "base64" }]);
            assert_eq!(signature(&parameters), None);
        }
    }
}
