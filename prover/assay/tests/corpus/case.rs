//! The models of `models/corpus/corpus.csv`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// A model, and what is expected of it.
pub struct Case {
    /// The part of the corpus: a folder of models.
    pub module: String,
    pub name: String,
    pub max_error: f64,
    /// Sizes of free dimensions, by name.
    pub shape: BTreeMap<String, usize>,
    /// The outputs to prove; all of them if there are none.
    pub output: Vec<String>,
    /// Labels in order, by output.
    pub classes: BTreeMap<String, Vec<String>>,
    pub expected: Expected,
    pub folder: PathBuf,
}

/// What is to become of a model.
pub enum Expected {
    Compiles,
    /// With float inputs that are not rounded.
    CompilesExactly,
    /// Refused with a message that holds this word.
    Refused(String),
}

/// The folder of the corpus.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../models/corpus")
}

/// A folder of somebody's own models, of the corpus's form, to be tried in its place: `ASSAY_CORPUS`.
pub fn own_folder() -> Option<PathBuf> {
    env::var_os("ASSAY_CORPUS").map(PathBuf::from)
}

/// The family of each model, by module and name, and the families in their order.
pub fn families() -> (BTreeMap<(String, String), String>, Vec<String>) {
    let (mut of, mut all) = (BTreeMap::new(), Vec::new());
    for row in rows(&folder()) {
        let family = &row["family"];
        if !all.contains(family) {
            all.push(family.clone());
        }
        of.insert((row["module"].clone(), row["name"].clone()), family.clone());
    }
    (of, all)
}

impl Case {
    /// All models of a corpus, in the order of its list.
    pub fn all(folder: &Path) -> Vec<Case> {
        rows(folder).iter().map(|row| Case::of(folder, row)).collect()
    }

    fn of(folder: &Path, row: &BTreeMap<String, String>) -> Case {
        let words = |column: &str| row[column].split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let pairs = |column: &str| {
            let pair =
                |word: String| word.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned()));
            words(column).into_iter().filter_map(pair).collect::<Vec<_>>()
        };
        let expected = match (row["expect"].strip_prefix("refused: "), row["expect"].as_str()) {
            (Some(word), _) => Expected::Refused(word.to_owned()),
            (None, "compiles with exact floats") => Expected::CompilesExactly,
            (None, _) => Expected::Compiles,
        };
        Case {
            module: row["module"].clone(),
            name: row["name"].clone(),
            max_error: row["max_error"].parse().unwrap(),
            shape: pairs("shape").into_iter().map(|(name, size)| (name, size.parse().unwrap())).collect(),
            output: words("output"),
            classes: pairs("classes")
                .into_iter()
                .map(|(name, list)| (name, list.split('|').map(str::to_owned).collect()))
                .collect(),
            expected,
            folder: folder.join(&row["module"]).join(&row["name"]),
        }
    }

    /// A file of the model's folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// The rows of the list, by column. No cell holds a comma.
fn rows(folder: &Path) -> Vec<BTreeMap<String, String>> {
    let path = folder.join("corpus.csv");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut lines = text.lines();
    let columns: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        assert_eq!(cells.len(), columns.len(), "{line}");
        columns.iter().zip(cells).map(|(column, cell)| ((*column).to_owned(), cell.to_owned())).collect()
    };
    lines.map(row).collect()
}
