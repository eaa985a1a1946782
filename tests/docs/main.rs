//! The worked examples of the documentation, computed. `ASSAY_LEDGER=write` writes them anew.

use std::path::{Path, PathBuf};

use assay_interface::field::Scalar;
use assay_interface::schema::{ModelSchema, TensorSchema, Visibility};
use assay_interface::statement::{Statement, TensorValue, commit, pack, unpack};
use assay_interface::tag::ListKind;

const OPEN: &str = "<!-- computed: the test `docs` writes this block with ASSAY_LEDGER=write -->\n";
const CLOSE: &str = "<!-- /computed -->";

fn page(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace's root").join("docs").join(name)
}

/// Compares the computed block of a page, or writes it.
fn check(name: &str, computed: &str) {
    let path = page(name);
    let text = std::fs::read_to_string(&path).expect("the page");
    let (before, rest) = text.split_once(OPEN).expect("a computed block");
    let (block, after) = rest.split_once(CLOSE).expect("the end of the computed block");
    if std::env::var("ASSAY_LEDGER").is_ok_and(|mode| mode == "write") {
        std::fs::write(&path, format!("{before}{OPEN}{computed}{CLOSE}{after}")).expect("written");
    } else {
        assert_eq!(
            block, computed,
            "{name}: if this is meant, run with ASSAY_LEDGER=write and commit the difference"
        );
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn tensor(name: &str, elements: u32, bits: u8, scale: i8, visibility: Visibility) -> TensorSchema {
    TensorSchema { name: name.into(), shape: vec![1, elements], bits, scale, visibility }
}

#[test]
fn the_worked_statement_is_what_the_code_computes() {
    let public = tensor("features", 3, 15, 12, Visibility::Public);
    let hidden = tensor("income", 1, 8, 0, Visibility::Committed);
    let score = tensor("score", 1, 16, 8, Visibility::Public);
    let schema = ModelSchema::new("loan".into(), vec![public, hidden], vec![score]).expect("a valid schema");

    let (features, income, scores) = ([4096i64, -1, 0], [100i64], [-263i64]);
    let salt = Scalar::from(7u64);
    let context: [u8; 32] = std::array::from_fn(|index| index as u8);
    let packed = pack(&income, 8).expect("fits 8 bits");
    let tag = ListKind::CommittedTensor.tag(8, 1);
    let commitment = commit(salt, &income, 8).expect("fits 8 bits");
    let inputs = [TensorValue::Values(&features), TensorValue::Commitment(commitment)];
    let statement = Statement::new(&schema, context, &inputs, &[&scores]).expect("a statement");
    let [feature_limb, _, score_limb] = statement.limbs[..] else { panic!("three limbs") };
    assert_eq!(unpack(&[feature_limb], 3, 15).expect("packed"), features);

    let show = |scalar: &Scalar| hex(scalar.as_be_bytes());
    let elements: Vec<String> = statement.elements().iter().map(show).collect();
    let [domain, high, low, ..] = &elements[..] else { panic!("a header and limbs") };
    check(
        "statement.md",
        &format!(
            "\n```text\n\
             schema, {} bytes\n  {}\n\
             domain: a zero byte, then 31 bytes of the hash\n  {domain}\n\
             context, two elements\n  {high}\n  {low}\n\
             features {features:?}, 15 bits each: (4096 + 16384) + (-1 + 16384) * 2^15 + (0 + 16384) * 2^30\n  {}\n\
             income {income:?}, committed with salt {}: its tag, its limb, then the element of the statement\n  {}\n  {}\n  {}\n\
             score {scores:?}, 16 bits: -263 + 32768\n  {}\n\
             digest of the {} elements\n  {}\n  = {}\n```\n",
            schema.encode().len(),
            hex(&schema.encode()),
            show(&feature_limb),
            7,
            show(&tag),
            show(&packed[0]),
            show(&commitment),
            show(&score_limb),
            elements.len(),
            show(&statement.digest().expect("a digest")),
            statement.digest().expect("a digest"),
        ),
    );
}
