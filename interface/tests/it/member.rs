//! Membership: known hashes, three ways to one root, and what does not stand for something else.

use assay_interface::{
    field::Scalar,
    member::{
        Claim, Frontier, MAX_DEPTH, MemberError, Tree, ZEROS, key, leaf, node, nullifier, root_of_path, zeros,
    },
    poseidon::absorb,
    schema::{MAX_ELEMENTS, ModelSchema, SchemaError, Side, TensorSchema, Visibility},
    statement::{Statement, StatementError, TensorValue, commit},
    tag::ListKind,
};
use proptest::prelude::*;

fn int(value: u64) -> Scalar {
    Scalar::from(value)
}

/// The root by its definition: every place of the tree, empty ones too.
fn naive_root(depth: u8, leaves: &[Scalar]) -> Scalar {
    let mut nodes = leaves.to_vec();
    nodes.resize(1 << depth, Scalar::ZERO);
    for _ in 0..depth {
        nodes = nodes.chunks(2).map(|pair| node(pair[0], pair[1]).expect("hashes")).collect();
    }
    nodes[0]
}

#[test]
fn the_table_of_empty_roots_is_computed() {
    let mut expected = Scalar::ZERO;
    let mut table = String::new();
    let mut computed = vec![];
    for _ in 0..=MAX_DEPTH {
        computed.push(expected.to_be_bytes());
        let rows = expected.to_be_bytes();
        let row = |half: &[u8]| half.iter().map(|b| format!("{b:#04x}")).collect::<Vec<_>>().join(", ");
        table += &format!("    [{},\n     {}],\n", row(&rows[..16]), row(&rows[16..]));
        expected = node(expected, expected).expect("hashes");
    }
    assert!(computed == ZEROS, "the table is\n{table}");
    assert_eq!(zeros(2).map(<[_]>::len), Ok(3));
    assert_eq!(zeros(0), Err(MemberError::Depth(0)));
    assert_eq!(zeros(33), Err(MemberError::Depth(33)));
}

#[test]
fn hashes_begin_with_their_tags() {
    let hash = |list: &[Scalar]| absorb(list).expect("hashes");
    let tag = |kind: u128, count: u128| Scalar::from(kind << 64 | count);
    let scope: [u8; 32] = std::array::from_fn(|index| index as u8);
    let (high, low) =
        (0x0001_0203_0405_0607_0809_0a0b_0c0d_0e0fu128, 0x1011_1213_1415_1617_1819_1a1b_1c1d_1e1fu128);
    assert_eq!(key(int(5)), Ok(hash(&[tag(3, 1), int(5)])));
    assert_eq!(leaf(int(6), int(7)), Ok(hash(&[tag(2, 2), int(6), int(7)])));
    assert_eq!(nullifier(int(5), &scope), Ok(hash(&[tag(4, 3), int(5), high.into(), low.into()])));
    assert_eq!(node(int(1), int(2)), Ok(hash(&[int(1), int(2)])));
    // circomlib's Poseidon(1, 2).
    let published = "0x115cc0f5e7d690413df64c6b9662e9cf2a3617f2743245519e19607a4417189a";
    assert_eq!(node(int(1), int(2)).expect("hashes").to_string(), published);
}

/// Values that may not change: leaves and nullifiers outlive the code that made them.
#[test]
fn known_vectors() {
    let shown = |scalar: Result<Scalar, _>| scalar.expect("hashes").to_string();
    let tree = Tree::from_leaves(20, &[int(1), int(2), int(3)]).expect("a tree");
    let found = [
        shown(key(int(5))),
        shown(leaf(int(6), int(7))),
        shown(nullifier(int(5), &[9; 32])),
        tree.root().to_string(),
    ];
    assert_eq!(found, KNOWN);
}

/// A key, a leaf, a nullifier, a root of three leaves at depth 20.
const KNOWN: [&str; 4] = [
    "0x24fccbc15cdf41980c4057b4014c0650d4fc4acb7a491fe1c37ad7e99659f4a6",
    "0x29338f0bfc8b34e23e5d65e9eaf73f86e0b7a9593701684926d6c07417717f5d",
    "0x2549ac51a33ec2b02bb5a093ff52447cf6f23350678d1f242789aae6bd63cf35",
    "0x2483316ece47e1b749c99d144d80bd18122eae426205d8319bddd189ddd999d0",
];

#[test]
fn frontier_tree_and_definition_agree_at_every_count() {
    for depth in 1..=5u8 {
        let (mut nodes, mut count) = (vec![[0; 32]; usize::from(depth)], 0);
        let (mut tree, mut leaves) = (Tree::new(depth).expect("a depth"), vec![]);
        assert_eq!(tree.root(), naive_root(depth, &[]));
        assert_eq!(tree.root().to_be_bytes(), ZEROS[usize::from(depth)]);
        for position in 0..1u32 << depth {
            let next = leaf(int(position.into()), int(77)).expect("hashes");
            leaves.push(next);
            let mut frontier = Frontier::over(&mut nodes, &mut count).expect("a frontier");
            let root = frontier.append(next).expect("not full");
            assert_eq!(frontier.count(), u64::from(position) + 1);
            assert_eq!((root, Ok(root)), (naive_root(depth, &leaves), tree.append(next)));
            for (place, &leaf) in (0..).zip(&leaves) {
                let path = tree.path(place).expect("a leaf");
                assert_eq!(
                    root_of_path(leaf, place, &path),
                    Ok(root),
                    "depth {depth}, {place} of {position}"
                );
            }
            assert!(tree.path(position + 1).is_err());
        }
        let full = Err(MemberError::Full(usize::from(depth)));
        let before = (nodes.clone(), count, tree.clone());
        assert_eq!(Frontier::over(&mut nodes, &mut count).expect("a frontier").append(int(1)), full);
        assert_eq!(tree.append(int(1)), full);
        assert_eq!((nodes, count, tree), before);
    }
}

#[test]
fn the_deepest_tree_is_filled_to_its_last_place() {
    // The frontier of a tree that lacks its last leaf: each level's left child, as appends leave it.
    let equal: Vec<Scalar> =
        std::iter::successors(Some(int(3)), |&below| node(below, below).ok()).take(33).collect();
    let mut nodes: Vec<[u8; 32]> = equal[..32].iter().map(|node| node.to_be_bytes()).collect();
    let mut count = (1 << 32) - 1;
    let mut frontier = Frontier::over(&mut nodes, &mut count).expect("a frontier");
    assert_eq!(frontier.append(int(3)), Ok(equal[32]));
    assert_eq!(frontier.append(int(3)), Err(MemberError::Full(32)));
    assert_eq!(root_of_path(int(3), u32::MAX, &equal[..32]), Ok(equal[32]));
}

#[test]
fn each_fault_has_its_error() {
    let (mut none, mut many, mut nodes): ([[u8; 32]; 0], _, _) = ([], [[0; 32]; 33], [[0; 32]; 2]);
    let over = |nodes: &mut [[u8; 32]], mut count| Frontier::over(nodes, &mut count).err();
    assert_eq!(over(&mut none, 0), Some(MemberError::Depth(0)));
    assert_eq!(over(&mut many, 0), Some(MemberError::Depth(33)));
    assert_eq!(over(&mut nodes, 5), Some(MemberError::Count { count: 5, depth: 2 }));
    assert_eq!(over(&mut nodes, 4), None);
    let mut count = 0;
    let mut frontier = Frontier::over(&mut nodes, &mut count).expect("a frontier");
    assert_eq!(frontier.append(Scalar::ZERO), Err(MemberError::EmptyLeaf));
    assert_eq!(frontier.count(), 0);
    let mut tree = Tree::new(2).expect("a depth");
    assert_eq!(tree.append(Scalar::ZERO), Err(MemberError::EmptyLeaf));
    assert_eq!(tree.path(0), Err(MemberError::Position { position: 0, depth: 2 }));
    assert_eq!(Tree::new(0), Err(MemberError::Depth(0)));
    assert_eq!(Tree::new(33), Err(MemberError::Depth(33)));
    assert_eq!(root_of_path(int(1), 4, &[int(1); 2]), Err(MemberError::Position { position: 4, depth: 2 }));
    assert_eq!(root_of_path(int(1), 0, &[]), Err(MemberError::Depth(0)));
    assert_eq!(root_of_path(int(1), 0, &[int(1); 33]), Err(MemberError::Depth(33)));
}

/// A node is no leaf: one path has as many levels as the tree, so what lies higher is not reached, and a leaf that hashes
/// to a node would be a collision of two widths.
#[test]
fn second_preimages_do_not_lead_to_the_root() {
    let leaves: Vec<Scalar> = (0..4).map(|i| leaf(int(i), int(i + 100)).expect("hashes")).collect();
    let tree = Tree::from_leaves(2, &leaves).expect("a tree");
    let path = tree.path(1).expect("a leaf");
    // A node as a leaf, with what is left of the path: the root, but of a path of another length.
    let inner = node(leaves[0], leaves[1]).expect("hashes");
    assert_eq!(root_of_path(inner, 0, &path[1..]), Ok(tree.root()), "a path of one level leads there");
    for position in 0..4 {
        for padding in [Scalar::ZERO, inner, leaves[0], path[1]] {
            assert_ne!(root_of_path(inner, position, &[padding, path[1]]), Ok(tree.root()));
            assert_ne!(root_of_path(inner, position, &[path[1], padding]), Ok(tree.root()));
        }
        assert_eq!(root_of_path(leaves[1], position, &path) == Ok(tree.root()), position == 1);
    }
    // The same leaves in a tree of another depth.
    let deeper = Tree::from_leaves(3, &leaves).expect("a tree");
    assert_ne!(deeper.root(), tree.root());
    assert_eq!(
        deeper.root(),
        node(tree.root(), Scalar::from_be_bytes(ZEROS[2]).expect("canonical")).expect("hashes")
    );
    // The three kinds of hash over the same elements, and a commitment of one limb, are all different.
    let (a, b) = (int(11), int(12));
    let hashes = [
        leaf(a, b).expect("hashes"),
        node(a, b).expect("hashes"),
        key(a).expect("hashes"),
        nullifier(a, &[0; 32]).expect("hashes"),
        commit(a, &[12], 8).expect("hashes"),
    ];
    assert!((0..5).all(|i| (0..i).all(|j| hashes[i] != hashes[j])));
}

/// Tags of membership are no tags of tensors, and no domain has their form: domains are hashes of 248 bits.
#[test]
fn tags_are_apart() {
    let tags = [ListKind::Key.tag(0, 1), ListKind::MerkleLeaf.tag(0, 2), ListKind::Nullifier.tag(0, 3)];
    for bits in 1..=32 {
        for count in (1..=16).chain([MAX_ELEMENTS as u32]) {
            assert!(!tags.contains(&ListKind::CommittedTensor.tag(bits, count)));
        }
    }
    assert!(tags[0] != tags[1] && tags[1] != tags[2] && tags[0] != tags[2]);
}

fn tensor(name: &str, visibility: Visibility) -> TensorSchema {
    TensorSchema {
        name: name.into(),
        shape: vec![3],
        bits: 8,
        scales: 0.into(),
        missing: Default::default(),
        visibility,
    }
}

fn schema(depth: u8) -> Result<ModelSchema, SchemaError> {
    let member = tensor("applicant", Visibility::Member { depth });
    let inputs = vec![tensor("x", Visibility::Public), member, tensor("z", Visibility::Committed)];
    ModelSchema::new("m".into(), inputs, vec![tensor("y", Visibility::Public)])
}

#[test]
fn a_schema_says_the_depth() {
    let twenty = schema(20).expect("valid");
    let bytes = twenty.encode();
    assert_eq!(ModelSchema::decode(&bytes), Ok(twenty.clone()));
    assert_eq!(twenty.input_limbs(), 1 + 4 + 1);
    assert_eq!(twenty.member().map(|t| (&t.name[..], t.member_depth())), Some(("applicant", Some(20))));
    assert_ne!(twenty.domain(), schema(21).expect("valid").domain());
    // name: 2, count: 1, x: 2 + 5 + 3, applicant: 10 + 5 + bits, scale, visibility, depth
    let place = 2 + 1 + 10 + 10 + 5 + 3;
    assert_eq!(bytes[place - 1..=place], [2, 20]);
    for depth in [0, 33, 255] {
        let refused = SchemaError::MemberDepth { tensor: "applicant".into(), depth };
        assert_eq!(schema(depth), Err(refused.clone()));
        let mut bytes = bytes.clone();
        bytes[place] = depth;
        assert_eq!(ModelSchema::decode(&bytes), Err(refused));
    }
    assert!([1, 32].into_iter().all(|depth| schema(depth).is_ok()));
}

#[test]
fn a_model_has_one_member_input_and_no_member_output() {
    let member = |name: &str| tensor(name, Visibility::Member { depth: 4 });
    let public = |name: &str| tensor(name, Visibility::Public);
    let model = |inputs, outputs| ModelSchema::new("m".into(), inputs, outputs);
    assert_eq!(
        model(vec![member("a"), member("b")], vec![public("y")]),
        Err(SchemaError::MemberRepeated { first: "a".into(), second: "b".into() })
    );
    assert_eq!(
        model(vec![public("a")], vec![member("y")]),
        Err(SchemaError::MemberOutput { tensor: "y".into() })
    );
    // Neither by bytes: the visibility of an output is made 2, and of a second input.
    let schema = model(vec![member("a"), public("b")], vec![public("y")]).expect("valid");
    let bytes = schema.encode();
    let with = |place: usize| {
        let mut bytes = bytes.clone();
        assert_eq!(std::mem::replace(&mut bytes[place], 2), 0);
        bytes.insert(place + 1, 4);
        ModelSchema::decode(&bytes)
    };
    let repeated = SchemaError::MemberRepeated { first: "a".into(), second: "b".into() };
    assert_eq!(with(3 + 11 + 9), Err(repeated));
    assert_eq!(with(bytes.len() - 1), Err(SchemaError::MemberOutput { tensor: "y".into() }));
}

#[test]
fn a_statement_shows_root_scope_and_nullifier() {
    let schema = schema(20).expect("valid");
    let claim = Claim { root: int(31), scope: [7; 32], nullifier: int(33) };
    let (values, hidden) = (TensorValue::Values(&[1, 2, 3]), TensorValue::Commitment(int(4)));
    let build = |inputs: &[TensorValue<'_>]| Statement::new(&schema, [0; 32], inputs, &[&[1, 2, 3]]);
    let statement = build(&[values, TensorValue::Member(claim), hidden]).expect("valid");
    let half = Scalar::from(u128::from_be_bytes([7; 16]));
    assert_eq!(statement.limbs[1..5], [int(31), half, half, int(33)]);
    assert_eq!(Claim::from_limbs([int(31), half, half, int(33)]), Ok(claim));
    let wide = Scalar::from_be_bytes_31(&[1; 31]);
    assert_eq!(Claim::from_limbs([int(31), wide, half, int(33)]), Err(MemberError::Scope(1)));
    assert_eq!(Claim::from_limbs([int(31), half, wide, int(33)]), Err(MemberError::Scope(2)));
    for given in [values, hidden] {
        let refused = StatementError::MemberExpected { tensor: "applicant".into() };
        assert_eq!(build(&[values, given, hidden]), Err(refused));
    }
    let refused = |tensor: &str| Err(StatementError::MemberUnexpected { tensor: tensor.into() });
    let member = TensorValue::Member(claim);
    assert_eq!(build(&[member, member, hidden]), refused("x"));
    assert_eq!(build(&[values, member, member]), refused("z"));
    let count = StatementError::TensorCount { side: Side::Input, expected: 3, given: 2 };
    assert_eq!(build(&[values, member]), Err(count));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_changed_part_changes_the_root(
        depth in 1u8..=32, position: u32, at: prop::sample::Index, seed: u64
    ) {
        let position = (u64::from(position) & ((1 << depth) - 1)) as u32;
        let siblings: Vec<Scalar> = (0..depth).map(|i| key(int(seed ^ u64::from(i))).unwrap()).collect();
        let leaf = leaf(int(seed), int(1)).unwrap();
        let root = root_of_path(leaf, position, &siblings).unwrap();
        let level = at.index(siblings.len());
        let mut other = siblings.clone();
        other[level] = node(other[level], int(1)).unwrap();
        prop_assert_ne!(root_of_path(leaf, position, &other).unwrap(), root);
        prop_assert_ne!(root_of_path(leaf, position ^ 1 << level, &siblings).unwrap(), root);
        prop_assert_ne!(root_of_path(siblings[level], position, &siblings).unwrap(), root);
        if level > 0 {
            let shorter = root_of_path(leaf, position & ((1 << level) - 1), &siblings[..level]);
            prop_assert_ne!(shorter.unwrap(), root);
        }
    }

    #[test]
    fn claims_are_four_limbs_and_back(root: u64, scope: [u8; 32], nullifier: u64) {
        let claim = Claim { root: int(root), scope, nullifier: int(nullifier) };
        prop_assert_eq!(Claim::from_limbs(claim.limbs()), Ok(claim));
    }

    #[test]
    fn other_secrets_and_scopes_have_other_nullifiers(a: (u64, [u8; 32]), b: (u64, [u8; 32])) {
        let null = |(secret, scope): (u64, [u8; 32])| nullifier(int(secret), &scope).unwrap();
        prop_assert_eq!(null(a) == null(b), a == b);
        prop_assert_ne!(null(a), null((a.0 ^ 1, a.1)));
    }
}
