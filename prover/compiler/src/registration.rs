//! What keeps a model from being registered on chain: its account and its transactions have room for so much.

use assay_interface::missing::Missing;
use assay_interface::scales::Scales;
use assay_interface::schema::{ModelSchema, TensorSchema, Visibility};

use crate::warning::{Warning, names};

/// Most bytes of a schema that the verifier program registers. A test compares it with the program's.
pub const MAX_SCHEMA_LEN: usize = 256;
/// Most limbs of a statement of a model that the verifier program registers; likewise.
pub const MAX_LIMBS: usize = 96;
/// Bytes of a name that says enough: what one longer takes more could be saved.
const SHORT_NAME: usize = 8;

/// Warnings of what the verifier program would refuse, each with what takes the room and how to make some.
pub fn warnings(schema: &ModelSchema) -> Vec<Warning> {
    let bytes = schema.encode().len();
    let limbs = schema.input_limbs() + schema.output_limbs();
    let long = (bytes > MAX_SCHEMA_LEN).then(|| Warning::LongSchema {
        bytes,
        limit: MAX_SCHEMA_LEN,
        takes: what_takes_bytes(schema, bytes),
        remedy: shorter_schema(schema, bytes),
    });
    let many = (limbs > MAX_LIMBS).then(|| Warning::ManyLimbs {
        limbs,
        limit: MAX_LIMBS,
        takes: what_takes_limbs(schema),
        remedy: fewer_limbs(schema, limbs),
    });
    long.into_iter().chain(many).collect()
}

fn tensors(schema: &ModelSchema) -> impl Iterator<Item = &TensorSchema> {
    schema.inputs().iter().chain(schema.outputs())
}

/// Every name of a schema.
fn all_names(schema: &ModelSchema) -> impl Iterator<Item = &str> {
    std::iter::once(schema.name()).chain(tensors(schema).map(|tensor| tensor.name.as_str()))
}

/// The parts of a schema, the largest first.
fn what_takes_bytes(schema: &ModelSchema, bytes: usize) -> String {
    let (mut scales, mut columns, mut masks) = (0, 0, 0);
    for tensor in tensors(schema) {
        if let Scales::Axis { scales: list, .. } = &tensor.scales {
            scales += 1 + list.len();
            columns += list.len();
        }
        if let Missing::Columns(list) = &tensor.missing {
            masks += 1 + list.len().div_ceil(8);
        }
    }
    let in_names = all_names(schema).map(str::len).sum::<usize>();
    let rest = bytes.saturating_sub(scales + masks + in_names);
    let mut parts = vec![
        (scales, format!("the scales of {columns} columns")),
        (masks, "which columns may be missing".to_owned()),
        (in_names, "names".to_owned()),
        (rest, format!("shapes and formats of {} tensors", tensors(schema).count())),
    ];
    parts.retain(|(bytes, _)| *bytes > 0);
    parts.sort_by_key(|(bytes, _)| std::cmp::Reverse(*bytes));
    let parts: Vec<String> = parts.into_iter().map(|(bytes, what)| format!("{what} {bytes}")).collect();
    parts.join(", ")
}

/// What makes a schema shorter, with what each saves, until it is short enough.
fn shorter_schema(schema: &ModelSchema, bytes: usize) -> String {
    let mut ways = Vec::new();
    let mut left = bytes;
    if let Some((saved, way)) = one_format(schema) {
        left -= saved;
        ways.push(way);
    }
    let long = || all_names(schema).filter(|name| name.len() > SHORT_NAME);
    let saved: usize = long().map(|name| name.len() - SHORT_NAME).sum();
    if left > MAX_SCHEMA_LEN && saved > 0 {
        left -= saved;
        let long: Vec<String> = long().map(|name| format!("'{name}'")).collect();
        ways.push(format!(
            "shorten the names of model (--name) and tensors (in the exporter): {SHORT_NAME} bytes each in place of {} save {saved} bytes",
            names(&long)
        ));
    }
    if left > MAX_SCHEMA_LEN && schema.outputs().len() > 1 {
        ways.push("prove fewer outputs (--output)".into());
        left = MAX_SCHEMA_LEN;
    }
    if left > MAX_SCHEMA_LEN || ways.is_empty() {
        ways.push("export the model with fewer inputs, or fewer columns in each".into());
    }
    ways.join("; then ")
}

/// One format for all columns in place of a scale for each: what that saves, and which is as fine and as wide as theirs. Numbers
/// that are taken exactly have no format, and none can be given beside them.
fn one_format(schema: &ModelSchema) -> Option<(usize, String)> {
    let inputs = schema.inputs();
    if inputs.iter().any(|tensor| tensor.scales == Scales::Float32) {
        return None;
    }
    // The axis and the scales, in whose place one stands.
    let saved: usize = inputs
        .iter()
        .map(|tensor| match &tensor.scales {
            Scales::Axis { scales, .. } => scales.len(),
            Scales::One(_) | Scales::Float32 => 0,
        })
        .sum();
    let scales =
        || inputs.iter().flat_map(|tensor| tensor.scales.as_slice().iter().map(move |s| (tensor.bits, *s)));
    let finest = scales().map(|(_, scale)| i32::from(scale)).max()?;
    let whole = scales().map(|(bits, scale)| i32::from(bits) - i32::from(scale)).max()?;
    let bits = (whole + finest).clamp(2, 32);
    let coarser = if whole + finest > 32 { ", coarser for the smallest columns than theirs" } else { "" };
    let way = format!(
        "give all inputs one format (--input-format {bits}:{}{coarser}), which saves {saved} bytes",
        bits - whole
    );
    (saved > 0).then_some((saved, way))
}

/// The tensors of a statement, the largest first.
fn what_takes_limbs(schema: &ModelSchema) -> String {
    let sides = schema.inputs().iter().map(|tensor| ("input", tensor));
    let mut all: Vec<(&str, &TensorSchema)> =
        sides.chain(schema.outputs().iter().map(|tensor| ("output", tensor))).collect();
    all.sort_by_key(|(_, tensor)| std::cmp::Reverse(tensor.statement_limbs()));
    let of = |(side, tensor): (&str, &TensorSchema)| {
        let (elements, bits) = (tensor.elements(), tensor.bits);
        format!("{side} '{}' {} ({elements} elements of {bits} bits)", tensor.name, tensor.statement_limbs())
    };
    all.into_iter().take(3).map(of).collect::<Vec<_>>().join(", ")
}

/// The inputs to commit to, or what else is left.
fn fewer_limbs(schema: &ModelSchema, limbs: usize) -> String {
    let mut inputs: Vec<&TensorSchema> =
        schema.inputs().iter().filter(|tensor| tensor.visibility == Visibility::Public).collect();
    inputs.sort_by_key(|tensor| std::cmp::Reverse(tensor.statement_limbs()));
    let (mut left, mut commit) = (limbs, String::new());
    for tensor in inputs.into_iter().take_while(|tensor| tensor.statement_limbs() > 1) {
        if left <= MAX_LIMBS {
            break;
        }
        left -= tensor.statement_limbs() - 1;
        commit.push_str(&format!(" --commit {}", tensor.name));
    }
    match left {
        ..=MAX_LIMBS => format!(
            "let statements hold commitments, a limb each, in place of values:{commit}; or give the tensors fewer bits"
        ),
        _ => "prove fewer outputs (--output), or give them fewer bits (--output-format)".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(name: &str, columns: u32, scales: Scales) -> TensorSchema {
        let (name, shape, missing) = (name.into(), vec![1, columns], Missing::Never);
        TensorSchema { name, shape, bits: 12, scales, missing, visibility: Visibility::Public }
    }

    fn by_column(columns: u32) -> Scales {
        let scales = (0..columns).map(|column| (column % 10) as i8).collect();
        Scales::Axis { axis: 1, scales }
    }

    fn schema(name: &str, inputs: Vec<TensorSchema>, outputs: Vec<TensorSchema>) -> ModelSchema {
        ModelSchema::new(name.into(), inputs, outputs).unwrap()
    }

    fn long(schema: &ModelSchema) -> (usize, String, String) {
        match warnings(schema).as_slice() {
            [Warning::LongSchema { bytes, takes, remedy, .. }] => (*bytes, takes.clone(), remedy.clone()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_scale_for_each_of_hundreds_of_columns() {
        let of = |scales: fn(u32) -> Scales| {
            let inputs = vec![tensor("numbers", 128, scales(128)), tensor("numbers_2", 100, scales(100))];
            schema("m", inputs, vec![tensor("y", 1, Scales::One(4))])
        };
        let (bytes, takes, remedy) = long(&of(by_column));
        assert_eq!(bytes, of(by_column).encode().len());
        assert!(takes.starts_with("the scales of 228 columns 230, "), "{takes}");
        // As fine as the scale 9, as wide as 12 bits at the scale 0; and with that it fits.
        assert_eq!(remedy, "give all inputs one format (--input-format 21:9), which saves 228 bytes");
        let one = of(|_| Scales::One(9));
        assert_eq!(one.encode().len(), bytes - 228);
        assert!(warnings(&one).is_empty());
    }

    #[test]
    fn names_and_outputs_take_room_as_well() {
        let name = |i: usize| format!("{i}{}", "x".repeat(31));
        let outputs = (0..7).map(|i| tensor(&name(i), 1, Scales::One(4))).collect();
        let (bytes, takes, remedy) = long(&schema("m", vec![tensor("x", 1, Scales::One(4))], outputs));
        assert_eq!(bytes, 2 + 2 + 14 + 7 * 45);
        assert!(takes.starts_with("names 226, shapes and formats of 8 tensors "), "{takes}");
        assert!(remedy.starts_with("shorten the names") && remedy.ends_with("save 168 bytes"), "{remedy}");
        let two = vec![tensor("x", 128, by_column(128)), tensor("f", 1, Scales::Float32)];
        let two = two.into_iter().map(|tensor| match tensor.scales {
            Scales::Float32 => TensorSchema { bits: 32, ..tensor },
            _ => tensor,
        });
        let outputs = (0..8).map(|i| tensor(&i.to_string(), 1, Scales::One(4))).collect();
        let (_, _, remedy) = long(&schema("m", two.collect(), outputs));
        assert_eq!(remedy, "prove fewer outputs (--output)");
    }

    #[test]
    fn what_a_program_takes_is_not_warned_of() {
        let picture = |elements, visibility| {
            let x = TensorSchema { visibility, bits: 31, ..tensor("x", elements, Scales::One(4)) };
            schema("m", vec![x], vec![tensor("y", 1, Scales::One(4))])
        };
        // Eight elements of 31 bits a limb.
        assert!(warnings(&picture(95 * 8, Visibility::Public)).is_empty());
        let [Warning::ManyLimbs { limbs: 97, takes, remedy, .. }] =
            &warnings(&picture(95 * 8 + 1, Visibility::Public))[..]
        else {
            panic!();
        };
        assert_eq!(takes, "input 'x' 96 (761 elements of 31 bits), output 'y' 1 (1 elements of 12 bits)");
        assert!(remedy.contains(" --commit x;"), "{remedy}");
        assert!(warnings(&picture(95 * 8 + 1, Visibility::Committed)).is_empty());
    }
}
