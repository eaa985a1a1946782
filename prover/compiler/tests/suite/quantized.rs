//! Models that are integers already: their integers are the file's own, whatever it rounds.

use assay_compiler::import::import;
use assay_compiler::onnx::{AttributeProto, DataType, OperatorSetIdProto, TensorProto};
use assay_compiler::{CompiledModel, Options, Strategy, Table, compile};

use crate::builder::*;

/// A scale, and the integer that stands for zero, of 8 bits.
#[derive(Clone, Copy)]
struct Format {
    step: f32,
    zero: i32,
    is_signed: bool,
}

impl Format {
    fn of(step: f32, zero: i32, is_signed: bool) -> Self {
        Format { step, zero, is_signed }
    }

    /// `steps` to even, saturated, less the zero point.
    fn round(self, steps: f32) -> f32 {
        let (lo, hi) = if self.is_signed { (-128.0, 127.0) } else { (0.0, 255.0) };
        (steps.round_ties_even() + self.zero as f32).clamp(lo, hi) - self.zero as f32
    }

    /// The number that stands for `x`.
    fn near(self, x: f32) -> f32 {
        self.round(x / self.step) * self.step
    }
}

trait Quantized {
    fn integers_of(self, name: &str, data_type: DataType, dims: &[i64], data: &[i32]) -> Onnx;
    fn format(self, name: &str, format: Format) -> Onnx;
    fn rounded(self, name: &str, x: &str, format: &str) -> Onnx;
}

impl Quantized for Onnx {
    fn integers_of(mut self, name: &str, data_type: DataType, dims: &[i64], data: &[i32]) -> Onnx {
        let (name, dims, data_type, int32_data) =
            (name.into(), dims.to_vec(), data_type as i32, data.to_vec());
        let tensor = TensorProto { name, dims, data_type, int32_data, ..Default::default() };
        self.graph().initializer.push(tensor);
        self
    }

    fn format(self, name: &str, format: Format) -> Onnx {
        let data_type = if format.is_signed { DataType::Int8 } else { DataType::Uint8 };
        self.floats(&format!("{name}_s"), &[], &[format.step]).integers_of(
            &format!("{name}_z"),
            data_type,
            &[],
            &[format.zero],
        )
    }

    /// `x` through the integers of a format.
    fn rounded(self, name: &str, x: &str, format: &str) -> Onnx {
        let (scale, zero, integers) = (format!("{format}_s"), format!("{format}_z"), format!("{name}_q"));
        self.node(&integers, "QuantizeLinear", &[x, &scale, &zero], vec![]).node(
            name,
            "DequantizeLinear",
            &[&integers, &scale, &zero],
            vec![],
        )
    }
}

/// Rows on the grid of 1/256 that inputs have as well.
fn grid(count: usize, columns: usize, seed: u64) -> Vec<Vec<f64>> {
    let on_grid = |row: Vec<f64>| row.into_iter().map(|x| (x * 512.0).round() / 256.0).collect();
    rows(count, columns, seed).into_iter().map(on_grid).collect()
}

/// Holds a model of steps of `step` against answers, on rows that calibration did not see.
fn check(onnx: &Onnx, step: f32, answers: impl Fn(&[f32]) -> Vec<f32>) {
    let columns = import(&onnx.bytes()).unwrap_or_else(|error| panic!("{error}")).input_len();
    for ranges in [Strategy::Bits, Strategy::Lookup] {
        let mut samples = grid(120, columns, 7);
        samples.extend([vec![-4.0; columns], vec![4.0; columns]]);
        let options = Options { max_error: f64::from(step) / 8.0, ranges, ..Options::default() };
        let (compiled, report) =
            compile(&onnx.bytes(), &Table::Rows(samples), &options).unwrap_or_else(|error| panic!("{error}"));
        check_bound(&report);
        let read = CompiledModel::from_bytes(&compiled.to_bytes()).unwrap();
        assert_eq!(read.to_bytes(), compiled.to_bytes());
        check_circuit(&read, 6);
        for row in grid(300, columns, 8) {
            let single: Vec<f32> = row.iter().map(|&x| x as f32).collect();
            let found =
                read.dequantize_outputs(&read.run_reference(&read.quantize_inputs(&row).unwrap()).unwrap());
            let steps = |x: f64| (x / f64::from(step)).round();
            let found: Vec<f64> = found.concat().into_iter().map(steps).collect();
            let expected: Vec<f64> = answers(&single).into_iter().map(|x| steps(x.into())).collect();
            assert_eq!(found, expected, "{row:?}");
        }
    }
}

const WEIGHTS: [i32; 8] = [7, -3, 12, 5, -9, 1, 2, -14];

/// `x W` of integers `[1, 4]` and `[4, 2]`, whose zero point is 2.
fn sums(x: &[f32]) -> Vec<f32> {
    (0..2).map(|j| (0..4).map(|i| x[i] * (WEIGHTS[2 * i + j] - 2) as f32).sum()).collect()
}

/// Of scales that are powers of two half of all sums are ties, which go to even numbers; by column as well.
#[test]
fn products_of_matrices_are_rounded_to_even() {
    for (x, y, scales) in [
        (Format::of(1.0 / 32.0, 100, false), Format::of(1.0 / 16.0, -3, true), vec![0.5]),
        (Format::of(0.021_37, 128, false), Format::of(0.191_73, 117, false), vec![0.5, 0.137_1]),
        (Format::of(0.017_3, -7, true), Format::of(0.003_1, 0, true), vec![0.041_9]),
    ] {
        let onnx = Onnx::new()
            .input("x", &[1, 4])
            .format("a", x)
            .floats("b_s", &[scales.len() as i64], &scales)
            .integers_of("w", DataType::Int8, &[4, 2], &WEIGHTS)
            .integers_of("b_z", DataType::Int8, &[], &[2])
            .format("c", y)
            .node("q", "QuantizeLinear", &["x", "a_s", "a_z"], vec![])
            .node("p", "QLinearMatMul", &["q", "a_s", "a_z", "w", "b_s", "b_z", "c_s", "c_z"], vec![])
            .node("y", "DequantizeLinear", &["p", "c_s", "c_z"], vec![])
            .output("y");
        check(&onnx, y.step, |row| {
            let integers: Vec<f32> = row.iter().map(|&value| x.round(value / x.step)).collect();
            let by = |j: usize| x.step * scales[j % scales.len()] / y.step;
            sums(&integers).iter().enumerate().map(|(j, sum)| y.round(sum * by(j)) * y.step).collect()
        });
    }
}

/// A dense layer with a Relu, a sum of two scales, a function and a product, each between QuantizeLinear and DequantizeLinear.
#[test]
fn what_lies_between_is_what_it_is_of_integers() {
    let (x, h) = (Format::of(0.015_91, 121, false), Format::of(0.023_17, 0, false));
    let (a, t, y) =
        (Format::of(0.037_11, -20, true), Format::of(1.0 / 256.0, 0, false), Format::of(0.029_3, 5, true));
    let (step, bias) = (0.037_9f32, [0.171_3f32, -0.093_1]);
    let onnx = Onnx::new()
        .input("x", &[1, 4])
        .format("xf", x)
        .format("hf", h)
        .format("af", a)
        .format("tf", t)
        .format("yf", y)
        .floats("w_s", &[], &[step])
        .integers_of("w", DataType::Int8, &[4, 2], &WEIGHTS)
        .integers_of("w_z", DataType::Int8, &[], &[2])
        .floats("b", &[2], &bias)
        .integers("first", &[0, 1])
        .node("wd", "DequantizeLinear", &["w", "w_s", "w_z"], vec![])
        .rounded("d", "x", "xf")
        .node("m", "Gemm", &["d", "wd", "b"], vec![])
        .node("r", "Relu", &["m"], vec![])
        .rounded("h", "r", "hf")
        .node("e", "Gather", &["d", "first"], vec![int("axis", 1)])
        .node("s", "Add", &["h", "e"], vec![])
        .rounded("a", "s", "af")
        .node("f", "Sigmoid", &["a"], vec![])
        .rounded("t", "f", "tf")
        .node("g", "Mul", &["t", "a"], vec![])
        .rounded("y", "g", "yf")
        .output("y");
    check(&onnx, y.step, |row| {
        let integers: Vec<f32> = row.iter().map(|&value| x.round(value / x.step)).collect();
        let unit = f64::from(x.step) * f64::from(step);
        let layer = |(j, &sum): (usize, &f32)| {
            let sum = (f64::from(sum) * unit + f64::from(bias[j])) as f32;
            let sum = h.near(sum.max(0.0)) + integers[j] * x.step;
            let a = a.near(sum);
            let gate = t.near((1.0 / (1.0 + (-f64::from(a)).exp())) as f32);
            y.near(gate * a)
        };
        sums(&integers).iter().enumerate().map(layer).collect()
    });
}

/// onnxruntime's operators say the same as those that they are made of.
#[test]
fn operators_of_the_runtime_are_what_they_are_made_of() {
    let (x, y) = (Format::of(0.019_31, 117, false), Format::of(0.031_7, 130, false));
    let mut onnx = Onnx::new().input("x", &[1, 4]).format("xf", x).format("yf", y);
    onnx.proto.opset_import.push(OperatorSetIdProto { domain: "com.microsoft".into(), version: 1 });
    let operator = |onnx: Onnx, name: &str, op: &str, inputs: &str, attributes: Vec<AttributeProto>| {
        onnx.node_in("com.microsoft", name, op, &inputs.split(' ').collect::<Vec<_>>(), attributes)
    };
    let onnx = onnx.node("q", "QuantizeLinear", &["x", "xf_s", "xf_z"], vec![]);
    let onnx = operator(onnx, "l", "QLinearLeakyRelu", "q xf_s xf_z xf_s xf_z", vec![float("alpha", 0.25)]);
    let onnx = operator(onnx, "s", "QLinearAdd", "l xf_s xf_z q xf_s xf_z yf_s yf_z", vec![]);
    let onnx =
        operator(onnx, "c", "QLinearConcat", "yf_s yf_z s yf_s yf_z q xf_s xf_z", vec![int("axis", 1)]);
    let onnx = onnx.node("y", "DequantizeLinear", &["c", "yf_s", "yf_z"], vec![]).output("y");
    check(&onnx, y.step, |row| {
        let d: Vec<f32> = row.iter().map(|&value| x.near(value)).collect();
        let leaky = |d: f32| x.near(if d < 0.0 { 0.25 * d } else { d });
        let sums = d.iter().map(|&d| y.near(leaky(d) + d));
        sums.chain(d.iter().map(|&d| y.near(d))).collect()
    });
}

#[test]
fn what_is_refused_says_what_to_do() {
    let refused = |onnx: &Onnx| import(&onnx.bytes()).map(|_| ()).unwrap_err().to_string();
    let dynamic = Onnx::new()
        .input("x", &[1, 4])
        .node("q", "DynamicQuantizeLinear", &["x"], vec![])
        .node("y", "Cast", &["q"], vec![int("to", 1)])
        .output("y");
    let said = refused(&dynamic);
    assert!(said.contains("DynamicQuantizeLinear") && said.contains("quantize_static"), "{said}");
    let negative = Format::of(-0.5, 0, false);
    let onnx = Onnx::new().input("x", &[1, 4]).format("f", negative).rounded("y", "x", "f").output("y");
    let said = refused(&onnx);
    assert!(said.contains("a positive number"), "{said}");
}

/// A model of one operator on integers of 8 bits, and what it gives.
fn integers(onnx: &Onnx, rows: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let columns = rows[0].len();
    let mut samples = rows.to_vec();
    samples.extend([vec![0.0; columns], vec![255.0; columns]]);
    let options = Options { max_error: 0.25, ..Options::default() };
    let (compiled, report) =
        compile(&onnx.bytes(), &Table::Rows(samples), &options).unwrap_or_else(|error| panic!("{error}"));
    check_bound(&report);
    check_circuit(&compiled, 6);
    let run = |row: &Vec<f64>| {
        let inputs = compiled.quantize_inputs(row).unwrap();
        compiled.dequantize_outputs(&compiled.run_reference(&inputs).unwrap()).concat()
    };
    rows.iter().map(run).collect()
}

fn runtime() -> Onnx {
    let mut onnx = Onnx::new();
    onnx.proto.opset_import.push(OperatorSetIdProto { domain: "com.microsoft".into(), version: 1 });
    onnx
}

/// onnxruntime 1.32 gives these.
#[test]
fn a_negative_factor_of_a_product_falls() {
    let x = Format::of(0.5, 128, false);
    let one = Format::of(1.0, 0, true);
    let onnx = runtime()
        .input_of("x", DataType::Uint8, vec![Dim::Size(1), Dim::Size(1)])
        .format("x", x)
        .format("w", one)
        .format("y", Format::of(1.0, 128, false))
        .integers_of("one", DataType::Int8, &[1, 1], &[1]);
    let inputs = ["x", "x_s", "x_z", "one", "w_s", "w_z", "", "y_s", "y_z"];
    let onnx = onnx.node_in("com.microsoft", "y", "QGemm", &inputs, vec![float("alpha", -1.0)]).output("y");
    let rows = [100.0, 128.0, 200.0, 255.0].map(|x| vec![x]);
    assert_eq!(integers(&onnx, &rows).concat(), [142.0, 128.0, 92.0, 64.0]);
}

/// onnxruntime adds an odd zero point before it rounds, so that halves go to the other side. By hand: `(a + b - 6) / 2 + 3`, and
/// `(a - 3) (b - 3) / 4 + 3`, of scales that are powers of two.
#[test]
fn zero_points_are_added_before_halves_are_rounded() {
    let operands = ["a", "f_s", "f_z", "b", "f_s", "f_z", "g_s", "g_z"];
    let pair = |op: &str, step: f32| {
        runtime()
            .input_of("a", DataType::Uint8, vec![Dim::Size(1), Dim::Size(1)])
            .input_of("b", DataType::Uint8, vec![Dim::Size(1), Dim::Size(1)])
            .format("f", Format::of(0.5, 3, false))
            .format("g", Format::of(step, 3, false))
            .node_in("com.microsoft", "y", op, &operands, vec![])
            .output("y")
    };
    let rows: Vec<Vec<f64>> =
        (0..400).map(|i| vec![f64::from(i * 37 % 256), f64::from(i * i % 251)]).collect();
    let saturated = |x: f64| x.round_ties_even().clamp(0.0, 255.0);
    let sums: Vec<f64> = rows.iter().map(|row| saturated((row[0] + row[1] - 6.0) / 2.0 + 3.0)).collect();
    assert_eq!(integers(&pair("QLinearAdd", 1.0), &rows).concat(), sums);
    let products = rows.iter().map(|row| saturated((row[0] - 3.0) * (row[1] - 3.0) / 4.0 + 3.0));
    assert_eq!(integers(&pair("QLinearMul", 1.0), &rows).concat(), products.collect::<Vec<f64>>());
}

/// Two numbers of one scale are each rounded as they are scaled, which decides on the side of every other half: by no rule that floors
/// have, so the report says that some sums are a step off.
#[test]
fn halves_that_single_precision_decides_are_in_the_report() {
    let (x, y) = (Format::of(0.1, 128, false), Format::of(0.2, 128, false));
    let onnx = Onnx::new()
        .input("x", &[1, 2])
        .format("f", x)
        .format("g", y)
        .integers("first", &[0])
        .integers("second", &[1])
        .rounded("d", "x", "f")
        .node("a", "Gather", &["d", "first"], vec![int("axis", 1)])
        .node("b", "Gather", &["d", "second"], vec![int("axis", 1)])
        .node("s", "Add", &["a", "b"], vec![])
        .rounded("y", "s", "g")
        .output("y");
    let model = import(&onnx.bytes()).unwrap_or_else(|error| panic!("{error}"));
    for row in grid(300, 2, 8) {
        let near = y.near(x.near(row[0] as f32) + x.near(row[1] as f32));
        assert!((model.evaluate(&row).concat()[0] - f64::from(near)).abs() < 1e-6, "{row:?}");
    }
    let options = Options { max_error: 0.25, ..Options::default() };
    let (compiled, report) = compile(&onnx.bytes(), &Table::Rows(grid(300, 2, 7)), &options).unwrap();
    assert!((0.19..0.25).contains(&report.outputs[0].max_error), "{report:#?}");
    check_bound(&report);
    check_circuit(&compiled, 6);
}

#[test]
fn types_are_followed_and_never_guessed() {
    let model = |nodes: &dyn Fn(Onnx) -> Onnx| {
        let onnx = Onnx::new().input("x", &[1, 2]).floats("s", &[], &[0.5]);
        nodes(onnx.integers_of("z8", DataType::Int8, &[], &[-3]))
            .node("q", "QuantizeLinear", &["x", "s", "z"], vec![])
            .node("y", "DequantizeLinear", &["q", "s", "z"], vec![])
            .output("y")
    };
    let near = |row: &[f32]| row.iter().map(|&x| Format::of(0.5, -3, true).near(x)).collect();
    check(&model(&|onnx| onnx.node("z", "Identity", &["z8"], vec![])), 0.5, near);
    let cast = |onnx: Onnx| onnx.integers("z64", &[-3]).node("z", "Cast", &["z64"], vec![int("to", 3)]);
    check(&model(&cast), 0.5, near);
    let unknown = model(&|onnx| onnx.integers("no", &[0]).node("z", "Gather", &["z8s", "no"], vec![]));
    let unknown = unknown.integers_of("z8s", DataType::Int8, &[1], &[-3]);
    let said = import(&unknown.bytes()).map(|_| ()).unwrap_err().to_string();
    assert!(said.contains("whose type is not known here"), "{said}");
}

#[test]
fn sums_beyond_32_bits_and_multipliers_beyond_floats_are_refused() {
    let refused = |onnx: &Onnx| import(&onnx.bytes()).map(|_| ()).unwrap_err().to_string();
    let wide = Onnx::new()
        .input_of("x", DataType::Int8, vec![Dim::Size(1), Dim::Size(2)])
        .integers_of("a", DataType::Int8, &[1, 1024], &[127; 1024])
        .integers_of("w", DataType::Int8, &[1024, 2], &[127; 2048])
        .integers_of("e", DataType::Int8, &[2, 1024], &[127; 2048])
        .node("r", "MatMulInteger", &["x", "e"], vec![])
        .node("y", "MatMulInteger", &["r", "w"], vec![])
        .output("y");
    let said = refused(&wide);
    assert!(said.contains("32 bits"), "{said}");
    let (huge, one) = (Format::of(1e30, 0, false), Format::of(1.0, 0, false));
    let onnx = Onnx::new()
        .input_of("x", DataType::Uint8, vec![Dim::Size(1), Dim::Size(1)])
        .format("h", huge)
        .format("o", one)
        .integers_of("w", DataType::Uint8, &[1, 1], &[1])
        .node("y", "QLinearMatMul", &["x", "h_s", "h_z", "w", "h_s", "h_z", "o_s", "o_z"], vec![])
        .output("y");
    let said = refused(&onnx);
    assert!(said.contains("a positive number"), "{said}");
}
