//! The report in four widths.

use assay_compiler::compute_units::ComputeUnits;
use assay_compiler::report::*;

use crate::builder::*;

/// Bell-shaped counts in a histogram's bins.
fn bell(low: f64, high: f64) -> Histogram {
    let count = |at: usize| {
        let distance = (at as f64 + 0.5) / BINS as f64 * 8.0 - 4.0;
        ((-distance * distance / 2.0).exp() * 60.0) as usize
    };
    Histogram { low, high, counts: (0..BINS).map(count).collect(), below: 0, above: 2 }
}

fn layer(name: &str, step: &str, saturates: bool) -> LayerReport {
    LayerReport {
        name: name.into(),
        rows: 32,
        columns: 16,
        step: step.into(),
        parameters: 512,
        weight_bits: 9,
        accumulator_bits: 21,
        bits: 11,
        scale: 7,
        saturates,
        calibrated: (-0.004_321, 12.345_67),
        proven: (-20.0, 20.0),
        constraints: 1_234,
    }
}

fn way(constraints: usize, with_ifma_ms: f64, units: u64) -> WayReport {
    WayReport {
        constraints,
        proving: ProvingTime::Typical { with_ifma_ms, without_ifma_ms: 5.0 * with_ifma_ms },
        compute_units: ComputeUnits { verify_alone: units, verify_by_cpi: units + 4_847 },
    }
}

fn bound() -> BoundReport {
    let parts = |layer: &str, weights, rounding| PartsReport {
        layer: layer.into(),
        weights,
        rounding,
        tables: 0.0,
        saturation: 0.012,
    };
    let certified = CertifiedReport {
        error: 0.253_4,
        low: -0.253_4,
        high: 0.211,
        raw: 0.26,
        is_useful: true,
        margin: None,
        raw_margin: None,
        band: Some(BandReport { first: 35, end: 154, inside: 95, total: 500 }),
        raw_band: Some(BandReport { first: 33, end: 156, inside: 99, total: 500 }),
        saturating: 3,
        layers: vec![parts("fc1 + relu", 0.653, 0.02), parts("/model/encoder/MatMul", 0.3, 0.003)],
    };
    BoundReport { found: 0.052_6, evaluations: 2_048, certified: Some(certified), uncertified: None }
}

fn report() -> Report {
    let kinds = |range, linear| {
        vec![
            KindReport { kind: "range", constraints: range },
            KindReport { kind: "linear", constraints: linear },
            KindReport { kind: "hash", constraints: 243 },
        ]
    };
    let part = |part: &str| PartReport { part: part.into(), constraints: 1_521, kinds: kinds(1_234, 44) };
    let long =
        "/model/encoder/layers.0/feed_forward/linear_1/MatMul + /model/encoder/layers.0/activation/Relu";
    let output = |name: &str, measured_on, decisions| OutputReport {
        name: name.into(),
        shape: vec![1, 1],
        bits: 16,
        scales: 8.into(),
        measured_on,
        max_error: 0.019_312,
        mean_error: 0.004_101,
        relative_error: Some(RelativeError {
            range: 0.913_2,
            deviation: 0.205,
            of_range: 0.021_15,
            of_deviation: Some(0.094_2),
        }),
        bound: Some(bound()),
        errors: bell(-0.02, 0.02),
        engine_gap: Some(1e-7),
        decisions: Some(decisions),
    };
    let threshold = Decisions {
        threshold: Some(0.347_656),
        total: 500,
        flipped: 2,
        near: 37,
        distances: bell(-0.16, 0.16),
    };
    let label = Decisions { threshold: None, total: 500, flipped: 0, near: 12, distances: bell(0.0, 0.16) };
    Report {
        model: "liquidation-risk".into(),
        source_digest: "0123456789abcdef".repeat(4),
        circuit_digest: "fedcba9876543210".repeat(4),
        samples: 5_000,
        made_samples: 512,
        outside: 0.006_4,
        margin: 0.5,
        measured_samples: 2_500,
        float_engine: Some("rten"),
        max_error: 0.02,
        max_error_certified: None,
        inputs: vec![TensorReport {
            columns: Vec::new(),
            name: "features".into(),
            shape: vec![1, 16],
            bits: 15,
            scales: 12.into(),
            visibility: "public",
        }],
        outputs: vec![
            output("score", MeasuredOn::Value, threshold),
            OutputReport {
                relative_error: None,
                bound: Some(BoundReport {
                    certified: None,
                    uncertified: Some(format!(
                        "layer '{long}' (quotient) has no bound for its arguments over the domain"
                    )),
                    ..bound()
                }),
                ..output("label", MeasuredOn::Score, label)
            },
        ],
        layers: vec![layer("fc1 + relu", "relu", true), layer(long, "max pool, requantize", false)],
        circuit: CircuitReport {
            constraints: 3_042,
            wires: 2_901,
            nonzeros: 20_330,
            domain: 4_096,
            parts: vec![part("input features"), part(&format!("layer 1 {}", long.replace('/', ".")))],
            kinds: kinds(2_468, 88),
        },
        compute_units: ComputeUnits { verify_alone: 82_574, verify_by_cpi: 87_421 },
        proving_memory_bytes: Some(33 << 20),
        weights: None,
        ranges: RangesReport {
            chosen: "bits",
            reason: "lookups save 12% of the time to prove and add 30% to the cost on chain".into(),
            bits: way(3_042, 6.3, 82_574),
            lookups: way(1_100, 5.5, 109_134),
        },
        saturation: Some(SaturationReport {
            inputs: 2_048,
            share: 0.123_4,
            layers: vec![
                SaturatingLayer { layer: "fc1 + relu".into(), values: 2, share: 0.123_4 },
                SaturatingLayer { layer: long.into(), values: 1, share: 0.0 },
            ],
        }),
        warnings: vec![
            Warning::ConstantLayer { layer: long.into(), float: FloatBehaviour::Varies(0.0123) },
            Warning::LargeError { output: "score".into(), max_error: 0.0193, range: 0.05 },
            Warning::ConstantFeatures { features: (0..6).map(|i| format!("x[{i}]")).collect() },
        ],
    }
}

#[test]
fn four_widths() {
    insta::with_settings!({ omit_expression => true }, {
        for width in [60, 80, 120, 200] {
            let text = report().text(width);
            let longest = text.lines().map(|line| line.chars().count()).max();
            assert!(longest <= Some(width), "{longest:?} columns of {width}:\n{text}");
            insta::assert_snapshot!(format!("report-{width}"), text);
        }
    });
}

#[test]
fn any_width_holds_and_names_are_cut_only_where_they_must_be() {
    let report = report();
    for width in 0..260 {
        let text = report.text(width);
        let longest = text.lines().map(|line| line.chars().count()).max();
        assert!(longest <= Some(width.max(40)), "{longest:?} columns of {width}:\n{text}");
        // The longest name has 102 characters, and a line of its own where its column is narrower.
        assert_eq!(text.contains('…'), width < 104, "{width}:\n{text}");
    }
}

#[test]
fn the_time_on_a_machine_takes_the_place_of_the_range() {
    let here = report().with_proving_time(ProvingTime::Here { ms: 12.6 });
    assert_eq!(here.ranges.bits.proving, ProvingTime::Here { ms: 12.6 });
    assert_eq!(here.ranges.lookups.proving, ProvingTime::Here { ms: 11.0 });
    let text = here.text(120);
    assert!(text.contains("about 13 ms on this machine") && !text.contains("IFMA"), "{text}");
    // Told again, from another calibration.
    let again = here.with_proving_time(ProvingTime::Here { ms: 25.2 });
    assert_eq!(again.ranges.lookups.proving, ProvingTime::Here { ms: 22.0 });
    // What is said of a server is no measurement.
    let server = ProvingTime::Typical { with_ifma_ms: 1.0, without_ifma_ms: 5.0 };
    assert_eq!(again.clone().with_proving_time(server), again);
}

/// A compiled model's report has the parts of the text: what is made by hand above is what compilations make.
#[test]
fn a_compiled_models_pictures_count_every_sample() {
    let onnx = crate::networks::perceptron(&[3, 6, 1], 4);
    let options = assay_compiler::Options { threshold: Some(0.2), ..Default::default() };
    let (_, report) = compiled(&onnx, &options);
    let output = &report.outputs[0];
    let decisions = output.decisions.as_ref().unwrap();
    assert_eq!((output.errors.total(), decisions.distances.total(), decisions.total), (100, 100, 100));
    let in_band: usize = decisions.distances.counts[BINS / 2 - 4..BINS / 2 + 4].iter().sum();
    assert_eq!(in_band, decisions.near);
    let text = report.text(80);
    for title in ["Error of", "Decisions", "Layers", "Constraints", "Cost"] {
        assert!(text.contains(&format!("\n{title}")), "{title}:\n{text}");
    }
}
