//! Bytes as hexadecimal digits.

/// Two lower-case digits a byte.
pub(crate) fn encode(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The first eight bytes, for messages.
pub(crate) fn short(digest: &[u8; 32]) -> String {
    format!("{}...", encode(digest.split_at(8).0))
}

/// 32 bytes from 64 digits, with or without `0x`.
pub(crate) fn parse_32(text: &str) -> Option<[u8; 32]> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let (pairs, []) = digits.as_bytes().as_chunks::<2>() else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let byte = |&[high, low]: &[u8; 2]| u8::try_from(digit(high)? * 16 + digit(low)?).ok();
    pairs.iter().map(byte).collect::<Option<Vec<u8>>>()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_round_trip_and_others_are_refused() {
        let bytes: [u8; 32] = std::array::from_fn(|i| (i * 9) as u8);
        assert_eq!(parse_32(&encode(&bytes)), Some(bytes));
        assert_eq!(parse_32(&format!("0x{}", encode(&bytes).to_uppercase())), Some(bytes));
        for wrong in
            ["", "0x", &"0".repeat(63), &"0".repeat(66), &"g".repeat(64), &"é".repeat(32), &"+".repeat(64)]
        {
            assert_eq!(parse_32(wrong), None, "{wrong}");
        }
    }
}
