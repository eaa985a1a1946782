//! What `assay compile` is told.

use std::path::PathBuf;

use assay::{ExactFloats, IntegerFormat, MemberInput, Strategy, WeightsIn};

const EXAMPLE: &str = "\
Examples:
  $ assay compile model.onnx --calibration samples.csv
  $ cd models/liquidation-risk
  $ assay compile model.onnx --calibration calibration.csv --input-format 15:12 \\
      --output-format 16:8 --threshold 0

  $ assay compile forecast.onnx history.npy --shape time=24 --output risk

  $ assay compile model.onnx samples.csv --weights committed
  writes model.assay (the architecture, public) and model.weights (secret): `assay weights --help`

Weights in files beside the model, as PyTorch writes them, are found there by themselves.

Calibration data are inputs as the model will see them, in its own units: CSV with a header of
feature names, JSON, .npy or .npz. They choose scales and widths, so that no output is off by
more than --max-error-calibrated from the float model on them, and the domain of each feature,
outside which `assay prove` refuses values. --max-error is about every input of that domain, and not
about the data alone: bits are spent until that much is certified. What rounding real numbers to
integer inputs adds is told apart. Deep networks and some operators have no certificate of use; there
the calibration data alone keeps to the error, and a warning says so. The report tells what was chosen, what it costs to prove and to
verify, and what rounding does to decisions at --threshold.

Trees compare features with thresholds, and rounding a feature may take it across one that is next
to it. With --exact-floats no float input is rounded: every branch is the one that onnxruntime
takes, for every float32 number, infinities and missing values included; leaves are still rounded
when they are summed. Take it where every branch must be the library's, or where features lie on the
thresholds; it costs about 40 constraints a feature, 10 with lookups, and half as much again where
these name the leaves of deep trees. Only tree ensembles, scalers in front of them, and what
moves or casts elements, may read such inputs: --exact-floats=INPUT for one of several. Doubles in samples are rounded to
float32, as onnxruntime's input would be.

A data frame is exported with an input for each column. Where there are more than the 8 tensors that
a statement holds, columns are joined: numbers, integers, booleans, and categories for text. Data,
options and results name columns as the file does; --commit numbers hides the joined numbers (of
more than 128 there are numbers_2 and so on, and exact ones are floats); and an input that --commit
or --member names stays by itself.

A format is BITS:SCALE: signed integers of BITS bits, each standing for q * 2^-SCALE. Fix it
where another program, such as a lending market on chain, computes the inputs or reads the
outputs.

The same model and data give the same file, on every machine. The file keeps the options, so that
whoever has model and data can compile again and compare:
  $ assay compile --check model.assay model.onnx samples.csv
Exit code 0: the same model. Exit code 1: another one, and what differs is listed.";

/// `--exact-floats` without a name: what no argument of a command can be, so that an empty name is one that no input has.
const ALL: &str = "\0";

/// What describes a compilation, and is read from the compiled model with --check.
const OPTIONS: [&str; 20] = [
    "file",
    "max_error",
    "max_error_calibrated",
    "widths",
    "threshold",
    "max_flips",
    "name",
    "input_format",
    "exact_floats",
    "output_format",
    "domain",
    "margin",
    "missing",
    "commit",
    "member",
    "ranges",
    "weights",
    "shape",
    "output",
    "report",
];

/// Turn an ONNX model into integers and a circuit.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Model, as an ONNX file
    #[arg(value_name = "MODEL.onnx")]
    pub(super) model: PathBuf,
    /// Inputs in the model's own units: CSV with a header, JSON, .npy or .npz
    #[arg(value_name = "CALIBRATION", required_unless_present = "calibration")]
    pub(super) samples: Option<PathBuf>,
    /// The same, by name
    #[arg(short, long, value_name = "FILE", conflicts_with = "samples")]
    pub(super) calibration: Option<PathBuf>,
    /// Where the compiled model goes, - for standard output [default: the model's name with the ending .assay]
    #[arg(short = 'o', long = "to", value_name = "MODEL.assay")]
    pub(super) file: Option<PathBuf>,
    /// Prove this output, or inner tensor, of the model, and no other that is not named as well [default: all outputs].
    /// What the named ones do not need is left out, whether it is supported or not
    #[arg(long, value_name = "NAME")]
    pub(super) output: Vec<String>,
    /// Size of a dimension that the model leaves free, such as time=24, or x:1=24 where it has no name
    #[arg(long, value_name = "NAME=SIZE", value_parser = shape)]
    pub(super) shape: Vec<(String, usize)>,
    /// Largest absolute error of any output, for every input of the domain: certified, and kept to on the calibration data. Of an output
    /// that has no certificate of use the calibration data alone keeps to it, with a warning
    #[arg(long, value_name = "ERROR")]
    pub(super) max_error: Option<f64>,
    /// Largest absolute error of any output, over the calibration data [default: that of --max-error; without it 0.01 or, where no format
    /// keeps to that, up to a thousandth of what the outputs vary by, with a warning]
    #[arg(long, value_name = "ERROR")]
    pub(super) max_error_calibrated: Option<f64>,
    /// Width of hidden results: certified, so that none is clamped for any input of the domain, as far as that is certain and costs less
    /// than a tenth of the constraints; or calibrated, so that none is on the calibration data
    #[arg(long, value_enum, default_value_t = Widths::Certified)]
    pub(super) widths: Widths,
    /// Report how many decisions `output >= T` rounding changes
    #[arg(long, value_name = "T", allow_negative_numbers = true)]
    pub(super) threshold: Option<f64>,
    /// Allow rounding to change at most this many decisions, over the calibration data [default: one in 1,000 of those that the model
    /// itself makes, with a warning where that cannot be kept]
    #[arg(long, value_name = "N")]
    pub(super) max_flips: Option<u32>,
    /// Name of the model in its statements, at most 32 bytes [default: the ONNX graph's, or the file's where the
    /// exporter calls every graph the same]
    #[arg(long)]
    pub(super) name: Option<String>,
    /// Format of every input, such as 15:12 [default: chosen by calibration]
    #[arg(long, value_name = "BITS:SCALE", value_parser = format)]
    pub(super) input_format: Option<IntegerFormat>,
    /// Round no input of floats, or not this one: trees then branch as the model does, bit for bit
    #[arg(
        long,
        value_name = "INPUT",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = ALL,
        conflicts_with = "input_format"
    )]
    pub(super) exact_floats: Vec<String>,
    /// Format of every output, such as 16:8 [default: chosen by calibration]
    #[arg(long, value_name = "BITS:SCALE", value_parser = format)]
    pub(super) output_format: Option<IntegerFormat>,
    /// Domain of a feature, such as ltv=0:1.5; of ltv=0: or ltv=:1.5 the other end is as if none was given [default: the format's range,
    /// or else that of the calibration data]
    #[arg(long, value_name = "FEATURE=MIN:MAX", value_parser = domain)]
    pub(super) domain: Vec<(String, (f64, f64))>,
    /// Widen the domain of every feature that is the calibration data's range by this part of its span on either side, such as 50%; numbers of
    /// one sign stay so
    #[arg(long, value_name = "PART", default_value = "0%", value_parser = margin)]
    pub(super) margin: f64,
    /// This feature may be missing (NaN, an empty cell, null), beside those of which the calibration data misses some. Trees, imputers
    /// and IsNaN take missing values; models that take numbers only are refused
    #[arg(long, value_name = "FEATURE")]
    pub(super) missing: Vec<String>,
    /// Hide this input tensor behind a commitment in every statement
    #[arg(long, value_name = "INPUT")]
    pub(super) commit: Vec<String>,
    /// Prove of this input tensor only that its commitment is in a tree of this depth, such as applicant:20
    #[arg(long, value_name = "INPUT:DEPTH", value_parser = member)]
    pub(super) member: Option<MemberInput>,
    /// How the circuit proves ranges; lookups need fewer constraints and a proof with a commitment
    #[arg(long, value_enum, default_value_t = Ranges::Auto)]
    pub(super) ranges: Ranges,
    /// Where weights are: fixed, as constants of the circuit; or committed, so that the circuit is that of all models of the architecture and
    /// says nothing of the weights, which go into a file of their own (.weights, readable by the owner only)
    #[arg(long, value_enum, default_value_t = Weights::Fixed)]
    pub(super) weights: Weights,
    /// Compile again with the options in this file, and compare; nothing is written
    #[arg(long, value_name = "MODEL.assay", conflicts_with_all = OPTIONS)]
    pub(super) check: Option<PathBuf>,
    /// Also write the report as JSON
    #[arg(long, value_name = "FILE")]
    pub(super) report: Option<PathBuf>,
    /// Replace files that this command would not make again
    #[arg(long)]
    pub(super) force: bool,
}

impl Args {
    /// The inputs that are not rounded: those named, or all where the option has no name.
    pub(super) fn exact_floats(&self) -> ExactFloats {
        match self.exact_floats.as_slice() {
            [] => ExactFloats::None,
            names if names.iter().any(|name| name == ALL) => ExactFloats::All,
            names => ExactFloats::Inputs(names.iter().cloned().collect()),
        }
    }
}

/// Ways to prove that integers are in their ranges: see [`Strategy`].
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(super) enum Ranges {
    Auto,
    Bits,
    Lookup,
}

impl From<Ranges> for Strategy {
    fn from(ranges: Ranges) -> Self {
        match ranges {
            Ranges::Auto => Strategy::Auto,
            Ranges::Bits => Strategy::Bits,
            Ranges::Lookup => Strategy::Lookup,
        }
    }
}

/// Where weights are: see [`WeightsIn`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Weights {
    Fixed,
    Committed,
}

impl From<Weights> for WeightsIn {
    fn from(weights: Weights) -> Self {
        match weights {
            Weights::Fixed => WeightsIn::Fixed,
            Weights::Committed => WeightsIn::Committed,
        }
    }
}

/// Widths of hidden results: see [`assay::Widths`].
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(super) enum Widths {
    Certified,
    Calibrated,
}

impl From<Widths> for assay::Widths {
    fn from(widths: Widths) -> Self {
        match widths {
            Widths::Certified => assay::Widths::Certified,
            Widths::Calibrated => assay::Widths::Calibrated,
        }
    }
}

/// Parser of `BITS:SCALE`.
fn format(text: &str) -> Result<IntegerFormat, String> {
    let wrong = || "a format is BITS:SCALE, such as 15:12".to_owned();
    let (bits, scale) = text.split_once(':').ok_or_else(wrong)?;
    Ok(IntegerFormat { bits: bits.parse().map_err(|_| wrong())?, scale: scale.parse().map_err(|_| wrong())? })
}

/// Parser of `NAME=SIZE`.
fn shape(text: &str) -> Result<(String, usize), String> {
    let parts = text.rsplit_once('=').and_then(|(name, size)| Some((name, size.parse().ok()?)));
    let (name, size) = parts.ok_or("a size is NAME=SIZE, such as time=24")?;
    Ok((name.into(), size))
}

/// Parser of `INPUT:DEPTH`.
fn member(text: &str) -> Result<MemberInput, String> {
    let parts = text.rsplit_once(':').and_then(|(name, depth)| Some((name, depth.parse().ok()?)));
    let (name, depth) = parts.ok_or("a member is INPUT:DEPTH, such as applicant:20")?;
    Ok(MemberInput { name: name.into(), depth })
}

/// Parser of `50%` and `0.5`.
fn margin(text: &str) -> Result<f64, String> {
    let (number, unit) = text.strip_suffix('%').map_or((text, 1.0), |number| (number, 100.0));
    number
        .parse::<f64>()
        .map(|number| number / unit)
        .map_err(|_| "a margin is a part, such as 50% or 0.5".to_owned())
}

/// Parser of `FEATURE=MIN:MAX`.
fn domain(text: &str) -> Result<(String, (f64, f64)), String> {
    let wrong = || {
        "a domain is FEATURE=MIN:MAX, such as ltv=0:1.5, or one end of it, such as ltv=0: or ltv=:1.5"
            .to_owned()
    };
    let (feature, range) = text.rsplit_once('=').ok_or_else(wrong)?;
    let (min, max) = range.split_once(':').filter(|ends| *ends != ("", "")).ok_or_else(wrong)?;
    let end = |text: &str, open: f64| match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        _ if text.is_empty() => Ok(open),
        _ => Err(wrong()),
    };
    Ok((feature.to_owned(), (end(min, f64::NEG_INFINITY)?, end(max, f64::INFINITY)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_and_domains() {
        assert_eq!(format("15:12"), Ok(IntegerFormat { bits: 15, scale: 12 }));
        assert_eq!(format("8:-3"), Ok(IntegerFormat { bits: 8, scale: -3 }));
        assert!(format("15").is_err() && format("300:1").is_err() && format(":").is_err());
        assert_eq!(domain("ltv=0:1.5"), Ok(("ltv".into(), (0.0, 1.5))));
        assert_eq!(domain("a=b=-1:2"), Ok(("a=b".into(), (-1.0, 2.0))));
        assert_eq!((margin("50%"), margin("0.5")), (Ok(0.5), Ok(0.5)));
        assert!(margin("half").is_err() && margin("%").is_err());
        assert_eq!(member("a:b:20"), Ok(MemberInput { name: "a:b".into(), depth: 20 }));
        assert!(member("a").is_err() && member("a:").is_err() && member("a:300").is_err());
        assert_eq!(shape("time=24"), Ok(("time".into(), 24)));
        assert_eq!(shape("a=b:1=2"), Ok(("a=b:1".into(), 2)));
        assert!(shape("time").is_err() && shape("time=").is_err() && shape("time=-1").is_err());
        assert_eq!(domain("ltv=0:"), Ok(("ltv".into(), (0.0, f64::INFINITY))));
        assert_eq!(domain("ltv=:-1"), Ok(("ltv".into(), (f64::NEG_INFINITY, -1.0))));
        assert!(["ltv=:", "ltv=0..", "ltv=0:inf", "ltv=nan:1"].into_iter().all(|text| domain(text).is_err()));
        assert!(domain("ltv").is_err() && domain("ltv=1").is_err() && domain("ltv=a:b").is_err());
    }
}
