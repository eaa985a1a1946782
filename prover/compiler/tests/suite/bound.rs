//! The bound that holds: no input of the declared domain is further off than is certified, of thousands that a search goes through.

use assay_compiler::import::import;
use assay_compiler::model::Model;
use assay_compiler::report::{CertifiedReport, MeasuredOn};
use assay_compiler::{CompiledModel, Format, Options, Report, Strategy, Table, Widths, compile};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;

use crate::builder::*;
use crate::networks::perceptron;
use crate::trees::{leaf, regressor};

/// Inputs that are looked at.
const POINTS: usize = 10_000;

/// The integers of each element's domain.
fn domains(compiled: &CompiledModel) -> Vec<(i64, i64, f64)> {
    let scales: Vec<i8> = compiled
        .graph
        .inputs
        .iter()
        .flat_map(|input| input.scales.each(&input.shape).take(input.elements()))
        .flatten()
        .collect();
    let bits =
        compiled.graph.inputs.iter().flat_map(|input| std::iter::repeat_n(input.bits, input.elements()));
    let domain = |((feature, scale), bits): ((&assay_compiler::Feature, i8), u8)| {
        let unit = 2f64.powi(scale.into());
        let half = 1i64 << (bits - 1);
        let end = |x: f64| ((x * unit).round() as i64).clamp(-half, half - 1);
        (end(feature.min), end(feature.max), 1.0 / unit)
    };
    compiled.features.iter().zip(scales).zip(bits).map(domain).collect()
}

/// What the float model gives more than the integers, of every element of the first output.
fn off(compiled: &CompiledModel, model: &Model, q: &[i64], units: &[(i64, i64, f64)]) -> Vec<f64> {
    let mut rest = q;
    let of_input = |input: &assay_compiler::quantize::QuantInput| {
        let (first, others) = rest.split_at(input.elements());
        rest = others;
        first.to_vec()
    };
    let inputs: Vec<Vec<i64>> = compiled.graph.inputs.iter().map(of_input).collect();
    let x: Vec<f64> = q.iter().zip(units).map(|(&q, unit)| q as f64 * unit.2).collect();
    let integers = compiled.dequantize_outputs(&compiled.run_reference(&inputs).unwrap());
    model.evaluate(&x)[0].iter().zip(&integers[0]).map(|(float, integer)| float - integer).collect()
}

/// Goes through inputs, uphill from corners, and holds each against the bound; the largest that is found.
pub fn hold(onnx: &Onnx, compiled: &CompiledModel, certified: &CertifiedReport) -> f64 {
    let model = import(&onnx.bytes()).unwrap();
    let (domains, mut rng) = (domains(compiled), ChaCha20Rng::seed_from_u64(23));
    let mut largest = 0.0f64;
    let mut left = POINTS;
    while left > 0 {
        let mut q: Vec<i64> =
            domains.iter().map(|&(first, last, _)| if rng.gen_bool(0.5) { first } else { last }).collect();
        let (mut best, mut tries) = (0.0f64, 0);
        while left > 0 && tries < 300 {
            (left, tries) = (left - 1, tries + 1);
            let at = rng.gen_range(0..q.len());
            let (first, last, _) = domains[at];
            let near = (q[at] + rng.gen_range(-3..=3)).clamp(first, last);
            let before = std::mem::replace(
                &mut q[at],
                [first, last, near, rng.gen_range(first..=last)][rng.gen_range(0..4)],
            );
            let off = off(compiled, &model, &q, &domains);
            for off in &off {
                let is_inside = certified.low - 1e-9 <= *off && *off <= certified.high + 1e-9;
                assert!(is_inside, "{off} of {certified:?}");
            }
            let worst = off.into_iter().fold(0.0, |worst: f64, off| worst.max(off.abs()));
            if worst >= best {
                best = worst;
            } else {
                q[at] = before;
            }
            largest = largest.max(worst);
        }
    }
    largest
}

/// The report's certificate of the first output.
fn certified(report: &Report) -> &CertifiedReport {
    let bound = report.outputs[0].bound.as_ref().unwrap();
    bound.certified.as_ref().unwrap_or_else(|| panic!("{bound:?}"))
}

/// Compiles a model both ways and holds it against its bounds. The ratio of a bound to what was found is at most `most`, or `saturating`
/// where something may saturate: few inputs reach that, if any do.
fn hold_both(what: &str, onnx: &Onnx, options: &Options, (most, saturating): (f64, f64)) {
    for ranges in [Strategy::Bits, Strategy::Lookup] {
        let (compiled, report) = compiled(onnx, &Options { ranges, ..options.clone() });
        let certified = certified(&report);
        let found = hold(onnx, &compiled, certified).max(report.outputs[0].bound.as_ref().unwrap().found);
        println!(
            "{ranges:?}: found {found}, certified {}, calibration {}",
            certified.error, report.outputs[0].max_error
        );
        assert!(certified.raw >= certified.error || report.outputs[0].measured_on == MeasuredOn::Score);
        let parts: f64 = certified
            .layers
            .iter()
            .map(|part| part.weights + part.rounding + part.tables + part.saturation)
            .sum();
        assert!((parts - 1.0).abs() < 1e-6 || certified.error == 0.0, "{certified:?}");
        let (ratio, count) = (certified.error / found, certified.saturating);
        println!("{what}: ratio {ratio}, {count} saturating");
        assert!(ratio <= if count == 0 { most } else { saturating }, "{what}, {ranges:?}: {ratio}, {count}");
    }
}

fn options(max_error: f64) -> Options {
    Options { max_error, ..Options::default() }
}

/// Every output of perceptrons stays inside, and bounds are within the factor that they were measured to be.
#[test]
fn perceptrons() {
    for (sizes, most) in [
        (&[4i64, 1][..], (1.6, 1.6)),
        (&[6, 8, 1], (4.0, 4.0)),
        (&[16, 32, 16, 1], (20.0, 250.0)),
        (&[5, 12, 10, 8, 2], (20.0, 60.0)),
    ] {
        hold_both(&format!("{sizes:?}"), &perceptron(sizes, 3), &options(0.02), most);
    }
}

/// Layers of one function each, behind a matrix and in front of one.
fn behind_a_matrix(function: &str, attributes: Vec<assay_compiler::onnx::AttributeProto>) -> Onnx {
    let weights = |count: usize, by: usize| {
        (0..count).map(|i| ((i * by) % 13) as f32 / 13.0 - 0.45).collect::<Vec<f32>>()
    };
    Onnx::with_opset(20)
        .input("x", &[1, 3])
        .floats("w", &[3, 4], &weights(12, 5))
        .floats("b", &[4], &weights(4, 3))
        .floats("v", &[4, 2], &weights(8, 7))
        .node("g", "Gemm", &["x", "w", "b"], vec![])
        .node("h", function, &["g"], attributes)
        .node("y", "MatMul", &["h", "v"], vec![])
        .output("y")
}

#[test]
fn functions() {
    for function in [
        "Sigmoid",
        "Tanh",
        "Relu",
        "Erf",
        "Softplus",
        "Elu",
        "LeakyRelu",
        "HardSigmoid",
        "HardSwish",
        "Gelu",
        "Selu",
        "Mish",
        "Softsign",
        "Exp",
        "Abs",
        "Atan",
        "Sin",
    ] {
        hold_both(function, &behind_a_matrix(function, vec![]), &options(0.01), (12.0, 12.0));
    }
    hold_both("Softmax", &behind_a_matrix("Softmax", vec![]), &options(0.01), (20.0, 80.0));
    hold_both("LogSoftmax", &behind_a_matrix("LogSoftmax", vec![]), &options(0.01), (20.0, 80.0));
}

/// Values that are multiplied with each other.
#[test]
fn products() {
    let onnx = Onnx::new()
        .input("x", &[1, 4])
        .floats("w", &[4, 3], &(0..12).map(|i| ((i * 5) % 11) as f32 / 11.0 - 0.5).collect::<Vec<f32>>())
        .node("g", "MatMul", &["x", "w"], vec![])
        .node("h", "Relu", &["g"], vec![])
        .node("y", "Mul", &["g", "h"], vec![])
        .output("y");
    hold_both("", &onnx, &options(0.02), (8.0, 8.0));
}

/// Two maps of the input, and what a node makes of them.
fn of_two_maps(make: impl FnOnce(Onnx) -> Onnx) -> Onnx {
    let weights = |count: usize, by: usize| {
        (0..count).map(|i| ((i * by) % 13) as f32 / 13.0 - 0.45).collect::<Vec<f32>>()
    };
    let onnx = Onnx::with_opset(20)
        .input("x", &[1, 3])
        .floats("w", &[3, 4], &weights(12, 5))
        .floats("u", &[3, 4], &weights(12, 7))
        .node("g", "MatMul", &["x", "w"], vec![])
        .node("h", "MatMul", &["x", "u"], vec![]);
    make(onnx).output("y")
}

/// Where the float model may take another branch, the bound is as wide as the branches are apart, and no wider than all of them where it
/// cannot.
#[test]
fn choices() {
    let quotients = of_two_maps(|onnx| {
        onnx.node("m", "Abs", &["h"], vec![])
            .floats("one", &[1], &[1.25])
            .node("d", "Add", &["m", "one"], vec![])
            .node("y", "Div", &["g", "d"], vec![])
    });
    hold_both("Div", &quotients, &options(0.01), (8.0, 8.0));
    let ranked = of_two_maps(|onnx| {
        onnx.integers("k", &[2])
            .node("top", "TopK", &["g", "k"], vec![])
            .floats("v", &[2, 1], &[1.0, 0.5])
            .node("y", "MatMul", &["top", "v"], vec![])
    });
    hold_both("TopK", &ranked, &options(0.01), (8.0, 8.0));
    let any = (f64::INFINITY, f64::INFINITY);
    for threshold in [0.25, 100.0] {
        let chosen = of_two_maps(|onnx| {
            onnx.floats("c", &[1], &[threshold]).node("b", "Greater", &["g", "c"], vec![]).node(
                "y",
                "Where",
                &["b", "g", "h"],
                vec![],
            )
        });
        hold_both("Where", &chosen, &options(0.05), if threshold > 1.0 { (8.0, 8.0) } else { any });
    }
    let masked = of_two_maps(|onnx| {
        onnx.floats("c", &[1], &[0.1])
            .floats("none", &[1], &[-1e9])
            .node("b", "Greater", &["h", "c"], vec![])
            .node("s", "Where", &["b", "g", "none"], vec![])
            .node("y", "Softmax", &["s"], vec![])
    });
    hold_both("masked Softmax", &masked, &options(0.05), any);
    let gathered = of_two_maps(|onnx| {
        onnx.node("i", "ArgMax", &["h"], vec![int("axis", 1), int("keepdims", 1)]).node(
            "y",
            "GatherElements",
            &["g", "i"],
            vec![int("axis", 1)],
        )
    });
    hold_both("GatherElements", &gathered, &options(0.05), any);
    let hard = of_two_maps(|onnx| {
        onnx.node("z", "Hardmax", &["g"], vec![]).floats("v", &[4, 1], &[1.0, 0.5, -0.25, 0.75]).node(
            "y",
            "MatMul",
            &["z", "v"],
            vec![],
        )
    });
    hold_both("Hardmax", &hard, &options(1.0), any);
}

/// Pooling, and a branch that is added to what it was made of.
#[test]
fn images_and_residuals() {
    let weights =
        |count: usize| (0..count).map(|i| ((i * 7919) % 997) as f32 / 997.0 - 0.5).collect::<Vec<f32>>();
    let onnx = Onnx::new()
        .input("x", &[1, 1, 6, 6])
        .floats("w", &[2, 1, 3, 3], &weights(18))
        .floats("v", &[2, 2, 1, 1], &weights(4))
        .node("c", "Conv", &["x", "w"], vec![ints("pads", &[1, 1, 1, 1])])
        .node("p", "MaxPool", &["c"], vec![ints("kernel_shape", &[2, 2]), ints("strides", &[2, 2])])
        .node("r", "Relu", &["p"], vec![])
        .node("d", "Conv", &["r", "v"], vec![])
        .node("s", "Add", &["d", "r"], vec![])
        .node("y", "GlobalAveragePool", &["s"], vec![])
        .output("y");
    hold_both("", &onnx, &options(0.02), (25.0, 25.0));
}

/// Whole numbers go the way of the float model, and leaves are off by their rounding alone; thresholds between integers count with the
/// leaves behind them, and are found.
#[test]
fn trees() {
    use crate::trees::Line;
    let lines = [
        Line(0, 0, "BRANCH_LEQ", 0, 0.5, [1, 2], &[]),
        leaf(0, 1, &[(0, 0.1)]),
        Line(0, 2, "BRANCH_LT", 1, 1.0, [3, 4], &[]),
        leaf(0, 3, &[(0, -0.7)]),
        leaf(0, 4, &[(0, 0.3)]),
    ];
    let onnx = regressor(&lines, vec![]);
    let format = Some(Format { bits: 8, scale: 4 });
    let (on_grid, report) = compiled(&onnx, &Options { input_format: format, ..options(0.01) });
    let of_grid = certified(&report);
    hold(&onnx, &on_grid, of_grid);
    assert!(of_grid.error < 1e-6, "{of_grid:?}");
    // 0.3 lies between two sixteenths; all of the data next to the upper one is below, and that stays where the data is.
    let lines =
        [Line(0, 0, "BRANCH_LEQ", 0, 0.3, [1, 2], &[]), leaf(0, 1, &[(0, 0.1)]), leaf(0, 2, &[(0, -0.7)])];
    let onnx = regressor(&lines, vec![]);
    let data = [0.29, 0.1, 0.9].iter().map(|&x| vec![x, 0.5, x]).collect();
    let options = Options { input_format: format, ..options(1.0) };
    let (beside, report) = compile(&onnx.bytes(), &Table::Rows(data), &options).unwrap();
    check_bound(&report);
    let certified = certified(&report);
    let found = hold(&onnx, &beside, certified);
    assert!((certified.error - 0.8).abs() < 1e-6 && (found - 0.8).abs() < 1e-6, "{found} {certified:?}");
}

/// A network whose domain reaches eight times as far as its calibration data: the file, the rows, and options with the domains.
pub(crate) fn beyond_calibration() -> (Onnx, Vec<Vec<f64>>, Options) {
    let onnx = Onnx::new()
        .input("x", &[1, 2])
        .floats("w", &[2, 2], &[1.0, -0.5, 0.75, 1.0])
        .floats("v", &[2, 1], &[1.0, 1.0])
        .node("g", "MatMul", &["x", "w"], vec![])
        .node("h", "Relu", &["g"], vec![])
        .node("y", "MatMul", &["h", "v"], vec![])
        .output("y");
    let rows = rows(60, 2, 7).iter().map(|row| row.iter().map(|x| x / 4.0).collect()).collect();
    let domains = ["x[0]", "x[1]"].map(|name| (name.to_owned(), (-4.0, 4.0))).into();
    (onnx, rows, Options { domains, ..options(0.01) })
}

/// A hidden value that saturates inside the domain is counted, and found.
#[test]
fn saturation() {
    let (onnx, rows, beyond) = beyond_calibration();
    for ranges in [Strategy::Bits, Strategy::Lookup] {
        let widths = Widths::Calibrated;
        let options = Options { ranges, widths, ..beyond.clone() };
        let (compiled, report) = compile(&onnx.bytes(), &Table::Rows(rows.clone()), &options).unwrap();
        check_bound(&report);
        let certified = certified(&report);
        let found = hold(&onnx, &compiled, certified);
        println!("{ranges:?} {found} {certified:?}");
        assert!(certified.error <= 2.0 * found.max(0.05), "{found} {certified:?}");
        let counted = certified.layers.iter().any(|layer| layer.saturation > 0.5);
        assert_eq!(counted, certified.saturating > 0, "{certified:?}");
        assert_eq!(counted, found > 0.5, "{found} {certified:?}");
    }
}

/// With an index, the bound is about scores, and how far one must be ahead.
#[test]
fn decisions() {
    let onnx = behind_a_matrix("Relu", vec![]);
    let onnx = onnx.node("z", "ArgMax", &["y"], vec![int("axis", 1)]);
    let mut onnx = onnx;
    onnx.graph().output.clear();
    let onnx = onnx.output("z");
    let (compiled, report) = compiled(&onnx, &options(0.01));
    let certified = certified(&report);
    let margin = certified.margin.unwrap();
    assert!(margin <= 2.0 * certified.error + 1e-12 && margin > 0.0, "{certified:?}");
    // Two scores: where the integers' are further apart, the index is the float model's.
    let model = import(&onnx.bytes()).unwrap();
    let (domains, mut rng) = (domains(&compiled), ChaCha20Rng::seed_from_u64(5));
    let mut ahead = 0;
    for _ in 0..POINTS {
        let q: Vec<i64> = domains.iter().map(|&(first, last, _)| rng.gen_range(first..=last)).collect();
        let x: Vec<f64> = q.iter().zip(&domains).map(|(&q, domain)| q as f64 * domain.2).collect();
        let scores = model.evaluate_layers(&x);
        let scores = scores.last().unwrap();
        if (scores[0] - scores[1]).abs() > 2.0 * margin {
            ahead += 1;
            let index = compiled.run_reference(&[q]).unwrap()[0][0];
            assert_eq!(index, i64::from(scores[1] > scores[0]));
        }
    }
    assert!(ahead > POINTS / 4, "{ahead}");
}

/// Outside of the band, a score is on the float model's side of the threshold; the band is no wider than the bound says.
#[test]
fn thresholds() {
    let onnx = perceptron(&[6, 8, 1], 3);
    let threshold = 0.25;
    let (compiled, report) = compiled(&onnx, &Options { threshold: Some(threshold), ..options(0.02) });
    let certified = certified(&report);
    let band = certified.band.as_ref().unwrap();
    let unit = 2f64.powi(compiled.graph.layers[compiled.graph.outputs[0].layer].scale.into());
    let width = (band.end - band.first) as f64 / unit;
    assert!(width <= certified.high - certified.low + 2.0 / unit, "{certified:?}");
    let model = import(&onnx.bytes()).unwrap();
    let (domains, mut rng) = (domains(&compiled), ChaCha20Rng::seed_from_u64(6));
    let (mut inside, mut differ) = (0, 0);
    for _ in 0..POINTS {
        let q: Vec<i64> = domains.iter().map(|&(first, last, _)| rng.gen_range(first..=last)).collect();
        let x: Vec<f64> = q.iter().zip(&domains).map(|(&q, domain)| q as f64 * domain.2).collect();
        let score = compiled.run_reference(&[q]).unwrap()[0][0];
        let is_same = (model.evaluate(&x)[0][0] >= threshold) == (score as f64 / unit >= threshold);
        let is_inside = (band.first..band.end).contains(&score);
        assert!(is_same || is_inside, "{score} {band:?}");
        inside += usize::from(is_inside);
        differ += usize::from(!is_same);
    }
    assert!(differ > 0 && inside < POINTS / 2, "{differ} {inside}");
    // Inputs that are no integers.
    let raw = certified.raw_band.as_ref().unwrap();
    assert!(raw.first <= band.first && band.end <= raw.end, "{raw:?} {band:?}");
    for _ in 0..POINTS {
        let x: Vec<f64> = domains
            .iter()
            .map(|&(first, last, unit)| rng.gen_range(first as f64..=last as f64) * unit)
            .collect();
        let q: Vec<i64> = x.iter().zip(&domains).map(|(x, domain)| (x / domain.2).round() as i64).collect();
        let score = compiled.run_reference(&[q]).unwrap()[0][0];
        let is_same = (model.evaluate(&x)[0][0] >= threshold) == (score as f64 / unit >= threshold);
        assert!(is_same || (raw.first..raw.end).contains(&score), "{x:?} {score} {raw:?}");
    }
    let text = report.text(100);
    assert!(
        text.contains("For every input of the domain") && text.contains("Certainly as the float model's"),
        "{text}"
    );
}

/// A threshold is of scores: a decision beside them has no band, for its error is that of what it compares.
#[test]
fn decisions_have_no_band() {
    let onnx = Onnx::new()
        .input("x", &[1, 2])
        .floats("w", &[2, 1], &[0.7, -0.4])
        .node("score", "MatMul", &["x", "w"], vec![])
        .floats("c", &[1], &[0.1])
        .node("flag", "Greater", &["score", "c"], vec![])
        .output("score")
        .output("flag");
    let options = Options { threshold: Some(0.5), ..options(0.05) };
    let (_, report) = compile(&onnx.bytes(), &Table::Rows(rows(200, 2, 7)), &options).unwrap();
    let of = |at: usize| report.outputs[at].bound.as_ref().and_then(|bound| bound.certified.as_ref());
    assert!(of(0).is_some_and(|certified| certified.band.is_some()));
    assert!(of(1).is_none_or(|certified| certified.band.is_none() && certified.raw_band.is_none()));
}

/// What has no bound says so, and why.
#[test]
fn no_certificate_is_given_where_there_is_none() {
    let onnx = Onnx::new()
        .input("x", &[1, 2])
        .node("h", "Mul", &["x", "x"], vec![])
        .floats("one", &[1], &[1.5])
        .node("s", "Sub", &["h", "one"], vec![])
        .node("y", "Sqrt", &["s"], vec![])
        .node("z", "Reciprocal", &["y"], vec![])
        .output("z");
    let data: Vec<Vec<f64>> =
        rows(50, 2, 7).iter().map(|row| row.iter().map(|x| 2.0 + x.abs()).collect()).collect();
    // Down to 0, where there is no result.
    let domains = ["x[0]", "x[1]"].map(|name| (name.to_owned(), (0.0, 4.0)));
    let options = Options { domains: domains.into(), ..options(0.05) };
    let (_, report) = compile(&onnx.bytes(), &Table::Rows(data), &options).unwrap();
    let bound = report.outputs[0].bound.as_ref().unwrap();
    assert!(bound.certified.is_none(), "{bound:?}");
    let text = report.text(200);
    assert!(text.contains("no certificate: layer"), "{text}");
}
