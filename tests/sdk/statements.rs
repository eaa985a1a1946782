//! Schemas, packing, commitments, members, statements.

use assay_interface::field::Scalar;
use assay_interface::member::{self, Claim, Tree};
use assay_interface::missing::Missing;
use assay_interface::scales::Scales;
use assay_interface::schema::{ModelSchema, TensorSchema, Visibility};
use assay_interface::statement::{Statement, TensorValue, commit, pack};
use assay_interface::{float32, schema};
use assay_tests::vectors::{check, hex};
use serde_json::{Value, json};

fn tensor(name: &str, shape: &[u32], bits: u8, scale: i8) -> TensorSchema {
    TensorSchema {
        name: name.into(),
        shape: shape.to_vec(),
        bits,
        scales: scale.into(),
        missing: Missing::Never,
        visibility: Visibility::Public,
    }
}

fn model(name: &str, inputs: Vec<TensorSchema>) -> ModelSchema {
    ModelSchema::new(name.into(), inputs, vec![tensor("out", &[1, 2], 16, 8)]).expect("a valid schema")
}

/// A schema of each form.
fn schemas() -> Vec<ModelSchema> {
    let scaled = |scales, tensor| TensorSchema { scales, ..tensor };
    let missing = |missing, tensor| TensorSchema { missing, ..tensor };
    let seen_as = |visibility, tensor| TensorSchema { visibility, ..tensor };
    let plain = || tensor("in", &[1, 3], 15, 12);
    let columns = |width: usize| Missing::Columns((0..width).map(|column| column % 3 == 1).collect());
    let axis = Scales::Axis { axis: 1, scales: vec![12, -8, 127] };
    let float32 = || scaled(Scales::Float32, tensor("in", &[1, 9], float32::BITS, 0));
    vec![
        model("one scale", vec![plain()]),
        model("négatif 零", vec![tensor("é", &[2, 1, 3, 2], 1, -128), tensor("wide", &[40], 32, 127)]),
        model("axis", vec![scaled(axis.clone(), tensor("in", &[2, 3, 2], 8, 0))]),
        model(
            "first axis",
            vec![scaled(Scales::Axis { axis: 0, scales: vec![0, 1] }, tensor("in", &[2, 3], 8, 0))],
        ),
        model("float32", vec![float32()]),
        model("missing anywhere", vec![missing(Missing::Anywhere, plain())]),
        model("missing columns", vec![missing(columns(3), plain())]),
        model("missing in many", vec![missing(columns(128), tensor("in", &[2, 128], 2, 0))]),
        model("missing float32", vec![missing(columns(9), float32())]),
        model("missing anywhere float32", vec![missing(Missing::Anywhere, float32())]),
        model(
            "missing along axis",
            vec![missing(Missing::Anywhere, scaled(axis, tensor("in", &[2, 3, 2], 8, 0)))],
        ),
        model("committed", vec![plain(), seen_as(Visibility::Committed, tensor("income", &[1, 5], 8, 0))]),
        model("committed float32", vec![seen_as(Visibility::Committed, missing(columns(9), float32()))]),
        model(
            "member",
            vec![
                seen_as(Visibility::Member { depth: 32 }, tensor("in", &[1, 2], 5, 2)),
                tensor("b", &[7], 9, 1),
            ],
        ),
        model("long", vec![tensor("in", &[1, 400], 16, 10)]),
    ]
}

fn tensor_json(tensor: &TensorSchema) -> Value {
    let scales = match &tensor.scales {
        Scales::One(scale) => json!(scale),
        Scales::Axis { axis, scales } => json!({"axis": axis, "scales": scales}),
        Scales::Float32 => json!("float32"),
    };
    let missing = match &tensor.missing {
        Missing::Never => json!("never"),
        Missing::Anywhere => json!("anywhere"),
        Missing::Columns(columns) => json!(columns),
    };
    let visibility = match tensor.visibility {
        Visibility::Public => json!("public"),
        Visibility::Committed => json!("committed"),
        Visibility::Member { depth } => json!({"memberDepth": depth}),
    };
    json!({
        "name": tensor.name, "shape": tensor.shape, "bits": tensor.bits,
        "scales": scales, "missing": missing, "visibility": visibility,
    })
}

/// Integers at the edges of a tensor's format and between, of which every element allows each.
fn integers(tensor: &TensorSchema) -> Vec<i64> {
    let half = 1i64 << (tensor.bits - 1);
    let edges = match tensor.scales {
        Scales::Float32 => [float32::KEY_OF_INFINITY, -float32::KEY_OF_INFINITY],
        _ => [half - 1, -half],
    };
    let integer = |element: usize| match element % 5 {
        0 if tensor.missing.allows(element, &tensor.shape) => tensor.missing_code(),
        0 | 1 => edges[element % 2],
        _ => (element as i64).wrapping_mul(0x9e37_79b9) % edges[0].max(1),
    };
    (0..tensor.elements()).map(integer).collect()
}

/// What they stand for: `null` for missing, a text for infinities.
fn numbers(tensor: &TensorSchema, integers: &[i64]) -> Value {
    let number = |(element, &integer): (usize, &i64)| {
        if tensor.is_missing(element, integer) {
            return Value::Null;
        }
        let number = match tensor.scale_of(element) {
            Some(scale) => integer as f64 * (-f64::from(scale)).exp2(),
            None => float32::number(integer).expect("a key").into(),
        };
        if number.is_finite() { json!(number) } else { json!(number.to_string()) }
    };
    integers.iter().enumerate().map(number).collect()
}

fn context() -> [u8; 32] {
    std::array::from_fn(|index| 0xf0 ^ index as u8)
}

fn statement(schema: &ModelSchema) -> Value {
    let salt = Scalar::from(7u64);
    let values: Vec<Vec<i64>> = schema.inputs().iter().map(integers).collect();
    let claim = Claim { root: Scalar::from(11u64), scope: context(), nullifier: Scalar::from(13u64) };
    let mut shown = Vec::new();
    let inputs: Vec<TensorValue<'_>> = schema
        .inputs()
        .iter()
        .zip(&values)
        .map(|(tensor, values)| match tensor.visibility {
            Visibility::Public => {
                shown.push(json!({"integers": values, "numbers": numbers(tensor, values)}));
                TensorValue::Values(values)
            }
            Visibility::Committed => {
                let commitment = commit(salt, values, tensor.bits).expect("a commitment");
                shown.push(json!({"commitment": hex(commitment.as_be_bytes()), "integers": values}));
                TensorValue::Commitment(commitment)
            }
            Visibility::Member { .. } => {
                let [root, nullifier] = [claim.root, claim.nullifier].map(|part| hex(part.as_be_bytes()));
                shown.push(json!({"root": root, "scope": hex(claim.scope), "nullifier": nullifier}));
                TensorValue::Member(claim)
            }
        })
        .collect();
    let outputs: Vec<Vec<i64>> = schema.outputs().iter().map(integers).collect();
    let listed: Vec<&[i64]> = outputs.iter().map(Vec::as_slice).collect();
    let statement = Statement::new(schema, context(), &inputs, &listed).expect("a statement");
    json!({
        "inputs": shown,
        "outputs": outputs,
        "limbs": statement.limbs.iter().map(|limb| hex(limb.as_be_bytes())).collect::<Vec<_>>(),
        "digest": hex(statement.digest().expect("a digest").as_be_bytes()),
    })
}

/// An encoding cut at every place, and with every byte changed: the domain of what decodes, or why it does not.
fn mutations(schema: &ModelSchema) -> Vec<Value> {
    let encoded = schema.encode();
    let verdict = |bytes: &[u8]| match ModelSchema::decode(bytes) {
        Ok(schema) => hex(schema.domain().as_be_bytes()),
        Err(error) => error.to_string(),
    };
    let mut rows = Vec::new();
    for at in 0..encoded.len() {
        rows.push(json!([schema.name(), at, null, verdict(&encoded[..at])]));
        for byte in [0, 33, 255] {
            let mut changed = encoded.clone();
            changed[at] = byte;
            rows.push(json!([schema.name(), at, byte, verdict(&changed)]));
        }
    }
    rows
}

#[test]
fn schemas_and_statements() {
    let schemas = schemas();
    let rows: Vec<Value> = schemas
        .iter()
        .map(|schema| {
            let tensors = |tensors: &[TensorSchema]| tensors.iter().map(tensor_json).collect::<Vec<_>>();
            json!({
                "schema": {"name": schema.name(), "inputs": tensors(schema.inputs()), "outputs": tensors(schema.outputs())},
                "encoded": hex(schema.encode()),
                "domain": hex(schema.domain().as_be_bytes()),
                "statement": statement(schema),
            })
        })
        .collect();
    let named =
        |name: &str| schemas.iter().find(|schema| schema.name() == name).expect("a schema of this name");
    let mutated: Vec<Value> = ["missing columns", "axis", "member", "missing float32"]
        .iter()
        .flat_map(|name| mutations(named(name)))
        .collect();
    check("statements", &json!({"context": hex(context()), "salt": 7, "schemas": rows, "mutated": mutated}));
}

#[test]
fn packs() {
    let rows: Vec<Value> = (1..=schema::MAX_BITS)
        .map(|bits| {
            let half = 1i64 << (bits - 1);
            let count = 248 / usize::from(bits) + 2; // more than a limb
            let values: Vec<i64> = (0..count as i64)
                .map(|index| match index % 4 {
                    0 => -half,
                    1 => half - 1,
                    _ => (index * 0x9e37_79b9) % half,
                })
                .collect();
            let limbs = pack(&values, bits).expect("they fit");
            json!({"bits": bits, "values": values, "limbs": limbs.iter().map(|limb| hex(limb.as_be_bytes())).collect::<Vec<_>>()})
        })
        .collect();
    check("packs", &json!(rows));
}

#[test]
fn members() {
    let show = |scalar: Scalar| hex(scalar.as_be_bytes());
    let rows: Vec<Value> = (1u64..=6)
        .map(|seed| {
            let (secret, salt) = (Scalar::from(seed * 0x1234_5678_9abc), Scalar::from(seed + 100));
            let values = [seed as i64, -3, 7];
            let commitment = commit(salt, &values, 5).expect("a commitment");
            let key = member::key(secret).expect("a key");
            let leaf = member::leaf(commitment, key).expect("a leaf");
            let depth = [1, 2, 3, 7, 20, 32][seed as usize - 1];
            let position = if depth == 1 { 0 } else { (seed % 3) as u32 };
            let mut tree = Tree::new(depth).expect("a tree");
            for place in 0..u64::min(3, 1 << depth) {
                let other = Scalar::from(1000 + place);
                tree.append(if place == u64::from(position) { leaf } else { other }).expect("room");
            }
            let siblings = tree.path(position).expect("a path");
            let scope: [u8; 32] = std::array::from_fn(|index| seed as u8 ^ index as u8);
            json!({
                "secret": show(secret), "salt": show(salt), "values": values, "bits": 5, "commitment": show(commitment),
                "key": show(key), "leaf": show(leaf), "position": position,
                "siblings": siblings.iter().map(|sibling| show(*sibling)).collect::<Vec<_>>(),
                "root": show(tree.root()),
                "scope": hex(scope), "nullifier": show(member::nullifier(secret, &scope).expect("a nullifier")),
            })
        })
        .collect();
    check("members", &json!(rows));
}

#[test]
fn order_keys() {
    let bits = [
        0x0000_0000u32,
        0x8000_0000,
        0x0000_0001,
        0x8000_0001,
        0x007f_ffff,
        0x0080_0000,
        0x3f80_0000,
        0xbf80_0000,
        0x3dcc_cccd,
        0x7f7f_ffff,
        0xff7f_ffff,
        0x7f80_0000,
        0xff80_0000,
        0x7f80_0001,
        0x7fc0_0000,
        0xffc0_0000,
    ];
    let rows = bits.map(|bits| json!([bits, float32::key(f32::from_bits(bits))]));
    let keys = [
        float32::KEY_OF_INFINITY + 1,
        -float32::KEY_OF_INFINITY - 1,
        i64::from(i32::MIN),
        i64::from(i32::MAX),
    ];
    let none = keys.map(|key| json!([key, float32::number(key).map(f32::to_bits)]));
    check("order-keys", &json!({"keys": rows, "none": none}));
}
