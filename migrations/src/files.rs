//! Files that are read: within a longest length, and with a word on what is wrong.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use crate::error::{Result, Stop};

/// The bytes of a file.
///
/// # Errors
/// There is none, it cannot be read, or it is longer than `most`.
pub fn read(path: &Path, most: u64) -> Result<Vec<u8>> {
    let failed = |what: String| {
        Stop::new(
            format!("{} cannot be read: {what}", path.display()),
            "paths of a description are those from its folder: is the name right, and the file there?",
        )
    };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| failed(error.to_string()))?;
    let read = file.take(most.saturating_add(1)).read_to_end(&mut bytes);
    match read {
        Ok(length) if u64::try_from(length).is_ok_and(|length| length <= most) => Ok(bytes),
        Ok(_) => Err(failed(format!("it is longer than {most} bytes"))),
        Err(error) => Err(failed(error.to_string())),
    }
}

/// 32 bytes of 64 hexadecimal digits.
pub fn hex32(text: &str) -> Option<[u8; 32]> {
    let digits = text.as_bytes();
    if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

/// The digest that a list of `sha256sum`'s form has for a name.
pub fn listed_digest(list: &str, name: &str) -> Option<[u8; 32]> {
    list.lines().find_map(|line| {
        let (digest, listed) = line.split_once("  ")?;
        (listed.trim() == name).then(|| hex32(digest)).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_of_a_list() {
        let digest = "ab".repeat(32);
        let list = format!("# words\n{digest}  bin/a.so\n{}  bin/b.so\nzz  bin/c.so\n", "00".repeat(32));
        assert_eq!(listed_digest(&list, "bin/a.so"), Some([0xab; 32]));
        assert_eq!(listed_digest(&list, "bin/c.so"), None);
        assert_eq!(listed_digest(&list, "bin/d.so"), None);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        assert!(read(&path, 3).unwrap_err().what.contains("/a cannot be read"));
        std::fs::write(&path, "abc").unwrap();
        assert_eq!(read(&path, 3).unwrap(), b"abc");
        assert!(read(&path, 2).unwrap_err().what.contains("longer than 2 bytes"));
    }
}
