//! Claims about decisions: wherever one is called certain, the float model decides the same, on inputs that are integers and on inputs that
//! are rounded; and a claim of more than is certified is found out.

use assay_circuits::Domain;
use assay_compiler::decision::{Band, Certain, DecisionClaim, Lead, Uncertain, ahead};
use assay_compiler::import::import;
use assay_compiler::model::{Kind, Model};
use assay_compiler::{CompiledModel, ExactFloats, Feature, Format, Options, Table, compile};
use assay_interface::float32;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;

use crate::builder::*;
use crate::networks::perceptron;

/// Inputs that a claim is held against: half of them at corners, half anywhere.
const POINTS: usize = 2000;
/// Pairs of points between which the threshold is looked for.
const PAIRS: usize = 300;

/// A model in both forms.
struct Both {
    compiled: CompiledModel,
    float: Model,
    threshold: Option<f64>,
    domains: Vec<Domain>,
    /// None of float32 numbers, which are as they are.
    scales: Vec<Option<i8>>,
}

/// What became of the decisions of all inputs that were looked at.
#[derive(Clone, Copy, Debug, Default)]
struct Counted {
    decided: usize,
    certain: usize,
    /// Decided otherwise by the float model.
    differ: usize,
    /// Those of them that were called certain.
    wrong: usize,
}

impl Both {
    fn new(onnx: &[u8], calibration: &Table, options: &Options) -> Self {
        let (compiled, report) =
            compile(onnx, calibration, options).unwrap_or_else(|error| panic!("{error}"));
        check_bound(&report);
        let inputs = compiled.graph.inputs.iter();
        let scales = inputs.flat_map(|input| input.scales.each(&input.shape).take(input.elements()));
        let scales: Vec<Option<i8>> = scales.collect();
        let domains: Vec<Domain> =
            compiled.graph.inputs.iter().flat_map(|input| input.domains.clone()).collect();
        assert_eq!((scales.len(), domains.len()), (compiled.features.len(), compiled.features.len()));
        let float = import(onnx).unwrap();
        Both { compiled, float, threshold: options.threshold, domains, scales }
    }

    fn of_repository(folder: &str, options: &Options) -> Self {
        let read = |name: &str| {
            let path = format!("{}/../../models/{folder}/{name}", env!("CARGO_MANIFEST_DIR"));
            std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
        };
        Self::new(&read("model.onnx"), &Table::from_csv(&read("calibration.csv")).unwrap(), options)
    }

    /// The integers of a point: of each element which one of its domain.
    fn integers(&self, point: &[u64]) -> Vec<i64> {
        self.domains.iter().zip(point).map(|(domain, &at)| domain.number(at)).collect()
    }

    fn real(&self, integers: &[i64]) -> Vec<f64> {
        let real = |(&q, &scale): (&i64, &Option<i8>)| match scale {
            Some(scale) => q as f64 * 2f64.powi(-i32::from(scale)),
            None => float32::number(q).unwrap().into(),
        };
        integers.iter().zip(&self.scales).map(real).collect()
    }

    fn tensors(&self, integers: &[i64]) -> Vec<Vec<i64>> {
        let mut rest = integers;
        let of_input = |input: &assay_compiler::quantize::QuantInput| {
            let (first, others) = rest.split_at(input.elements());
            rest = others;
            first.to_vec()
        };
        self.compiled.graph.inputs.iter().map(of_input).collect()
    }

    /// Corners and points anywhere, then points where the first output's score crosses the threshold, or anything else changes: between
    /// pairs of those.
    fn points(&self) -> Vec<Vec<u64>> {
        let mut rng = ChaCha20Rng::seed_from_u64(31);
        let mut points: Vec<Vec<u64>> = (0..POINTS)
            .map(|point| {
                let mut of = |domain: &Domain| match point % 2 {
                    0 => [0, domain.count() - 1][rng.gen_range(0..2)],
                    _ => rng.gen_range(0..domain.count()),
                };
                self.domains.iter().map(&mut of).collect()
            })
            .collect();
        // Those that are furthest off come first: near them the threshold is where the float model is most likely beyond it.
        let mut off: Vec<(f64, usize)> =
            points.iter().enumerate().map(|(at, point)| (self.off(point), at)).collect();
        off.sort_by(|a, b| b.0.total_cmp(&a.0));
        for pair in 0..PAIRS {
            let (mut a, mut b) = (points[off[pair / 3].1].clone(), points[rng.gen_range(0..POINTS)].clone());
            let side = |point: &[u64]| self.side(point);
            if side(&a) == side(&b) {
                continue;
            }
            for _ in 0..24 {
                let middle: Vec<u64> = a.iter().zip(&b).map(|(a, b)| a.midpoint(*b)).collect();
                if middle == a || middle == b {
                    break;
                }
                points.push(middle.clone());
                if side(&middle) == side(&a) { a = middle } else { b = middle }
            }
        }
        points
    }

    /// How far the first output is off, where it is a number.
    fn off(&self, point: &[u64]) -> f64 {
        let integers = self.integers(point);
        let outputs = self.compiled.run_reference(&self.tensors(&integers)).unwrap();
        let (own, float) =
            (self.compiled.dequantize_outputs(&outputs), self.float.evaluate(&self.real(&integers)));
        own[0].iter().zip(&float[0]).map(|(own, float)| (own - float).abs()).fold(0.0, f64::max)
    }

    /// What the integers decide first.
    fn side(&self, point: &[u64]) -> Vec<bool> {
        let outputs = self.compiled.run_reference(&self.tensors(&self.integers(point))).unwrap();
        let claims = self.compiled.decisions.iter().zip(&outputs);
        let side = |(claim, values): (&DecisionClaim, &Vec<i64>)| match claim {
            DecisionClaim::Threshold { threshold, .. } => values.iter().map(|q| q >= threshold).collect(),
            _ => values.iter().map(|q| *q > values[0]).collect::<Vec<bool>>(),
        };
        claims.flat_map(side).collect()
    }

    /// Holds claims against the float model on the inputs' own numbers, and on numbers that are rounded to them.
    fn hold(&self, claims: &[DecisionClaim]) -> [Counted; 2] {
        let (mut rng, mut counted) = (ChaCha20Rng::seed_from_u64(37), [Counted::default(); 2]);
        for point in self.points() {
            let integers = self.integers(&point);
            let given = self.real(&integers);
            self.decide(claims, &integers, &given, |certain| certain.0, &mut counted[0]);
            // Anywhere in the half unit around, inside the domain, where it is rounded and no whole number.
            let around =
                |((&x, &scale), feature): ((&f64, &Option<i8>), &Feature)| match (feature.kind, scale) {
                    (Kind::Real, Some(scale)) => {
                        let half = 0.49 * 2f64.powi(-i32::from(scale));
                        (x + rng.gen_range(-half..half)).clamp(feature.min, feature.max)
                    }
                    _ => x,
                };
            let raw: Vec<f64> =
                given.iter().zip(&self.scales).zip(&self.compiled.features).map(around).collect();
            let integers = self.compiled.quantize_inputs(&raw).unwrap().concat();
            self.decide(claims, &integers, &raw, |certain| certain.1, &mut counted[1]);
        }
        counted
    }

    fn decide(
        &self,
        claims: &[DecisionClaim],
        integers: &[i64],
        given: &[f64],
        which: impl Fn((bool, bool)) -> bool,
        counted: &mut Counted,
    ) {
        let inputs = self.tensors(integers);
        let outputs = self.compiled.run_reference(&inputs).unwrap();
        let leads = self.compiled.leads(&inputs).unwrap();
        let float = self.float.evaluate(given);
        let of_outputs = claims.iter().zip(&outputs).zip(&float).zip(&leads);
        for (((claim, values), float), leads) in of_outputs {
            let mut count = |certain: (bool, bool), is_same: bool| {
                counted.decided += 1;
                counted.certain += usize::from(which(certain));
                counted.differ += usize::from(!is_same);
                counted.wrong += usize::from(which(certain) && !is_same);
            };
            match claim {
                DecisionClaim::None => {}
                DecisionClaim::Threshold { threshold, band } => {
                    for (&q, float) in values.iter().zip(float) {
                        let outside =
                            |band: Result<Band, Uncertain>| band.is_ok_and(|band| !band.contains(q));
                        let is_same = (q >= *threshold) == (*float >= self.threshold.unwrap());
                        count((outside(band.grid), outside(band.raw)), is_same);
                    }
                }
                DecisionClaim::Largest { lead } => {
                    let lead = is_ahead(ahead(values.iter().copied()), lead);
                    let reals: Vec<f64> = values.iter().map(|&q| q as f64).collect();
                    count(lead, first_of_largest(&reals) == first_of_largest(float));
                }
                DecisionClaim::Place { lead, .. } => {
                    for ((&q, float), &known) in values.iter().zip(float).zip(leads.as_ref().unwrap()) {
                        count(is_ahead(known, lead), q as f64 == *float);
                    }
                }
            }
        }
    }
}

fn is_ahead(known: i64, lead: &Certain<Lead>) -> (bool, bool) {
    let ahead = |lead: Result<Lead, Uncertain>| lead.is_ok_and(|Lead(least)| known >= least);
    (ahead(lead.grid), ahead(lead.raw))
}

fn first_of_largest(values: &[f64]) -> usize {
    let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    values.iter().position(|&value| value == largest).unwrap()
}

/// A claim of less: what is uncertain made narrower by so many parts of eight.
fn narrowed(claim: &DecisionClaim, parts: i64) -> DecisionClaim {
    let mut claim = claim.clone();
    match &mut claim {
        DecisionClaim::None => {}
        DecisionClaim::Threshold { threshold, band } => {
            let narrow = |band: Band| {
                let [first, end] = [band.first, band.end].map(|end| {
                    let off = end - *threshold;
                    *threshold + off - off * parts / 8
                });
                Band { first, end }
            };
            *band = Certain { grid: band.grid.map(narrow), raw: band.raw.map(narrow) };
        }
        DecisionClaim::Largest { lead } | DecisionClaim::Place { lead, .. } => {
            let narrow = |Lead(lead): Lead| Lead(lead - lead * parts / 8);
            *lead = Certain { grid: lead.grid.map(narrow), raw: lead.raw.map(narrow) };
        }
    }
    claim
}

/// Holds the claims of a model, and those of so many parts of eight less.
fn hold(what: &str, both: &Both, parts: Option<i64>) -> ([Counted; 2], [Counted; 2]) {
    let found = both.hold(&both.compiled.decisions);
    println!("{what}: {:?}", both.compiled.decisions);
    println!("{what}: {found:?}");
    for counted in found {
        assert_eq!(counted.wrong, 0, "{what}");
    }
    let Some(parts) = parts else { return (found, [Counted::default(); 2]) };
    let claims: Vec<_> = both.compiled.decisions.iter().map(|claim| narrowed(claim, parts)).collect();
    let less = both.hold(&claims);
    println!("{what}, {parts} parts of eight less: {less:?}");
    (found, less)
}

fn options(max_error: f64, threshold: Option<f64>) -> Options {
    Options { max_error, threshold, ..Options::default() }
}

/// The lending market's score and its threshold: whoever says that nothing is uncertain is wrong.
#[test]
fn liquidation_risk() {
    let options = Options {
        input_format: Some(Format { bits: 15, scale: 12 }),
        output_format: Some(Format { bits: 16, scale: 8 }),
        ..options(0.02, Some(89.0 / 256.0))
    };
    let both = Both::of_repository("liquidation-risk", &options);
    let (found, less) = hold("liquidation-risk", &both, Some(8));
    assert!(found[0].differ > 0 && 2 * found[0].certain > found[0].decided, "{found:?}");
    assert!(less.iter().all(|counted| counted.wrong > 0), "{less:?}");
}

/// A tier, whose scores nobody sees.
#[test]
fn credit_score() {
    let options = Options {
        input_format: Some(Format { bits: 5, scale: 0 }),
        commit: vec!["applicant".into()],
        ..options(0.05, None)
    };
    let both = Both::of_repository("credit-score", &options);
    assert!(matches!(both.compiled.decisions[..], [DecisionClaim::Place { .. }]));
    let (found, less) = hold("credit-score", &both, Some(8));
    assert!(2 * found[0].certain > found[0].decided && less[0].wrong > 0, "{found:?} {less:?}");
}

/// Labels and scores of classes, of trees whose thresholds lie between the inputs' integers: that is where they may part.
#[test]
fn classes_of_trees() {
    let both = Both::of_repository("corpus/forests/gradient-boosting", &options(0.01, None));
    let [DecisionClaim::Place { .. }, DecisionClaim::Largest { .. }] = both.compiled.decisions[..] else {
        panic!("{:?}", both.compiled.decisions)
    };
    let (found, less) = hold("gradient-boosting", &both, Some(6));
    assert!(found[0].certain > 0 && less[0].wrong > 0, "{found:?} {less:?}");
}

/// Trees on the numbers as they are: every branch is the float model's, so hardly a decision is uncertain, and rounding adds nothing.
#[test]
fn exact_trees() {
    for (folder, threshold) in [
        ("corpus/exact/hist-gradient-boosting-exact-floats", None),
        ("corpus/exact/gradient-boosting-exact-floats", Some(0.5)),
    ] {
        let exact_floats = ExactFloats::All;
        let both = Both::of_repository(folder, &Options { exact_floats, ..options(0.001, threshold) });
        let (found, _) = hold(folder, &both, None);
        for counted in found {
            assert!(counted.certain > 9 * counted.decided / 10, "{folder}: {found:?}");
        }
    }
}

/// A network whose bound is close: an eighth of its band is too little, and that is found.
#[test]
fn a_band_that_is_too_narrow_is_found_out() {
    let onnx = perceptron(&[6, 8, 1], 3);
    let both = Both::new(&onnx.bytes(), &Table::Rows(rows(100, 6, 7)), &options(0.02, Some(0.25)));
    let (found, less) = hold("perceptron", &both, Some(7));
    assert!(found.iter().all(|counted| counted.differ > 0 && counted.certain > 0), "{found:?}");
    assert!(less.iter().all(|counted| counted.wrong > 0), "{less:?}");
}
