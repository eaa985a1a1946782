//! Files that are read whole, within a limit.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use crate::error::Error;

/// The bytes of a file of at most `limit` bytes. The limit holds for pipes and devices too, whose length nobody says.
pub(crate) fn read(path: &Path, limit: u64) -> Result<Vec<u8>, Error> {
    let failed = |error: io::Error| Error::Io { path: path.to_owned(), error };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > limit {
        return Err(Error::TooLarge { path: path.to_owned(), limit });
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_holds() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x");
        std::fs::write(&path, [7; 100]).unwrap();
        assert_eq!(read(&path, 100).unwrap(), [7; 100]);
        assert!(matches!(read(&path, 99), Err(Error::TooLarge { limit: 99, .. })));
        assert!(matches!(read(&directory.path().join("y"), 9), Err(Error::Io { .. })));
        #[cfg(unix)]
        assert!(matches!(read(Path::new("/dev/zero"), 9), Err(Error::TooLarge { .. })));
    }
}
