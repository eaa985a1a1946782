//! The report as text for people, in any width.

mod bound;
mod layout;
mod picture;
mod table;

use std::fmt;

use assay_circuits::Ranges;
use assay_interface::scales::Scales;

use super::contents::{
    Decisions, KindReport, MeasuredOn, OutputReport, ProvingTime, Report, TensorReport, WayReport,
    WeightsReport,
};
use layout::{Page, count, percent};
pub use layout::{real, real_up};
use table::{Column, Kind};

use crate::warning;

impl Report {
    /// The report as text for people, in lines of at most `width` columns (but at least 40).
    pub fn text(&self, width: usize) -> String {
        let mut page = Page::new(width);
        header(self, &mut page);
        for output in &self.outputs {
            errors(self, output, &mut page);
            if let Some(decisions) = &output.decisions {
                self::decisions(self, output, decisions, &mut page);
            }
        }
        layers(self, &mut page);
        bound::parts(&self.outputs, &mut page);
        if let Some(saturation) = &self.saturation {
            bound::saturation(saturation, &mut page);
        }
        constraints(self, &mut page);
        cost(self, &mut page);
        warnings(self, &mut page);
        page.finish()
    }
}

fn header(report: &Report, page: &mut Page) {
    page.field("model", &report.model);
    page.digest("circuit digest", &report.circuit_digest);
    page.digest("ONNX SHA-256", &report.source_digest);
    let made = match report.made_samples {
        0 => String::new(),
        made => format!(", and {} made of {}", count(made), if report.samples == 1 { "it" } else { "them" }),
    };
    page.field("calibration", &format!("{}{made}", samples(report.samples)));
    if report.outside > 0.0 {
        let range = match report.margin > 0.0 {
            true => {
                format!("the samples' range, {} wider on either side: fewer than", percent(report.margin))
            }
            false => "the samples' range: up to".to_owned(),
        };
        let outside = format!(
            "{range} {} of rows like them lie outside and are refused (--margin, --domain)",
            percent(report.outside)
        );
        page.field("domains", &outside);
    }
    for TensorReport { name, shape, bits, scales, visibility, columns } in &report.inputs {
        let format = format(*bits, scales);
        page.field("input", &format!("{name} {shape:?}, {}, {format}", visibility));
        if !columns.is_empty() {
            page.field("  of columns", &warning::names(columns));
        }
    }
    for OutputReport { name, shape, bits, scales, .. } in &report.outputs {
        page.field("output", &format!("{name} {shape:?}, {}", format(*bits, scales)));
    }
    if let Some(of_report) = &report.weights {
        page.field("weights", &weights(of_report));
    }
}

/// What committing to the weights takes.
fn weights(weights: &WeightsReport) -> String {
    let WeightsReport { count: number, constraints, fixed_constraints } = weights;
    format!(
        "{} weights and biases committed to, none in the circuit: {} constraints, where fixed weights take {}",
        count(*number),
        count(*constraints),
        count(*fixed_constraints)
    )
}

fn samples(number: usize) -> String {
    if number == 1 { "1 sample".into() } else { format!("{} samples", count(number)) }
}

fn format(bits: u8, scales: &Scales) -> String {
    if *scales == Scales::Float32 {
        return format!(
            "exact float32 ({bits} bits; integer q is the order key of a number, and none is rounded)"
        );
    }
    let Some(scale) = scales.single() else {
        return format!("{bits} bits at scales {scales} (integer q at scale s stands for q / 2^s)");
    };
    let exponent = u32::from(scale.unsigned_abs());
    let power = if exponent < 24 { (1u32 << exponent).to_string() } else { format!("2^{exponent}") };
    let meaning = match scale {
        0 => "q stands for itself".into(),
        1.. => format!("q stands for q / {power}"),
        _ => format!("q stands for q * {power}"),
    };
    format!("{bits} bits at scale {scale} (integer {meaning})")
}

fn errors(report: &Report, output: &OutputReport, page: &mut Page) {
    let of = match output.measured_on {
        MeasuredOn::Value => "",
        MeasuredOn::Score => "the scores behind ",
        MeasuredOn::Decision => "the decisions of ",
    };
    page.title(&format!("Error of {of}{}: integer model less float model", output.name));
    let measured = match report.measured_samples == report.samples {
        true => samples(report.samples),
        false => format!("{} of {}", count(report.measured_samples), samples(report.samples)),
    };
    let (max, mean, allowed) = (real(output.max_error), real(output.mean_error), real(report.max_error));
    page.paragraph("  ", &format!("largest {max} ({allowed} allowed), mean {mean}, over {measured}"));
    if report.float_engine.is_none() {
        page.paragraph("  ", "The float model is this compiler's own reading of the file: no independent engine was consulted.");
    }
    match &output.relative_error {
        Some(relative) => {
            let of_deviation = relative.of_deviation.map(|part| {
                format!(", {} of its standard deviation ({})", percent(part), real(relative.deviation))
            });
            let of_range = format!("{} of its range ({})", percent(relative.of_range), real(relative.range));
            let of_deviation = of_deviation.as_deref().unwrap_or("");
            page.paragraph("  ", &format!("The largest is {of_range}{of_deviation} in the float model."));
        }
        None => page.paragraph("  ", "The float model's output is the same for every sample."),
    }
    if let Some(bound) = &output.bound {
        bound::bound(bound, page);
    }
    let labels = [real(-report.max_error), "0".into(), real(report.max_error)];
    let picture = picture::lines(&output.errors, None, labels, page.width - 2);
    picture.iter().for_each(|line| page.line(&format!("  {line}")));
    outside(&output.errors, page);
}

/// What a picture does not show.
fn outside(histogram: &super::histogram::Histogram, page: &mut Page) {
    let sides = [(histogram.below, "lower"), (histogram.above, "higher")];
    let outside = sides.iter().filter(|(number, _)| *number > 0);
    let outside: Vec<String> = outside.map(|(number, side)| format!("{} {side}", count(*number))).collect();
    if !outside.is_empty() {
        page.paragraph("  ", &format!("not shown: {}", outside.join(", ")));
    }
}

fn decisions(report: &Report, output: &OutputReport, decisions: &Decisions, page: &mut Page) {
    let Decisions { threshold, total, flipped, near, distances } = decisions;
    let allowed = report.max_error;
    let (flipped, total, near) = (count(*flipped), count(*total), count(*near));
    let (center, what) = match threshold {
        Some(threshold) => {
            page.title(&format!("Decisions: {} >= {}", output.name, real(*threshold)));
            (*threshold, format!("lie within the allowed error of {}", real(*threshold)))
        }
        None => {
            page.title(&format!("Decisions: the largest score, {}", output.name));
            (0.0, "have two best scores within twice the allowed error".into())
        }
    };
    page.paragraph("  ", &format!("{flipped} of {total} differ from the float model's."));
    page.paragraph("  ", &format!("{near} of {total} {what}, where rounding can change them (━)."));
    if let Some(bound) = &output.bound {
        bound::band(bound, page);
    }
    let middle = (distances.low + distances.high) / 2.0;
    let labels = [distances.low, middle, distances.high].map(|distance| real(center + distance));
    let picture = picture::lines(distances, Some((-allowed, allowed)), labels, page.width - 2);
    picture.iter().for_each(|line| page.line(&format!("  {line}")));
    outside(distances, page);
    if threshold.is_none() {
        page.paragraph("  ", "Shown: half of what the best score is ahead of the next.");
    }
}

const LAYER: [Column; 8] = [
    Column { head: "step", phrase: "{}", kind: Kind::Word },
    Column { head: "size", phrase: "size {}", kind: Kind::Number },
    Column { head: "weight bits", phrase: "weights of {} bits", kind: Kind::Number },
    Column { head: "accumulator bits", phrase: "accumulators of {} bits", kind: Kind::Number },
    Column { head: "result bits", phrase: "results of {} bits", kind: Kind::Number },
    Column { head: "scale", phrase: "scale {}", kind: Kind::Number },
    Column { head: "range", phrase: "range {}", kind: Kind::Number },
    Column { head: "constraints", phrase: "{} constraints", kind: Kind::Number },
];

fn layers(report: &Report, page: &mut Page) {
    page.title("Layers");
    let rows = report.layers.iter().map(|layer| {
        let values = vec![
            layer.step.clone(),
            format!("{}x{}", layer.rows, layer.columns),
            layer.weight_bits.to_string(),
            layer.accumulator_bits.to_string(),
            format!("{}{}", layer.bits, if layer.saturates { "*" } else { "" }),
            layer.scale.to_string(),
            format!("[{}, {}]", real(layer.calibrated.0), real(layer.calibrated.1)),
            count(layer.constraints),
        ];
        (layer.name.clone(), values)
    });
    table::write(page, "layer", &LAYER, &rows.collect::<Vec<_>>());
    page.line("");
    page.paragraph(
        "  ",
        "Size: elements of the result x elements read. Bits: of the widest weight, accumulator (a weighted sum before it \
         is rounded) and result, with the sign, for any inputs. Scale s: integer q stands for q / 2^s. Range: of the \
         results in the float model, over the calibration data.",
    );
    if report.layers.iter().any(|layer| layer.saturates) {
        page.paragraph(
            "  ",
            "* saturates: for some inputs a result would need more bits, and becomes the nearest of these.",
        );
    }
}

const PART: [Column; 2] = [
    Column { head: "constraints", phrase: "{} constraints", kind: Kind::Number },
    Column { head: "kinds", phrase: "of which {}", kind: Kind::Flow },
];

fn constraints(report: &Report, page: &mut Page) {
    page.title("Constraints");
    let circuit = &report.circuit;
    let parts = circuit.parts.iter().map(|part| (part.part.as_str(), part.constraints, &part.kinds));
    let all = std::iter::once(("all parts", circuit.constraints, &circuit.kinds));
    let rows = parts
        .chain(all)
        .map(|(name, constraints, kinds)| (name.to_owned(), vec![count(constraints), by_kind(kinds)]));
    table::write(page, "part", &PART, &rows.collect::<Vec<_>>());
    page.line("");
    page.paragraph(
        "  ",
        &format!(
            "The circuit has {} wires, {} nonzero entries in its matrices and an FFT domain of {} points.",
            count(circuit.wires),
            count(circuit.nonzeros),
            count(circuit.domain)
        ),
    );
}

fn by_kind(kinds: &[KindReport]) -> String {
    let kinds: Vec<String> =
        kinds.iter().map(|kind| format!("{} {}", count(kind.constraints), kind.kind)).collect();
    kinds.join(", ")
}

fn cost(report: &Report, page: &mut Page) {
    page.title("Cost");
    let ranges = &report.ranges;
    page.field("to prove", &ranges.taken().proving.to_string());
    if let Some(bytes) = report.proving_memory_bytes {
        page.field("memory", &format!("at most {} MiB to prove", count(bytes.div_ceil(1 << 20) as usize)));
    }
    let units = &report.compute_units;
    let (by_cpi, alone) = (count(units.verify_by_cpi as usize), count(units.verify_alone as usize));
    page.field(
        "on chain",
        &format!("verify by CPI {by_cpi} compute units, the calling program included; verify alone {alone}"),
    );
    page.field("ranges", &format!("proven by {}: {}", ranges.chosen, ranges.reason));
    for (name, way) in [(Ranges::Bits, ranges.bits), (Ranges::Lookup, ranges.lookups)] {
        let name = super::contents::word(name);
        page.field(&format!("  by {name}"), &of_way(&way));
    }
}

fn of_way(way: &WayReport) -> String {
    let time = match way.proving {
        ProvingTime::Typical { with_ifma_ms, without_ifma_ms } => {
            format!("{} to {} ms", milliseconds(with_ifma_ms), milliseconds(without_ifma_ms))
        }
        ProvingTime::Here { ms } => format!("{} ms", milliseconds(ms)),
    };
    let units = count(way.compute_units.verify_by_cpi as usize);
    format!("{} constraints, {time}, verify by CPI {units}", count(way.constraints))
}

impl fmt::Display for ProvingTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            ProvingTime::Typical { with_ifma_ms, without_ifma_ms } => write!(
                f,
                "about {} ms with AVX-512 IFMA, {} ms without, on two cores of a server",
                milliseconds(with_ifma_ms),
                milliseconds(without_ifma_ms)
            ),
            ProvingTime::Here { ms } => write!(f, "about {} ms on this machine", milliseconds(ms)),
        }
    }
}

fn milliseconds(ms: f64) -> String {
    if ms < 10.0 { format!("{ms:.1}") } else { count(ms.round() as usize) }
}

fn warnings(report: &Report, page: &mut Page) {
    if report.warnings.is_empty() {
        return;
    }
    page.title("Warnings");
    for warning in &report.warnings {
        page.hanging("  ", "    ", &format!("{}: {}.", warning.code(), warning.text()));
        page.paragraph("    ", &format!("What to do: {}.", warning.remedy()));
    }
}
