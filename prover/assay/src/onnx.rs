//! ONNX files with the files beside them that hold their weights.

use std::{collections::BTreeMap, io, path::Path};

use assay_compiler::{OnnxFile, import::external_files};

use crate::{error::Error, files};

/// Most bytes of an ONNX file, and of all files beside it together, that are read.
const LIMIT: u64 = 2 << 30;

/// An ONNX file with the files that its tensors lie in.
///
/// # Errors
/// As [`external_data`], and where the file cannot be read or is larger than 2 GiB.
pub fn open_onnx(path: &Path) -> Result<OnnxFile, Error> {
    let bytes = files::read(path, LIMIT)?;
    let external = external_data(&bytes, path)?;
    Ok(OnnxFile { bytes, external })
}

/// The files that the tensors of an ONNX file at `path` lie in, by the names that it gives them.
///
/// Nothing outside the file's folder is read: names that lead out of it are refused when the model is compiled, and links
/// are followed only where they end inside. A file that is missing is left out, and the tensor that lies in it is named
/// when the model is compiled; so is what else is wrong with a model.
///
/// # Errors
/// [`Error::Io`] where a file cannot be read or a link leads out of the folder, [`Error::TooLarge`] where all of them have
/// more than 2 GiB.
pub fn external_data(onnx: &[u8], path: &Path) -> Result<BTreeMap<String, Vec<u8>>, Error> {
    let mut contents = BTreeMap::new();
    let names = external_files(onnx).unwrap_or_default();
    if names.is_empty() {
        return Ok(contents);
    }
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let real_folder = folder.canonicalize().map_err(|error| Error::Io { path: folder.to_owned(), error })?;
    let mut left = LIMIT;
    for name in names {
        let path = folder.join(&name);
        let failed = |error| Error::Io { path: path.clone(), error };
        let real = match path.canonicalize() {
            Ok(real) => real,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(failed(error)),
        };
        if !real.starts_with(&real_folder) {
            return Err(failed(io::Error::new(
                io::ErrorKind::InvalidInput,
                "it leads out of the model's folder, and weights are read from inside it only: copy the file itself there (cp -L)",
            )));
        }
        let bytes = files::read(&real, left)?;
        left -= bytes.len() as u64; // `read` refuses more
        contents.insert(name, bytes);
    }
    Ok(contents)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A model of one tensor whose data lies at `location`: field 7 graph, 5 initializer, 8 name, 13 external data.
    fn model(location: &str) -> Vec<u8> {
        fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
            [&[number << 3 | 2, bytes.len() as u8], bytes].concat()
        }
        let entry = [field(1, b"location"), field(2, location.as_bytes())].concat();
        let tensor = [field(8, b"w"), field(13, &entry), vec![14 << 3, 1]].concat();
        field(7, &field(5, &tensor))
    }

    #[test]
    fn weights_come_from_inside_the_folder_only() {
        let directory = tempfile::tempdir().unwrap();
        let folder = directory.path().join("model");
        std::fs::create_dir_all(folder.join("weights")).unwrap();
        std::fs::write(directory.path().join("secret"), [1]).unwrap();
        std::fs::write(folder.join("weights/w"), [2; 3]).unwrap();
        let of = |location: &str| external_data(&model(location), &folder.join("model.onnx"));
        assert_eq!(of("weights/w").unwrap()["weights/w"], [2; 3]);
        assert_eq!(of("./weights/w").unwrap()["weights/w"], [2; 3]);
        for missing in ["absent", "../secret", "/etc/hostname"] {
            assert!(of(missing).unwrap().is_empty(), "{missing}");
        }
        assert!(external_data(b"no model", Path::new("x")).unwrap().is_empty());
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("../secret", folder.join("out")).unwrap();
            std::os::unix::fs::symlink("weights/w", folder.join("in")).unwrap();
            std::os::unix::fs::symlink("..", folder.join("up")).unwrap();
            assert_eq!(of("in").unwrap()["in"], [2; 3]);
            assert!(matches!(of("out"), Err(Error::Io { .. })));
            assert!(matches!(of("up/secret"), Err(Error::Io { .. })));
        }
    }
}
