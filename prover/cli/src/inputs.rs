//! Inputs from files: which samples of which file, as the model takes them, and the salts of those that a statement hides.

use std::path::Path;
use std::str::FromStr;

use anyhow::{Context, anyhow};
use assay::{Feature, Inputs, Membership, Salts, SampleFormat, Samples};

use crate::artifacts::Model;
use crate::failure::{HintExt, hinted};
use crate::files;
use crate::ui;

/// Most bytes of samples that are read.
const SAMPLES: u64 = 1 << 30;
/// Most bytes of a file of salts that are read.
const SALTS: u64 = 1 << 20;
/// Most bytes of a membership that are read.
const MEMBERSHIP: u64 = 1 << 16;

/// Which samples of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rows {
    /// The only one.
    Only,
    /// One, counted from 1.
    One(usize),
    /// Some.
    Some(Ranges),
    /// Every one.
    All,
}

/// Rows such as `1-100,205`, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranges(Vec<(usize, usize)>);

impl FromStr for Ranges {
    type Err = String;

    fn from_str(text: &str) -> Result<Ranges, String> {
        let wrong = || "rows are numbers and ranges, counted from 1, such as 1-100,205".to_owned();
        let number = |text: &str| text.parse::<usize>().ok().filter(|number| *number > 0).ok_or_else(wrong);
        let range = |text: &str| {
            let (first, last) = text.split_once('-').unwrap_or((text, text));
            let (first, last) = (number(first)?, number(last)?);
            if first <= last { Ok((first, last)) } else { Err(wrong()) }
        };
        let mut ranges: Vec<(usize, usize)> = text.split(',').map(range).collect::<Result<_, _>>()?;
        ranges.sort_unstable();
        match ranges.windows(2).find(|pair| matches!(pair, [(_, last), (next, _)] if next <= last)) {
            Some(_) => Err("a row is named twice".into()),
            None => Ok(Ranges(ranges)),
        }
    }
}

impl Rows {
    /// The choice that the options make.
    pub fn chosen(row: Option<usize>, rows: Option<Ranges>, every: bool) -> Rows {
        match (row, rows, every) {
            (Some(row), ..) => Rows::One(row),
            (None, Some(rows), _) => Rows::Some(rows),
            (None, None, true) => Rows::All,
            (None, None, false) => Rows::Only,
        }
    }

    /// Whether the result is a list, of however many.
    pub fn are_many(&self) -> bool {
        matches!(self, Rows::Some(_) | Rows::All)
    }

    /// The rows of a file with `count` samples, counted from 1.
    fn of(&self, count: usize, file: &str) -> anyhow::Result<Vec<usize>> {
        let last = match self {
            Rows::Only if count == 1 => return Ok(vec![1]),
            Rows::Only => {
                return Err(hinted(
                    anyhow!("{file} holds {count} samples, and one is needed"),
                    "choose one with --row, counted from 1, or several with --rows or --all",
                ));
            }
            Rows::One(0) => return Err(anyhow!("rows are counted from 1")),
            Rows::One(row) => *row,
            Rows::Some(Ranges(ranges)) => ranges.last().map_or(0, |(_, last)| *last),
            Rows::All => count,
        };
        if last > count {
            return Err(anyhow!("{file} has {count} samples, no row {last}"));
        }
        Ok(match self {
            Rows::Some(Ranges(ranges)) => ranges.iter().flat_map(|(first, last)| *first..=*last).collect(),
            Rows::All => (1..=count).collect(),
            Rows::Only | Rows::One(_) => vec![last],
        })
    }
}

/// The samples in a file, by its ending, or by its first bytes where the ending tells nothing.
pub fn read_samples(path: &Path, what: &str) -> anyhow::Result<Samples> {
    let bytes = files::read(path, what, SAMPLES)?;
    let format = SampleFormat::of_name(path).unwrap_or_else(|| SampleFormat::of_bytes(&bytes));
    Samples::read_as(format, &bytes).with_context(|| show(path))
}

/// What rows were chosen: each row's number and integers, and how many samples the file has.
pub struct Chosen {
    /// Rows counted from 1, with what the model takes.
    pub rows: Vec<(usize, Inputs)>,
    /// Samples of the file.
    pub samples: usize,
}

/// The chosen samples of a file in the model's integers. All of them are checked before any is returned.
pub fn choose(model: &Model, path: &Path, rows: &Rows) -> anyhow::Result<Chosen> {
    let Each { rows, samples } = choose_each(model, path, rows)?;
    let rows = rows.into_iter().map(|(row, inputs)| Ok((row, inputs?))).collect::<anyhow::Result<_>>()?;
    Ok(Chosen { rows, samples })
}

/// What rows were chosen, as [`Chosen`], where some may have values that the model does not take.
pub struct Each {
    /// Rows counted from 1, with what the model takes, or why it takes none.
    pub rows: Vec<(usize, anyhow::Result<Inputs>)>,
    /// Samples of the file.
    pub samples: usize,
}

/// The chosen samples of a file, each in the model's integers or refused.
pub fn choose_each(model: &Model, path: &Path, rows: &Rows) -> anyhow::Result<Each> {
    let (chosen, samples) = arranged(model, path, rows)?;
    let taken = taken(model, path, &chosen, samples);
    let rows = chosen.iter().map(|(row, sample)| (*row, taken(*row, sample))).collect();
    Ok(Each { rows, samples })
}

/// The one chosen sample in real numbers, which the model takes.
pub fn choose_real(model: &Model, path: &Path, row: Option<usize>) -> anyhow::Result<Vec<f64>> {
    let (chosen, samples) = arranged(model, path, &row.map_or(Rows::Only, Rows::One))?;
    let taken = taken(model, path, &chosen, samples);
    let (row, sample) = chosen.first().with_context(|| format!("{} holds no sample", show(path)))?;
    taken(*row, sample).map(|_| sample.clone())
}

/// Samples with their numbers, and how many the file has.
type Arranged = (Vec<(usize, Vec<f64>)>, usize);

/// The chosen samples of a file in the order of the model's features, with their numbers, and how many samples the file has.
fn arranged(model: &Model, path: &Path, rows: &Rows) -> anyhow::Result<Arranged> {
    let file = show(path);
    let samples = read_samples(path, "input")?;
    let arranged = model
        .model
        .compiled()
        .arrange(samples.table())
        .map_err(assay::Error::from)
        .with_context(|| file.clone())
        .or_hint(|| "`assay inspect` shows the model's tensors and features")?;
    arranged.warnings.iter().for_each(|warning| ui::warn(&format!("{file}: {}", warning.text())));
    let mut samples = arranged.rows;
    let count = samples.len();
    let sample = |row: usize| {
        let sample = row.checked_sub(1).and_then(|index| samples.get_mut(index)).map(std::mem::take);
        Ok((row, sample.with_context(|| format!("{file} has no row {row}"))?))
    };
    let chosen = rows.of(count, &file)?.into_iter().map(sample).collect::<anyhow::Result<_>>()?;
    Ok((chosen, count))
}

/// What makes integers of a chosen sample of a file of so many, or refuses it with what takes all chosen ones.
fn taken<'a>(
    model: &'a Model,
    path: &Path,
    chosen: &[(usize, Vec<f64>)],
    samples: usize,
) -> impl Fn(usize, &[f64]) -> anyhow::Result<Inputs> + 'a {
    let (file, wider) = (show(path), wider(model, chosen.iter().map(|(_, sample)| sample)));
    move |row, sample| {
        let place = || if samples == 1 { file.clone() } else { format!("{file}, row {row}") };
        model.model.quantize(sample).with_context(place).hint(|| match &wider {
            Some(wider) => {
                format!("`assay compile` with wider calibration data, --margin or --input-format, or for these rows with{wider}")
            }
            None => "`assay inspect` shows the model's features and their declared domains".to_owned(),
        })
    }
}

/// The options of `assay compile` that widen domains to all values of these rows, where some lie outside; of many features the first.
fn wider<'a>(model: &Model, rows: impl Iterator<Item = &'a Vec<f64>> + Clone) -> Option<String> {
    const SHOWN: usize = 8;
    let outside = |(position, feature): (usize, &Feature)| {
        let values = rows.clone().filter_map(move |row| row.get(position).copied());
        let mut values = values.filter(|value| value.is_finite() && !feature.contains(*value)).peekable();
        values.peek()?;
        let (min, max) =
            values.fold((feature.min, feature.max), |(min, max), value| (min.min(value), max.max(value)));
        Some(format!(" --domain '{}={min}:{max}'", feature.name))
    };
    let all: Vec<String> = model.model.features().iter().enumerate().filter_map(outside).collect();
    let more =
        all.len().checked_sub(SHOWN + 1).map_or_else(String::new, |more| format!(" and {} more", more + 1));
    (!all.is_empty()).then(|| all.into_iter().take(SHOWN).collect::<String>() + &more)
}

/// The one chosen sample.
pub fn choose_one(model: &Model, path: &Path, row: Option<usize>) -> anyhow::Result<Inputs> {
    let rows = row.map_or(Rows::Only, Rows::One);
    let chosen = choose(model, path, &rows)?.rows.into_iter().next();
    let (_, inputs) = chosen.with_context(|| format!("{} holds no sample", show(path)))?;
    Ok(inputs)
}

/// The inputs with the membership in a file that `assay member path` wrote, where one is given.
pub fn with_membership(inputs: Inputs, path: Option<&Path>) -> anyhow::Result<Inputs> {
    let Some(path) = path else { return Ok(inputs) };
    let bytes = files::read(path, "membership", MEMBERSHIP)?;
    let membership = Membership::from_json(&bytes).and_then(|membership| inputs.with_membership(membership));
    membership.with_context(|| show(path)).or_hint(|| "`assay member path` writes it")
}

/// The salts in a file that `assay prove --save-salts` wrote for this model.
pub fn read_salts(model: &Model, path: &Path) -> anyhow::Result<Salts> {
    let bytes = files::read(path, "file of salts", SALTS)?;
    Salts::from_json(&model.model, &bytes)
        .with_context(|| show(path))
        .hint(|| "`assay prove --save-salts` writes it: a JSON object of salts by input name")
}

fn show(path: &Path) -> String {
    if files::is_standard(path) { "standard input".into() } else { path.display().to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_by_number_and_range() {
        let of =
            |text: &str, count| Rows::Some(text.parse().unwrap()).of(count, "f").map_err(|e| e.to_string());
        assert_eq!(of("3", 5), Ok(vec![3]));
        assert_eq!(of("4-5,1-2", 5), Ok(vec![1, 2, 4, 5]));
        assert_eq!(of("4-6", 5), Err("f has 5 samples, no row 6".into()));
        for wrong in ["", "0", "2-1", "a", "1-", "-3", "1,,2", "1-3,2", "5,5"] {
            assert!(wrong.parse::<Ranges>().is_err(), "{wrong}");
        }
        assert_eq!(Rows::All.of(3, "f").unwrap(), [1, 2, 3]);
        assert_eq!(Rows::Only.of(1, "f").unwrap(), [1]);
        assert!(Rows::Only.of(2, "f").is_err() && Rows::One(0).of(2, "f").is_err());
        assert!(Rows::One(usize::MAX).of(2, "f").is_err());
    }
}
