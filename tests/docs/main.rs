//! The worked examples of the documentation, computed. `ASSAY_LEDGER=write` writes them anew.

use std::path::{Path, PathBuf};

use assay_interface::field::Scalar;
use assay_interface::member;
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
    TensorSchema {
        name: name.into(),
        shape: vec![1, elements],
        bits,
        scales: scale.into(),
        missing: Default::default(),
        visibility,
    }
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
    let first = format!(
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
    );
    check("statement.md", &format!("{first}{}", member_example()));
}

/// A statement with a member input, worked out.
fn member_example() -> String {
    let show = |scalar: Scalar| hex(scalar.as_be_bytes());
    let applicant = tensor("applicant", 2, 5, 0, Visibility::Member { depth: 2 });
    let tier = tensor("tier", 1, 3, 0, Visibility::Public);
    let schema = ModelSchema::new("tier".into(), vec![applicant], vec![tier]).expect("a valid schema");
    let (values, secret, salt) = ([7i64, -3], Scalar::from(11u64), Scalar::from(13u64));
    let (context, scope) = ([0u8; 32], std::array::from_fn(|index| 0x40 + index as u8));
    let commitment = commit(salt, &values, 5).expect("fits 5 bits");
    let key = member::key(secret).expect("hashes");
    let leaf = member::leaf(commitment, key).expect("hashes");
    let leaves = [Scalar::from(1u64), leaf, Scalar::from(2u64)];
    let tree = member::Tree::from_leaves(2, &leaves).expect("a tree");
    let [low, high] = tree.path(1).expect("a leaf")[..] else { panic!("two levels") };
    let nullifier = member::nullifier(secret, &scope).expect("hashes");
    let claim = member::Claim { root: tree.root(), scope, nullifier };
    let inputs = [TensorValue::Member(claim)];
    let statement = Statement::new(&schema, context, &inputs, &[&[2]]).expect("a statement");
    let limbs: Vec<String> = statement.limbs.iter().map(|limb| format!("  {}\n", show(*limb))).collect();
    format!(
        "\n```text\n\
         schema, {} bytes\n  {}\n\
         applicant {values:?}, 5 bits each, salt 13: tag and commitment\n  {}\n  {}\n\
         secret 11: tag and key\n  {}\n  {}\n\
         leaf: tag and hash\n  {}\n  {}\n\
         tree of 1, the leaf, 2, and an empty place: the siblings of position 1, the root\n  {}\n  {}\n  {}\n\
         scope\n  {}\n\
         nullifier: tag and hash\n  {}\n  {}\n\
         limbs: root, scope, nullifier, tier [2] of 3 bits\n{}\
         digest of the {} elements, context zero\n  {}\n```\n",
        schema.encode().len(),
        hex(&schema.encode()),
        show(ListKind::CommittedTensor.tag(5, 2)),
        show(commitment),
        show(ListKind::Key.tag(0, 1)),
        show(key),
        show(ListKind::MerkleLeaf.tag(0, 2)),
        show(leaf),
        show(low),
        show(high),
        show(tree.root()),
        hex(&scope),
        show(ListKind::Nullifier.tag(0, 3)),
        show(nullifier),
        limbs.concat(),
        statement.elements().len(),
        show(statement.digest().expect("a digest")),
    )
}
