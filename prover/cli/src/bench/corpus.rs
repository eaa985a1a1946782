//! A folder of models, measured by family.
//!
//! The folder has a `corpus.csv` with a row for each model, as `models/corpus` has: columns `module`, `name`, `family`,
//! `max_error`, `shape` (`NAME=SIZE`, separated by spaces), `output` (names) and `expect` (`compiles`, `compiles with exact floats`, or
//! anything else for a model that is to be refused and is left out); others are not read. A model lies in `MODULE/NAME/`: `model.onnx` and
//! `calibration.csv`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow};
use assay::{CompileOptions, ExactFloats, Keys, Model, Samples};
use serde::Serialize;

use super::measure::add_proofs;
use super::series::{Series, Spread};
use crate::failure::{self, hinted};
use crate::files;
use crate::ui::{Table, duration};

/// What a list expects of a model whose float inputs are not rounded.
const EXACT: &str = "compiles with exact floats";
/// Most bytes of a list of models.
const LONGEST_LIST: u64 = 16 << 20;

/// A model of the list.
pub struct Entry {
    /// The models that it is counted with.
    pub family: String,
    /// `MODULE/NAME`.
    pub name: String,
    folder: PathBuf,
    options: CompileOptions,
}

/// What a model costs, or why it cannot be measured.
#[derive(Serialize)]
pub struct Row {
    /// The models that it is counted with.
    pub family: String,
    /// `MODULE/NAME`.
    pub name: String,
    /// What it costs, or why it cannot be measured.
    #[serde(flatten)]
    pub finding: Finding,
}

/// What it costs, or why it cannot be measured.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Finding {
    /// What it costs.
    Measured(Figures),
    /// Why it cannot be compiled or proven.
    Refused(String),
}

impl Row {
    fn figures(&self) -> Option<&Figures> {
        match &self.finding {
            Finding::Measured(figures) => Some(figures),
            Finding::Refused(_) => None,
        }
    }
}

/// What a model costs.
#[derive(Serialize)]
pub struct Figures {
    /// Constraints.
    pub constraints: usize,
    /// Size of a proof.
    pub proof_bytes: usize,
    /// From the ONNX file to the circuit.
    pub compile_ms: f64,
    /// Development keys.
    pub setup_ms: f64,
    /// Spread of each phase of proving, in the order of the work.
    pub times: Vec<(String, Spread)>,
}

impl Figures {
    fn decision(&self) -> Option<f64> {
        self.times.iter().find(|(name, _)| name == "witness + prove").map(|(_, spread)| spread.median_ms)
    }
}

/// The models of `folder/corpus.csv` that are to compile and whose family, module or name has `only` in it.
///
/// # Errors
/// Where the list cannot be read, lacks a column, has a row of another length or a number that is none, or where no model is
/// left.
pub fn entries(folder: &Path, only: Option<&str>) -> anyhow::Result<Vec<Entry>> {
    let path = folder.join("corpus.csv");
    let text = String::from_utf8(files::read(&path, "list of models", LONGEST_LIST)?)
        .with_context(|| format!("{} is not text in UTF-8", path.display()))?;
    let mut lines = text.lines();
    let columns: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let mut entries = Vec::new();
    for (line, row) in (2..).zip(lines.filter(|line| !line.is_empty())) {
        let at = || format!("{}, line {line}", path.display());
        let cells: Vec<&str> = row.split(',').collect();
        if cells.len() != columns.len() {
            return Err(anyhow!("{}: {} cells under {} columns", at(), cells.len(), columns.len()));
        }
        let row: BTreeMap<&str, &str> = columns.iter().copied().zip(cells).collect();
        let entry = Entry::of(folder, &row).with_context(at)?;
        let wanted = only.is_none_or(|word| entry.family.contains(word) || entry.name.contains(word));
        if matches!(row.get("expect"), Some(&("compiles" | EXACT))) && wanted {
            entries.push(entry);
        }
    }
    if entries.is_empty() {
        let what = only
            .map_or_else(|| "no model".into(), |word| format!("no model with {word:?} in family or name"));
        return Err(hinted(
            anyhow!("{} lists {what} that is to compile", path.display()),
            "the columns family, module and name say what there is; expect says `compiles`",
        ));
    }
    Ok(entries)
}

impl Entry {
    fn of(folder: &Path, row: &BTreeMap<&str, &str>) -> anyhow::Result<Entry> {
        let cell =
            |column: &str| row.get(column).copied().ok_or_else(|| anyhow!("there is no column {column}"));
        let mut shapes = BTreeMap::new();
        for word in cell("shape")?.split_whitespace() {
            let size =
                word.split_once('=').and_then(|(name, size)| Some((name.to_owned(), size.parse().ok()?)));
            let (name, size) = size.ok_or_else(|| anyhow!("shape: {word:?} is not NAME=SIZE"))?;
            shapes.insert(name, size);
        }
        let max_error = cell("max_error")?;
        let options = CompileOptions {
            max_error: max_error.parse().map_err(|_| anyhow!("max_error: {max_error:?} is not a number"))?,
            shapes,
            outputs: cell("output")?.split_whitespace().map(str::to_owned).collect(),
            exact_floats: if row.get("expect") == Some(&EXACT) {
                ExactFloats::All
            } else {
                ExactFloats::None
            },
            ..CompileOptions::default()
        };
        let (module, name) = (cell("module")?, cell("name")?);
        Ok(Entry {
            family: cell("family")?.to_owned(),
            name: format!("{module}/{name}"),
            folder: folder.join(module).join(name),
            options,
        })
    }

    /// Compiles the model, makes development keys and proves `runs` times after one that warms up.
    pub fn measure(&self, runs: u32) -> Row {
        let finding = match self.figures(runs) {
            Ok(figures) => Finding::Measured(figures),
            Err(error) => Finding::Refused(failure::message(&error)),
        };
        Row { family: self.family.clone(), name: self.name.clone(), finding }
    }

    fn figures(&self, runs: u32) -> anyhow::Result<Figures> {
        let onnx = assay::open_onnx(&self.folder.join("model.onnx"))?;
        let samples = Samples::open(&self.folder.join("calibration.csv"))?;
        let (compiled, compile) = timed(|| Model::compile(&onnx, &samples, &self.options));
        let model = compiled?.model;
        let mut rng = assay::system_rng()?;
        let (keys, setup) = timed(|| Keys::setup(&model, &mut rng));
        let mut series = Series::default();
        let proof_bytes = add_proofs(&mut series, &model, &keys?, runs, || ())?;
        Ok(Figures {
            constraints: model.circuit().stats().constraints,
            proof_bytes,
            compile_ms: compile.as_secs_f64() * 1e3,
            setup_ms: setup.as_secs_f64() * 1e3,
            times: series.spreads(),
        })
    }
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    (work(), start.elapsed())
}

/// A line for each family, in the order of the list, and the models that cannot be measured.
pub fn text(rows: &[Row]) -> String {
    let mut families: Vec<&str> = Vec::new();
    for row in rows {
        if !families.contains(&row.family.as_str()) {
            families.push(&row.family);
        }
    }
    let mut table =
        Table::new(["least / median / most", "models", "constraints", "witness + prove", "compile"]);
    for family in families {
        let of: Vec<&Figures> =
            rows.iter().filter(|row| row.family == family).filter_map(Row::figures).collect();
        table.row([
            family.to_owned(),
            of.len().to_string(),
            range(of.iter().map(|row| row.constraints as f64).collect(), |count| format!("{count:.0}")),
            range(of.iter().filter_map(|row| row.decision()).collect(), time),
            range(of.iter().map(|row| row.compile_ms).collect(), time),
        ]);
    }
    let refused: String = rows
        .iter()
        .filter_map(|row| match &row.finding {
            Finding::Measured(_) => None,
            Finding::Refused(reason) => Some(format!("not measured: {}: {reason}\n", row.name)),
        })
        .collect();
    format!("{}{refused}", table.render())
}

/// The least, the median (of two in the middle the upper) and the greatest of some figures.
fn range(mut figures: Vec<f64>, show: impl Fn(f64) -> String) -> String {
    figures.sort_by(f64::total_cmp);
    match (figures.first(), figures.get(figures.len() / 2), figures.last()) {
        (Some(&least), Some(&middle), Some(&most)) => {
            format!("{} / {} / {}", show(least), show(middle), show(most))
        }
        _ => "none".into(),
    }
}

fn time(ms: f64) -> String {
    duration(Duration::from_secs_f64((ms / 1e3).clamp(0.0, 1e9)))
}
