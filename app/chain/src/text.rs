//! A server's words, before anybody reads them.

/// Most characters that are taken over of one message.
const MOST: usize = 500;

/// Whether a character is not seen, or changes how others are seen: controls, and what Unicode calls formats.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// One line of a server's: hidden characters as escapes, and no more than can be read.
pub fn clean(text: &str) -> String {
    let mut shown = String::new();
    for (position, c) in text.chars().enumerate() {
        if position == MOST {
            shown.push_str("...");
            break;
        }
        if is_hidden(c) { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_hides_and_nothing_floods() {
        assert_eq!(
            clean("a\n\u{202e}b\u{2069}\u{200b}\u{feff}é"),
            "a\\n\\u{202e}b\\u{2069}\\u{200b}\\u{feff}é"
        );
        assert_eq!(clean(&"é".repeat(1_000)), "é".repeat(500) + "...");
        assert_eq!(clean(&"a".repeat(500)), "a".repeat(500));
    }
}
