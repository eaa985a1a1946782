//! Movements of elements: each moves numbers as an independent engine does, costs nothing, and moves constants, strings
//! and text by the same indices.

use crate::builder::*;
use assay_compiler::import::import;
use assay_compiler::onnx::{AttributeProto, DataType, TensorProto};
use assay_compiler::{Options, Table, compile};

/// A graph of one operator on an input `x` of this shape, with constant integer operands.
fn one(shape: &[i64], op: &str, constants: &[&[i64]], attributes: Vec<AttributeProto>) -> Onnx {
    one_at(21, shape, op, constants, attributes)
}

fn one_at(
    opset: i64,
    shape: &[i64],
    op: &str,
    constants: &[&[i64]],
    attributes: Vec<AttributeProto>,
) -> Onnx {
    let mut onnx = Onnx::with_opset(opset).input("x", shape);
    let mut operands = vec!["x".to_owned()];
    for (i, constant) in constants.iter().enumerate() {
        let name = format!("c{i}");
        onnx = onnx.integers(&name, constant);
        operands.push(name);
    }
    let operands: Vec<&str> = operands.iter().map(String::as_str).collect();
    onnx.node("y", op, &operands, attributes).output("y")
}

/// The result for the numbers 0, 1, 2, ...
fn counted(onnx: &Onnx) -> Vec<f64> {
    let model = import(&onnx.bytes()).unwrap_or_else(|error| panic!("{error}"));
    let sample: Vec<f64> = (0..model.input_len()).map(|i| i as f64).collect();
    model.evaluate(&sample).remove(0)
}

/// The independent engine moves the same numbers to the same places, in the same shape.
fn agrees(onnx: &Onnx) -> Vec<f64> {
    let (model, independent) = (import(&onnx.bytes()).unwrap(), reference(onnx));
    let sample: Vec<f64> = (0..model.input_len()).map(|i| i as f64).collect();
    let found = model.evaluate(&sample);
    assert_eq!(found, independent.run(&sample).unwrap());
    found.concat()
}

fn shape(onnx: &Onnx) -> Vec<usize> {
    import(&onnx.bytes()).unwrap().outputs[0].shape.clone()
}

fn refused(onnx: &Onnx, message: &str) {
    let found = import(&onnx.bytes()).unwrap_err().to_string();
    assert!(found.contains(message), "{found}");
}

#[test]
fn transpose() {
    assert_eq!(agrees(&one(&[2, 3], "Transpose", &[], vec![])), [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]);
    for perm in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let onnx = one(&[2, 3, 4], "Transpose", &[], vec![ints("perm", &perm)]);
        agrees(&onnx);
        assert_eq!(shape(&onnx), perm.map(|axis| [2, 3, 4][axis as usize]));
    }
    for wrong in [&[0, 1][..], &[0, 0, 1], &[0, 1, 3], &[0, 1, -1]] {
        refused(&one(&[2, 3, 4], "Transpose", &[], vec![ints("perm", wrong)]), "attribute perm");
    }
}

#[test]
fn gather_and_its_kin() {
    let along = |axis| vec![int("axis", axis)];
    assert_eq!(agrees(&one(&[2, 3], "Gather", &[&[2, 0, -1, 2]], along(1))).len(), 8);
    agrees(&one(&[4, 3], "Gather", &[&[3, 3, 0]], along(0)));
    agrees(&one(&[2, 3, 2], "Gather", &[&[1]], along(-2)));
    refused(&one(&[2, 3], "Gather", &[&[3]], along(1)), "index 3 is outside an axis of 3");
    refused(&one(&[2, 3], "Gather", &[&[-4]], along(1)), "index -4 is outside an axis of 3");
    let with_indices = |x: &[i64], op: &str, dims: &[i64], indices: &[i64], attributes| {
        let mut onnx = Onnx::with_opset(21).input("x", x);
        onnx.graph().initializer.push(integer_tensor("i", dims, indices));
        onnx.node("y", op, &["x", "i"], attributes).output("y")
    };
    // A scalar index drops the axis; indices of two dimensions put two in its place.
    let scalar = with_indices(&[2, 3], "Gather", &[], &[1], along(1));
    assert_eq!((agrees(&scalar), shape(&scalar)), (vec![1.0, 4.0], vec![2]));
    let square = with_indices(&[2, 3], "Gather", &[2, 2], &[0, 1, 2, 0], along(1));
    assert_eq!(shape(&square), [2, 2, 2]);
    agrees(&square);
    agrees(&with_indices(&[2, 3], "GatherElements", &[2, 2], &[0, -1, 2, 1], along(1)));
    agrees(&with_indices(&[3, 2], "GatherElements", &[4, 2], &[0, 1, 2, 2, 1, 0, 0, 0], along(0)));
    agrees(&with_indices(&[2, 3], "GatherND", &[2, 2], &[0, 2, 1, 0], vec![]));
    agrees(&with_indices(&[2, 3, 2], "GatherND", &[2, 1], &[1, 0], vec![]));
    agrees(&with_indices(&[2, 2, 3], "GatherND", &[2, 1], &[1, 0], vec![int("batch_dims", 1)]));
    let deep = with_indices(&[2, 2, 3], "GatherND", &[2, 2, 1], &[1, 0, 0, 0], vec![int("batch_dims", 1)]);
    assert_eq!(shape(&deep), [2, 2, 3]);
    assert_eq!(counted(&deep), [3.0, 4.0, 5.0, 0.0, 1.0, 2.0, 6.0, 7.0, 8.0, 6.0, 7.0, 8.0]);
    let variable = Onnx::new().input("x", &[3]).input("i", &[1]);
    refused(&variable.node("y", "Compress", &["x", "i"], vec![]).output("y"), "'i' must be a constant");
}

#[test]
fn compress() {
    let with = |axis: Option<i64>, condition: &[i64]| {
        let mut onnx = Onnx::with_opset(21).input("x", &[3, 2]);
        let truth = TensorProto {
            name: "c".into(),
            dims: vec![condition.len() as i64],
            data_type: DataType::Bool as i32,
            int32_data: condition.iter().map(|&holds| holds as i32).collect(),
            ..Default::default()
        };
        onnx.graph().initializer.push(truth);
        let attributes = axis.map(|axis| int("axis", axis)).into_iter().collect();
        onnx.node("y", "Compress", &["x", "c"], attributes).output("y")
    };
    assert_eq!(counted(&with(Some(0), &[0, 1, 1])), [2.0, 3.0, 4.0, 5.0]);
    assert_eq!(counted(&with(Some(1), &[0, 1])), [1.0, 3.0, 5.0]);
    assert_eq!(counted(&with(None, &[0, 1, 0, 0, 1])), [1.0, 4.0]);
    refused(&with(Some(1), &[0, 1, 1]), "do not fit");
}

#[test]
fn slices_in_every_direction() {
    let max = i64::MAX;
    let min = i64::MIN;
    for (starts, ends, axes, steps) in [
        (&[1][..], &[3][..], &[1][..], &[1][..]),
        (&[1], &[max], &[1], &[1]),
        (&[-2], &[max], &[1], &[1]),
        (&[-1], &[min], &[1], &[-1]),
        (&[max], &[min], &[-1], &[-2]),
        (&[0, 1], &[2, -1], &[0, 1], &[1, 2]),
        (&[3], &[0], &[1], &[-1]),
        (&[0], &[max], &[1], &[3]),
    ] {
        agrees(&one(&[2, 5], "Slice", &[starts, ends, axes, steps], vec![]));
    }
    assert_eq!(counted(&one(&[5], "Slice", &[&[1], &[4]], vec![])), [1.0, 2.0, 3.0]);
    let old = vec![ints("starts", &[0, 1]), ints("ends", &[max, 3])];
    assert_eq!(counted(&one_at(9, &[2, 4], "Slice", &[], old)), [1.0, 2.0, 5.0, 6.0]);
    refused(&one(&[5], "Slice", &[&[1], &[4], &[0], &[0]], vec![]), "steps");
    refused(&one(&[5], "Slice", &[&[1], &[4], &[1]], vec![]), "axis 1 is outside shape [5]");
    // `to the end` as an integer that no double holds, and a step as far.
    assert_eq!(counted(&one(&[3], "Slice", &[&[0], &[max], &[0], &[max]], vec![])), [0.0]);
    assert_eq!(counted(&one(&[3], "Slice", &[&[max], &[min], &[0], &[min]], vec![])), [2.0]);
}

#[test]
fn splits() {
    let split = |opset, operands: &[&str], names: &[&str], attributes| {
        let mut onnx = Onnx::with_opset(opset).input("x", &[2, 5]).integers("s", &[2, 0, 3]);
        onnx = onnx.node(names[0], "Split", operands, attributes);
        let output = names.iter().map(|&name| name.to_owned()).collect();
        onnx.graph().node[0].output = output;
        names.iter().fold(onnx, |onnx, name| onnx.output(name))
    };
    let all = |onnx: &Onnx| {
        let model = import(&onnx.bytes()).unwrap_or_else(|error| panic!("{error}"));
        model.evaluate(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0])
    };
    let by_operand = split(13, &["x", "s"], &["a", "c"], vec![int("axis", 1)]);
    refused(&by_operand, "a size for each result");
    let mut skipping = split(13, &["x", "s"], &["a", "c"], vec![int("axis", 1)]);
    skipping.graph().node[0].output = vec!["a".into(), String::new(), "c".into()];
    assert_eq!(all(&skipping), [vec![0.0, 1.0, 5.0, 6.0], vec![2.0, 3.0, 4.0, 7.0, 8.0, 9.0]]);
    let by_attribute = split(11, &["x"], &["a", "b"], vec![int("axis", -1), ints("split", &[1, 4])]);
    assert_eq!(all(&by_attribute)[0], [0.0, 5.0]);
    assert_eq!(all(&split(13, &["x"], &["a", "b"], vec![]))[1], [5.0, 6.0, 7.0, 8.0, 9.0]);
    let uneven = split(18, &["x"], &["a", "b", "c"], vec![int("axis", 1), int("num_outputs", 3)]);
    assert_eq!(all(&uneven)[2], [4.0, 9.0]);
    refused(&split(13, &["x"], &["a", "b"], vec![int("axis", 1)]), "attribute split = absent");
}

#[test]
fn repetitions_and_triangles() {
    agrees(&one(&[2, 1], "Expand", &[&[3, 1, 4]], vec![]));
    agrees(&one(&[3], "Expand", &[&[2, 1]], vec![]));
    refused(&one(&[3], "Expand", &[&[2]], vec![]), "do not fit");
    agrees(&one(&[2, 3], "Tile", &[&[2, 2]], vec![]));
    refused(&one(&[2, 3], "Tile", &[&[2]], vec![]), "attribute repeats");
    for (k, upper) in [(0, 1), (1, 1), (-1, 1), (0, 0), (2, 0), (-1, 0), (i64::MAX, 1), (i64::MIN, 0)] {
        let mut onnx = Onnx::with_opset(21).input("x", &[2, 3, 4]);
        onnx.graph().initializer.push(integer_tensor("k", &[], &[k]));
        let onnx = onnx.node("y", "Trilu", &["x", "k"], vec![int("upper", upper)]).output("y");
        if k.unsigned_abs() < 9 {
            agrees(&onnx);
        } else {
            refused(&onnx, "constant"); // all zeros
        }
    }
    let huge = one(&[2, 3], "Tile", &[&[1 << 40, 1 << 40]], vec![]);
    refused(&huge, "asks for");
}

#[test]
fn concat_along_any_axis() {
    for axis in [0, 1, -1] {
        let onnx = Onnx::new().input("x", &[2, 2]).input("z", &[2, 2]).floats("c", &[2, 2], &[5.0; 4]);
        check_engines(&onnx.node("y", "Concat", &["x", "c", "z", "x"], vec![int("axis", axis)]).output("y"));
    }
}

#[test]
fn pads_of_every_mode() {
    let pad = |mode: &str, pads: &[i64]| one(&[2, 4], "Pad", &[pads], vec![text("mode", mode)]);
    for mode in ["constant", "reflect", "edge"] {
        agrees(&pad(mode, &[1, 2, 0, 3]));
    }
    assert_eq!(counted(&pad("wrap", &[0, 2, 0, 1]))[..7], [2.0, 3.0, 0.0, 1.0, 2.0, 3.0, 0.0]);
    assert_eq!(counted(&pad("reflect", &[0, 3, 0, 0]))[..7], [3.0, 2.0, 1.0, 0.0, 1.0, 2.0, 3.0]);
    // Fewer elements than there were.
    assert_eq!(counted(&pad("constant", &[0, -1, 0, 1])), [1.0, 2.0, 3.0, 0.0, 5.0, 6.0, 7.0, 0.0]);
    assert_eq!(counted(&pad("edge", &[-1, 1, 0, -2])), [4.0, 4.0, 5.0]);
    refused(&pad("constant", &[0, -3, 0, -2]), "attribute pads");
    refused(&pad("constant", &[0, 1]), "attribute pads");
    refused(&pad("circular", &[0, 1, 0, 1]), "attribute mode");
    let at = |opset, attributes| one_at(opset, &[2], "Pad", &[], attributes);
    assert_eq!(counted(&at(2 + 5, vec![ints("pads", &[1, 0]), float("value", 9.0)])), [9.0, 0.0, 1.0]);
    let axes = Onnx::with_opset(18).input("x", &[2, 2]).integers("p", &[1, 0]).floats("v", &[], &[7.0]);
    let axes = axes.integers("a", &[-1]).node("y", "Pad", &["x", "p", "v", "a"], vec![]).output("y");
    assert_eq!(counted(&axes), [7.0, 0.0, 1.0, 7.0, 2.0, 3.0]);
}

#[test]
fn blocks_of_pictures() {
    for mode in ["DCR", "CRD"] {
        let attributes = vec![int("blocksize", 2), text("mode", mode)];
        agrees(&one(&[1, 8, 2, 3], "DepthToSpace", &[], attributes));
    }
    // One undoes the other.
    let there = Onnx::with_opset(13).input("x", &[2, 3, 4, 6]);
    let there = there.node("d", "SpaceToDepth", &["x"], vec![int("blocksize", 2)]);
    let back = there.node("y", "DepthToSpace", &["d"], vec![int("blocksize", 2)]).output("y");
    assert_eq!(counted(&back), (0..144).map(f64::from).collect::<Vec<_>>());
    let packed = one(&[1, 1, 4, 2], "SpaceToDepth", &[], vec![int("blocksize", 2)]);
    assert_eq!(counted(&packed), [0.0, 4.0, 1.0, 5.0, 2.0, 6.0, 3.0, 7.0]);
    let channels_first = vec![int("blocksize", 2), text("mode", "CRD")];
    let there = Onnx::with_opset(28).input("x", &[2, 3, 4, 6]);
    let there = there.node("d", "SpaceToDepth", &["x"], channels_first.clone());
    let back = there.node("y", "DepthToSpace", &["d"], channels_first.clone()).output("y");
    assert_eq!(counted(&back), (0..144).map(f64::from).collect::<Vec<_>>());
    let packed = one(&[1, 2, 2, 2], "SpaceToDepth", &[], channels_first);
    assert_eq!(counted(&packed), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
    refused(&one(&[1, 6, 2, 2], "DepthToSpace", &[], vec![int("blocksize", 2)]), "attribute blocksize");
    refused(&one(&[1, 6, 3, 2], "SpaceToDepth", &[], vec![int("blocksize", 2)]), "attribute blocksize");
}

#[test]
fn reversed_sequences() {
    let onnx = one(&[4, 2], "ReverseSequence", &[&[3, 1]], vec![int("time_axis", 0), int("batch_axis", 1)]);
    assert_eq!(counted(&onnx), [4.0, 1.0, 2.0, 3.0, 0.0, 5.0, 6.0, 7.0]);
    let onnx = one(&[2, 3], "ReverseSequence", &[&[2, 3]], vec![int("time_axis", 1), int("batch_axis", 0)]);
    assert_eq!(counted(&onnx), [1.0, 0.0, 2.0, 5.0, 4.0, 3.0]);
}

#[test]
fn scattered_updates() {
    let with = |op: &str, dims: &[i64], indices: &[i64], updates: &[i64], attributes| {
        let mut onnx = Onnx::with_opset(18).input("x", &[3, 3]).input("u", updates);
        onnx.graph().initializer.push(integer_tensor("i", dims, indices));
        onnx.node("y", op, &["x", "i", "u"], attributes).output("y")
    };
    agrees(&with("ScatterElements", &[2, 2], &[0, 2, -1, 0], &[2, 2], vec![int("axis", 1)]));
    agrees(&with("ScatterElements", &[2, 3], &[1, 0, 2, 0, 2, 1], &[2, 3], vec![]));
    agrees(&with("ScatterND", &[2, 1], &[2, 0], &[2, 3], vec![]));
    agrees(&with("ScatterND", &[2, 2], &[2, 0, 0, 1], &[2], vec![]));
    // Two updates meet in one place.
    for (reduction, met) in [("add", 5.0 + 10.0 + 11.0), ("mul", 550.0), ("max", 11.0), ("min", 5.0)] {
        let met_twice = |op, dims: &[i64], indices: &[i64], updates: &[i64]| {
            let mut attributes = vec![text("reduction", reduction)];
            if op == "ScatterElements" {
                attributes.push(int("axis", 1));
            }
            let onnx = with(op, dims, indices, updates, attributes);
            let x: Vec<f64> = (0..9 + updates.iter().product::<i64>()).map(|i| (i + 1) as f64).collect();
            import(&onnx.bytes()).unwrap_or_else(|error| panic!("{error}")).evaluate(&x).concat()
        };
        let mut expected: Vec<f64> = (1..10).map(f64::from).collect();
        expected[4] = met;
        assert_eq!(met_twice("ScatterND", &[2, 2], &[1, 1, 1, 1], &[2]), expected, "{reduction}");
        let mut by_columns: Vec<f64> = (1..10).map(f64::from).collect();
        by_columns[0] = match reduction {
            "add" => 1.0 + 10.0 + 11.0,
            "mul" => 110.0,
            "max" => 11.0,
            _ => 1.0,
        };
        assert_eq!(met_twice("ScatterElements", &[1, 2], &[0, -3], &[1, 2]), by_columns, "{reduction}");
    }
    let other = with("ScatterND", &[2, 1], &[2, 0], &[2, 3], vec![text("reduction", "mean")]);
    refused(&other, "attribute reduction = mean is not supported, allowed: none, add, mul, max or min");
}

#[test]
fn dropout_as_in_inference() {
    let onnx = Onnx::with_opset(13).input("x", &[1, 3]).floats("ratio", &[], &[0.5]);
    let onnx =
        onnx.node("d", "Dropout", &["x", "ratio"], vec![]).node("y", "Relu", &["d"], vec![]).output("y");
    check_engines(&onnx);
    // The mask is all that there is.
    let mut masked = onnx.clone();
    masked.graph().node[0].output.push("mask".into());
    let masked = masked.node("m", "Cast", &["mask"], vec![int("to", 1)]);
    let mut masked = masked.node("z", "Add", &["x", "m"], vec![]).output("z");
    assert_eq!(import(&masked.bytes()).unwrap().evaluate(&[0.0; 3])[1], [1.0; 3]);
    masked.graph().node[0].input.push("training".into());
    let truth = TensorProto {
        name: "training".into(),
        data_type: DataType::Bool as i32,
        int32_data: vec![1],
        ..Default::default()
    };
    masked.graph().initializer.push(truth);
    refused(&masked, "attribute training_mode = true is not supported");
}

/// Whatever depends on no input is evaluated: here the target of a reshape, from the shape of the input.
#[test]
fn shapes_are_computed_when_a_model_is_imported() {
    let mut onnx = Onnx::with_opset(15).input_of(
        "x",
        DataType::Float,
        vec![Dim::Symbol("N"), Dim::Size(2), Dim::Size(3)],
    );
    onnx.graph().initializer.push(integer_tensor("zero", &[], &[0]));
    let onnx = onnx
        .integers("minus", &[-1])
        .integers("axes", &[0])
        .node("shape", "Shape", &["x"], vec![])
        .node("batch", "Gather", &["shape", "zero"], vec![])
        .node("first", "Unsqueeze", &["batch", "axes"], vec![])
        .node("target", "Concat", &["first", "minus"], vec![int("axis", 0)])
        .node("flat", "Reshape", &["x", "target"], vec![])
        .node("rest", "Shape", &["x"], vec![int("start", 1)])
        .node("ones", "ConstantOfShape", &["rest"], vec![tensor("value", float_tensor("", &[1], &[2.0]))])
        .node("line", "Reshape", &["ones", "target"], vec![])
        .node("sum", "Add", &["flat", "line"], vec![])
        .node("y", "Relu", &["sum"], vec![])
        .output("y");
    let (model, _) = check_engines(&onnx);
    assert_eq!(model.graph.outputs[0].shape, [1, 6]);
}

#[test]
fn constants_by_rules() {
    let folded = |onnx: Onnx, elements: usize| {
        let onnx = onnx.node("y", "Add", &["x", "c"], vec![]).output("y");
        import(&onnx.bytes())
            .unwrap_or_else(|error| panic!("{error}"))
            .evaluate(&vec![0.0; elements])
            .remove(0)
    };
    let scalars = |values: [f32; 3]| {
        let [start, limit, delta] = values;
        let onnx = Onnx::with_opset(13).input("x", &[3]);
        onnx.floats("s", &[], &[start]).floats("l", &[], &[limit]).floats("d", &[], &[delta])
    };
    let range = |values| folded(scalars(values).node("c", "Range", &["s", "l", "d"], vec![]), 3);
    assert_eq!(range([1.0, 6.5, 2.0]), [1.0, 3.0, 5.0]);
    assert_eq!(range([2.0, -1.0, -1.0]), [2.0, 1.0, 0.0]);
    let eye = Onnx::with_opset(13).input("x", &[2, 3]).node("c", "EyeLike", &["x"], vec![int("k", 1)]);
    assert_eq!(folded(eye, 6), [0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
    let of = |op: &str, elements: i64| {
        let onnx = Onnx::with_opset(13).input("x", &[elements]);
        let onnx = onnx.floats("v", &[2, 3], &[0.0, 3.0, 1.0, 3.0, 0.0, -1.0]).node("i", op, &["v"], vec![]);
        let onnx = onnx.integers("flat", &[-1]).node("r", "Reshape", &["i", "flat"], vec![]);
        folded(onnx.node("c", "Cast", &["r"], vec![int("to", 1)]), elements as usize)
    };
    assert_eq!(of("NonZero", 8), [0.0, 0.0, 1.0, 1.0, 1.0, 2.0, 0.0, 2.0]);
    assert_eq!(of("Unique", 4), [-1.0, 0.0, 1.0, 3.0]);
    assert_eq!(of("Size", 1), [6.0]);
    let mut unique = Onnx::with_opset(13).input("x", &[1]).floats("v", &[5], &[2.0, 1.0, 2.0, 3.0, 1.0]);
    unique = unique.node("u", "Unique", &["v"], vec![int("sorted", 0)]);
    unique.graph().node[0].output = ["u", "first", "inverse", "counts"].map(String::from).to_vec();
    let names = ["u", "first", "inverse", "counts"];
    let casts: Vec<String> = names.iter().map(|name| format!("{name}f")).collect();
    for (name, cast) in names.iter().zip(&casts) {
        unique = unique.node(cast, "Cast", &[name], vec![int("to", 1)]);
    }
    let operands: Vec<&str> = casts.iter().map(String::as_str).collect();
    let unique = unique.node("c", "Concat", &operands, vec![int("axis", 0)]);
    let expected = [2.0, 1.0, 3.0, 0.0, 1.0, 3.0, 0.0, 1.0, 0.0, 2.0, 1.0, 2.0, 2.0, 1.0];
    assert_eq!(folded(unique, 1), expected);
}

#[test]
fn casts() {
    let cast = |to: DataType| vec![int("to", to as i64)];
    let onnx = Onnx::new().input("x", &[1, 3]).node("y", "Cast", &["x"], cast(DataType::Float16)).output("y");
    assert_eq!(counted(&onnx), [0.0, 1.0, 2.0]);
    // Integers become real numbers, and whole numbers integers again.
    let counts = Onnx::new().input_of("n", DataType::Int64, vec![Dim::Size(1), Dim::Size(2)]);
    let counts =
        counts.node("f", "Cast", &["n"], cast(DataType::Float)).node("d", "Add", &["f", "f"], vec![]);
    let back = counts.node("y", "Cast", &["d"], cast(DataType::Int64)).output("y");
    assert_eq!(counted(&back), [0.0, 2.0]);
    // What has a fraction loses it, towards zero.
    let onnx = Onnx::new().input("x", &[1, 2]).floats("w", &[2, 2], &[1.5, -1.0, 0.25, 2.0]);
    let onnx = onnx.node("m", "MatMul", &["x", "w"], vec![]).node("y", "Cast", &["m"], cast(DataType::Int32));
    let onnx = onnx.output("y");
    let evaluated = |x: &[f64]| import(&onnx.bytes()).unwrap().evaluate(x).remove(0);
    assert_eq!(evaluated(&[1.0, 1.0]), [1.0, 1.0]);
    assert_eq!(evaluated(&[-1.0, -0.9]), [-1.0, 0.0]);
    let (model, _) = compiled(&onnx, &Options::default());
    check_circuit(&model, 4);
    let truth = Onnx::new().input("x", &[2]).node("y", "Cast", &["x"], cast(DataType::Bool)).output("y");
    assert_eq!(counted(&truth), [0.0, 1.0]);
    // Constants are cut towards zero, and rounded to what a `float` holds.
    let folded = |to: DataType, back: DataType| {
        let onnx = Onnx::new().input("x", &[3]);
        let mut onnx = onnx.node("i", "Cast", &["c"], cast(to)).node("r", "Cast", &["i"], cast(back));
        let double_data = vec![-1.7, 0.0, 0.1];
        let c = TensorProto {
            name: "c".into(),
            dims: vec![3],
            data_type: DataType::Double as i32,
            double_data,
            ..Default::default()
        };
        onnx.graph().initializer.push(c);
        counted(&onnx.node("y", "Add", &["x", "r"], vec![]).output("y"))
    };
    assert_eq!(folded(DataType::Int64, DataType::Double), [-1.0, 1.0, 2.0]);
    assert_eq!(folded(DataType::Bool, DataType::Double), [1.0, 1.0, 3.0]);
    assert_eq!(folded(DataType::Float, DataType::Double)[2], 2.0 + f64::from(0.1f32));
    let like = Onnx::with_opset(15).input("x", &[2]).integers("n", &[1]);
    assert_eq!(counted(&like.node("y", "CastLike", &["x", "n"], vec![]).output("y")), [0.0, 1.0]);
}

/// A movement in the middle of a network costs what the network costs.
#[test]
fn movements_cost_nothing() {
    let plain = Onnx::new().input("x", &[1, 4]).floats(
        "w",
        &[4, 3],
        &[0.5, -1.0, 0.25, 0.75, 1.0, 2.0, -0.5, 0.1, 0.2, 0.3, -0.4, 1.5],
    );
    let plain = plain.node("a", "MatMul", &["x", "w"], vec![]).node("r", "Relu", &["a"], vec![]);
    let reversed =
        plain.clone().integers("i", &[2, 1, 0]).node("y", "Gather", &["r", "i"], vec![int("axis", 1)]);
    let plain = plain.node("y", "Identity", &["r"], vec![]).output("y");
    let table = Table::Rows(rows(40, 4, 3));
    let constraints = |onnx: &Onnx| {
        let (model, _) = compile(&onnx.bytes(), &table, &Options::default()).unwrap();
        model.circuit.r1cs.num_constraints()
    };
    let moved = reversed.node("z", "Relu", &["y"], vec![]).output("z");
    let again = plain.clone().node("z", "Relu", &["y"], vec![]);
    let mut again = again;
    again.graph().output.clear();
    assert_eq!(constraints(&moved), constraints(&again.output("z")));
}

/// Integer inputs are themselves: of scale 0, whatever the bounds on errors are.
#[test]
fn integer_inputs_are_exact() {
    let onnx = Onnx::new().input_of("n", DataType::Int64, vec![Dim::Symbol("N"), Dim::Size(3)]);
    let onnx = onnx.node("f", "Cast", &["n"], vec![int("to", 1)]).floats("w", &[3, 1], &[0.5, -1.25, 0.1]);
    let onnx = onnx.node("m", "MatMul", &["f", "w"], vec![]).node("y", "Relu", &["m"], vec![]).output("y");
    let table = Table::Rows((0..60).map(|i| vec![f64::from(i), 1000.0 - f64::from(i), -3.0]).collect());
    let (model, report) = compile(&onnx.bytes(), &table, &Options::default()).unwrap();
    let input = &model.schema.inputs()[0];
    assert_eq!((input.scales.single(), input.bits), (Some(0), 11));
    assert!(report.outputs[0].max_error <= 0.01);
    assert_eq!(model.quantize_inputs(&[59.0, 941.0, -3.0]).unwrap(), [[59, 941, -3]]);
    let fraction = model.quantize_inputs(&[1.5, 941.0, -3.0]).unwrap_err().to_string();
    assert_eq!(fraction, "'n[0]' = 1.5, and the model takes integers there");
    assert!(model.quantize_inputs(&[60.0, 941.0, -3.0]).is_err());
    assert_eq!(assay_compiler::CompiledModel::from_bytes(&model.to_bytes()).unwrap(), model);
    check_circuit(&model, 6);
    let wide = Table::Rows(vec![vec![1e10, 1.0, 1.0]]);
    let error = compile(&onnx.bytes(), &wide, &Options::default()).unwrap_err().to_string();
    assert!(error.contains("'n[0]' is an integer input of domain [10000000000, 10000000000]"), "{error}");
}
