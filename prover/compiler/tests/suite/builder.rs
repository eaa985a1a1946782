//! Builds small ONNX models, and checks one through every engine.

use assay_circuits::{Assignment, Domain, Membership, SolveError, Witness};
use assay_compiler::float::FloatModel;
use assay_compiler::import::import;
use assay_compiler::onnx::*;
use assay_compiler::{CompiledModel, Options, Report, RunError, Strategy, Table, compile};
use assay_interface::schema::Visibility;
use prost::Message;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;

/// A model under construction.
#[derive(Clone, Default)]
pub struct Onnx {
    pub proto: ModelProto,
}

/// A dimension of an input.
pub enum Dim {
    Size(i64),
    Symbol(&'static str),
    Nothing,
}

impl Onnx {
    pub fn new() -> Self {
        Self::with_opset(13)
    }

    pub fn with_opset(version: i64) -> Self {
        let opset = |domain: &str, version| OperatorSetIdProto { domain: domain.into(), version };
        let proto = ModelProto {
            ir_version: 7,
            opset_import: vec![opset("", version), opset("ai.onnx.ml", 2)],
            graph: Some(GraphProto { name: "test".into(), ..Default::default() }),
            ..Default::default()
        };
        Onnx { proto }
    }

    pub fn graph(&mut self) -> &mut GraphProto {
        self.proto.graph.as_mut().unwrap()
    }

    pub fn input(self, name: &str, shape: &[i64]) -> Self {
        self.input_of(name, DataType::Float, shape.iter().map(|&size| Dim::Size(size)).collect())
    }

    pub fn input_of(mut self, name: &str, data_type: DataType, dims: Vec<Dim>) -> Self {
        let dim = dims
            .into_iter()
            .map(|dim| Dimension {
                value: match dim {
                    Dim::Size(size) => Some(DimensionValue::Size(size)),
                    Dim::Symbol(symbol) => Some(DimensionValue::Symbol(symbol.into())),
                    Dim::Nothing => None,
                },
            })
            .collect();
        let tensor = TensorType { elem_type: data_type as i32, shape: Some(TensorShapeProto { dim }) };
        let kind = TypeProto { tensor_type: Some(tensor) };
        self.graph().input.push(ValueInfoProto { name: name.into(), r#type: Some(kind) });
        self
    }

    pub fn output(mut self, name: &str) -> Self {
        self.graph().output.push(ValueInfoProto { name: name.into(), ..Default::default() });
        self
    }

    pub fn floats(mut self, name: &str, dims: &[i64], data: &[f32]) -> Self {
        self.graph().initializer.push(float_tensor(name, dims, data));
        self
    }

    pub fn integers(mut self, name: &str, data: &[i64]) -> Self {
        self.graph().initializer.push(TensorProto {
            name: name.into(),
            dims: vec![data.len() as i64],
            data_type: DataType::Int64 as i32,
            int64_data: data.to_vec(),
            ..Default::default()
        });
        self
    }

    /// A node `name` of an operator, with one output of the same name.
    pub fn node(self, name: &str, op: &str, inputs: &[&str], attributes: Vec<AttributeProto>) -> Self {
        self.node_in("", name, op, inputs, attributes)
    }

    pub fn node_in(
        mut self,
        domain: &str,
        name: &str,
        op: &str,
        inputs: &[&str],
        attribute: Vec<AttributeProto>,
    ) -> Self {
        self.graph().node.push(NodeProto {
            name: format!("{name}_node"),
            op_type: op.into(),
            domain: domain.into(),
            input: inputs.iter().map(|name| (*name).into()).collect(),
            output: vec![name.into()],
            attribute,
        });
        self
    }

    pub fn features(mut self, names: &str) -> Self {
        let entry = StringStringEntryProto { key: "feature_names".into(), value: names.into() };
        self.proto.metadata_props.push(entry);
        self
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.proto.encode_to_vec()
    }
}

pub fn float_tensor(name: &str, dims: &[i64], data: &[f32]) -> TensorProto {
    TensorProto {
        name: name.into(),
        dims: dims.to_vec(),
        data_type: DataType::Float as i32,
        float_data: data.to_vec(),
        ..Default::default()
    }
}

pub fn integer_tensor(name: &str, dims: &[i64], data: &[i64]) -> TensorProto {
    TensorProto {
        name: name.into(),
        dims: dims.to_vec(),
        data_type: DataType::Int64 as i32,
        int64_data: data.to_vec(),
        ..Default::default()
    }
}

fn attribute(name: &str, kind: AttributeType) -> AttributeProto {
    AttributeProto { name: name.into(), r#type: kind as i32, ..Default::default() }
}

pub fn int(name: &str, i: i64) -> AttributeProto {
    AttributeProto { i, ..attribute(name, AttributeType::Int) }
}

pub fn ints(name: &str, ints: &[i64]) -> AttributeProto {
    AttributeProto { ints: ints.to_vec(), ..attribute(name, AttributeType::Ints) }
}

pub fn float(name: &str, f: f32) -> AttributeProto {
    AttributeProto { f, ..attribute(name, AttributeType::Float) }
}

pub fn floats(name: &str, floats: &[f32]) -> AttributeProto {
    AttributeProto { floats: floats.to_vec(), ..attribute(name, AttributeType::Floats) }
}

pub fn text(name: &str, text: &str) -> AttributeProto {
    AttributeProto { s: text.as_bytes().to_vec(), ..attribute(name, AttributeType::String) }
}

pub fn strings(name: &str, strings: &[&str]) -> AttributeProto {
    let strings = strings.iter().map(|text| text.as_bytes().to_vec()).collect();
    AttributeProto { strings, ..attribute(name, AttributeType::Strings) }
}

pub fn tensor(name: &str, t: TensorProto) -> AttributeProto {
    AttributeProto { t: Some(t), ..attribute(name, AttributeType::Tensor) }
}

/// Property tests with a fixed seed: the same cases on every run.
pub fn cases(cases: u32) -> proptest::test_runner::Config {
    use proptest::test_runner::{Config, RngSeed};
    Config { cases, rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..Config::default() }
}

/// Random calibration rows in [-2, 2].
pub fn rows(count: usize, columns: usize, seed: u64) -> Vec<Vec<f64>> {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    (0..count)
        .map(|_| (0..columns).map(|_| f64::from(rng.gen_range(-2000..=2000)) / 1000.0).collect())
        .collect()
}

/// Compiles a model on random data.
pub fn compiled(onnx: &Onnx, options: &Options) -> (CompiledModel, Report) {
    let columns = import(&onnx.bytes()).unwrap_or_else(|error| panic!("{error}")).input_len();
    let (compiled, report) = compile(&onnx.bytes(), &Table::Rows(rows(100, columns, 7)), options)
        .unwrap_or_else(|error| panic!("{error}"));
    check_bound(&report);
    (compiled, report)
}

/// Nothing that was found, by the search or on the calibration data, is beyond a certified bound.
pub fn check_bound(report: &Report) {
    for output in &report.outputs {
        let Some(bound) = &output.bound else { continue };
        let refuted = bound.uncertified.as_ref().is_some_and(|why| why.contains("please report"));
        assert!(!refuted, "{}: found {}", output.name, bound.found);
        let Some(certified) = &bound.certified else { continue };
        assert!(bound.found <= certified.error * (1.0 + 1e-9) + 1e-9, "{}: {bound:?}", output.name);
        // The calibration data is rounded first, and the independent engine computes in single precision.
        let seen = output.max_error - 1.01 * output.engine_gap.unwrap_or(0.0);
        assert!(seen <= certified.raw * (1.0 + 1e-9) + 1e-9, "{}: {seen} of {certified:?}", output.name);
    }
}

/// The float reference engine on a model.
pub fn reference(onnx: &Onnx) -> FloatModel {
    FloatModel::from_onnx(&onnx.bytes()).unwrap_or_else(|error| panic!("{error}"))
}

/// Puts a model through all engines: the independent one and our own float evaluation agree within 1e-5; the quantized model is
/// within the error bound on calibration data; and the circuit gives the integer reference's outputs, bit for bit, on
/// random integers and on the extremes.
pub fn check_engines(onnx: &Onnx) -> (CompiledModel, Report) {
    let model = import(&onnx.bytes()).unwrap_or_else(|error| panic!("{error}"));
    let independent = reference(onnx);
    for sample in rows(20, model.input_len(), 3) {
        let (own, float) = (model.evaluate(&sample), independent.run(&sample).unwrap());
        assert_eq!(own.len(), float.len());
        for (own, float) in own.iter().flatten().zip(float.iter().flatten()) {
            assert!((own - float).abs() < 1e-5, "own {own}, independent {float}");
        }
    }
    let by_lookup = Options { max_error: 0.02, ranges: Strategy::Lookup, ..Options::default() };
    let (by_lookup, _) = compiled(onnx, &by_lookup);
    assert!(by_lookup.circuit.commitment.is_some());
    check_circuit(&by_lookup, 6);
    let by_bits = Options { max_error: 0.02, ranges: Strategy::Bits, ..Options::default() };
    let (compiled, report) = compiled(onnx, &by_bits);
    for output in &report.outputs {
        assert!(output.max_error <= 0.021, "{report:#?}");
    }
    check_circuit(&compiled, 12);
    (compiled, report)
}

/// As [`check_engines`], where the independent engine does not know an operator: our float evaluation gives these answers.
pub fn check_answers(onnx: &Onnx, answers: impl Fn(&[f64]) -> Vec<f64>) {
    check_answers_within(onnx, answers, 0.02);
}

/// The same with another error bound.
pub fn check_answers_within(onnx: &Onnx, answers: impl Fn(&[f64]) -> Vec<f64>, max_error: f64) {
    let model = import(&onnx.bytes()).unwrap_or_else(|error| panic!("{error}"));
    for sample in rows(20, model.input_len(), 3) {
        let (own, answers) = (model.evaluate(&sample).concat(), answers(&sample));
        assert_eq!(own.len(), answers.len());
        for (own, answer) in own.iter().zip(&answers) {
            assert!((own - answer).abs() < 1e-5 * (1.0 + answer.abs()), "own {own}, answer {answer}");
        }
    }
    for ranges in [Strategy::Lookup, Strategy::Bits] {
        let (compiled, report) = compiled(onnx, &Options { max_error, ranges, ..Options::default() });
        for output in &report.outputs {
            assert!(output.max_error <= 1.05 * max_error, "{report:#?}");
        }
        check_circuit(&compiled, 8);
        let read = CompiledModel::from_bytes(&compiled.to_bytes()).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(read.to_bytes(), compiled.to_bytes());
    }
}

/// The circuit against the integer reference.
pub fn check_circuit(compiled: &CompiledModel, cases: usize) {
    let mut rng = ChaCha20Rng::seed_from_u64(11);
    for case in 0..cases {
        let inputs: Vec<Vec<i64>> = compiled
            .graph
            .inputs
            .iter()
            .map(|input| {
                let mut element = |domain: &Domain| match case {
                    // Where a value may be missing, that.
                    0 => domain.interval().0 as i64,
                    1 => domain.numbers().1,
                    2 => domain.number(domain.count() / 2),
                    3 => [domain.numbers().0, domain.numbers().1][rng.gen_range(0..2)],
                    _ => domain.number(rng.gen_range(0..domain.count())),
                };
                input.domains.iter().map(&mut element).collect()
            })
            .collect();
        if case > 3 {
            assert_no_proof_outside(compiled, &inputs, case, &mut rng);
        }
        let expected = compiled.run_reference(&inputs).unwrap();
        let witness = solve(compiled, inputs, case).unwrap();
        assert_eq!(witness.outputs(), expected);
        assert_eq!(compiled.circuit.r1cs.first_violation(&complete(compiled, witness)), None);
    }
}

/// The program's witness, which asks nobody whether inputs are in their domain.
fn solve(compiled: &CompiledModel, inputs: Vec<Vec<i64>>, case: usize) -> Result<Witness, SolveError> {
    compiled.circuit.solve(&assignment(compiled, inputs, case))
}

/// What is proven of some inputs, and whatever their visibility needs.
pub fn assignment(compiled: &CompiledModel, inputs: Vec<Vec<i64>>, case: usize) -> Assignment {
    let (mut salts, mut member) = (Vec::new(), None);
    for input in compiled.schema.inputs() {
        match input.visibility {
            Visibility::Public => {}
            Visibility::Committed => salts.push(5u64.into()),
            // Whose tree it is, nobody asks here.
            Visibility::Member { depth } => {
                member = Some(Membership {
                    secret: 6u64.into(),
                    salt: 7u64.into(),
                    position: 1,
                    siblings: vec![8u64.into(); depth.into()],
                    scope: [9; 32],
                });
            }
        }
    }
    let weights = compiled.weights().unwrap().map_or(Vec::new(), |weights| weights.values).into();
    Assignment { inputs, context: [case as u8; 32], salts, member, weights }
}

/// Any mask and any challenge: here, numbers beyond all table entries.
fn complete(compiled: &CompiledModel, witness: Witness) -> Witness {
    let number = |n: u64| ark_bn254::Fr::from(n) * ark_bn254::Fr::from(1u64 << 62);
    compiled.circuit.complete(witness, number(3), number(7)).unwrap()
}

/// One element outside of its domain, just beyond an end or anywhere in the format: the integer model refuses it, and so do the constraints.
fn assert_no_proof_outside(
    compiled: &CompiledModel,
    inside: &[Vec<i64>],
    case: usize,
    rng: &mut ChaCha20Rng,
) {
    let tensor = rng.gen_range(0..inside.len());
    let element = rng.gen_range(0..inside[tensor].len());
    let input = &compiled.graph.inputs[tensor];
    let (domain, half) = (input.domains[element], 1i64 << (input.bits - 1));
    let (lo, hi) = domain.numbers();
    let near = [lo - 1, hi + 1, lo + 1, -half, half - 1, rng.gen_range(-half..half)];
    for value in near.into_iter().filter(|x| (-half..half).contains(x) && !domain.contains(*x)) {
        let mut inputs = inside.to_vec();
        inputs[tensor][element] = value;
        assert!(matches!(compiled.run_reference(&inputs), Err(RunError::Domain { .. })), "{value}");
        if let Ok(witness) = solve(compiled, inputs, case) {
            let violation = compiled.circuit.r1cs.first_violation(&complete(compiled, witness));
            assert!(violation.is_some(), "'{}'[{element}] = {value} in {domain:?}", input.name);
        }
    }
}
