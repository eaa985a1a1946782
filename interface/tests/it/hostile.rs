//! What the keeper of a tree can put into it, and docs/statement.md computed by hand.

use std::path::Path;

use assay_interface::{
    field::Scalar,
    member::{Claim, MAX_DEPTH, MemberError, Tree, key, leaf, node, root_of_path},
    schema::{ModelSchema, SchemaError, TensorSchema, Visibility},
    statement::{Statement, StatementError, TensorValue, unpack},
    tag::ListKind,
};
use assay_poseidon::{PoseidonBytesHasher, hasher};
use sha2::{Digest, Sha256};

fn int(value: u64) -> Scalar {
    Scalar::from(value)
}

/// A leaf is any element but 0, so whoever appends them can make a node that is a key: its left child is the tag. It opens
/// nothing. Keys are compared with nothing; they stand in leaves alone, which are hashes of three.
#[test]
fn a_tag_as_a_leaf_makes_a_node_that_is_a_key_and_no_member() {
    let secret = int(77);
    let tree = Tree::from_leaves(2, &[ListKind::Key.tag(0, 1), secret, int(3)]).expect("a tree");
    let made = tree.path(2).expect("a leaf")[1];
    assert_eq!(made, key(secret).expect("hashes"));
    // As a leaf it would have to be a hash of three.
    for commitment in [Scalar::ZERO, made, secret, ListKind::Key.tag(0, 1)] {
        let leaf = leaf(commitment, made).expect("hashes");
        for position in 0..4 {
            assert_ne!(root_of_path(leaf, position, &tree.path(0).expect("a leaf")), Ok(tree.root()));
        }
    }
}

/// A place that holds a node of two leaves: in a model of the tree's depth nobody is a member by it, in one that is a level deeper
/// two people are. So a consumer compares the depth, which the domain of the model fixes.
#[test]
fn a_deeper_model_finds_two_members_in_one_place() {
    let people = [11u64, 12].map(|n| leaf(int(n), key(int(n)).expect("hashes")).expect("hashes"));
    let place = node(people[0], people[1]).expect("hashes");
    let tree = Tree::from_leaves(2, &[int(5), place]).expect("a tree");
    let above = tree.path(1).expect("a leaf");
    for (side, person) in people.into_iter().enumerate() {
        let path: Vec<Scalar> = [people[1 - side]].into_iter().chain(above.clone()).collect();
        assert_eq!(root_of_path(person, 2 + side as u32, &path), Ok(tree.root()));
        assert_ne!(root_of_path(person, 1, &above), Ok(tree.root()));
    }
    let domains: Vec<Scalar> =
        (1..=MAX_DEPTH).map(|depth| schema(depth).expect("a schema").domain()).collect();
    assert!((0..domains.len()).all(|i| (0..i).all(|j| domains[i] != domains[j])));
}

fn tensor(name: &str, visibility: Visibility) -> TensorSchema {
    TensorSchema {
        name: name.into(),
        shape: vec![2],
        bits: 5,
        scales: 0.into(),
        missing: Default::default(),
        visibility,
    }
}

fn schema(depth: u8) -> Result<ModelSchema, SchemaError> {
    let input = tensor("x", Visibility::Member { depth });
    ModelSchema::new("m".into(), vec![input], vec![tensor("y", Visibility::Public)])
}

/// Whoever keeps many leaves builds the tree at once: a million take a million hashes, not twenty.
#[test]
fn a_tree_built_at_once_is_the_tree_that_grew() {
    for depth in [1u8, 2, 5, 32] {
        let mut grown = Tree::new(depth).expect("a tree");
        let mut leaves = Vec::new();
        assert_eq!(Tree::from_leaves(depth, &leaves), Ok(grown.clone()));
        for leaf in 1..=(1u64 << depth).min(20) {
            leaves.push(int(leaf * 31));
            grown.append(int(leaf * 31)).expect("a place");
            assert_eq!(Tree::from_leaves(depth, &leaves), Ok(grown.clone()), "depth {depth}, {leaf} leaves");
        }
    }
    let many = [int(1), int(2), int(3), int(4), int(5)];
    assert_eq!(Tree::from_leaves(2, &many), Err(MemberError::Full(2)));
    assert_eq!(Tree::from_leaves(2, &[int(1), Scalar::ZERO, int(2)]), Err(MemberError::EmptyLeaf));
    assert_eq!(Tree::from_leaves(0, &[]), Err(MemberError::Depth(0)));
    let leaves: Vec<Scalar> = (1..=20_000).map(int).collect();
    let tree = Tree::from_leaves(32, &leaves).expect("a tree");
    let path = tree.path(19_999).expect("a leaf");
    assert_eq!(root_of_path(int(20_000), 19_999, &path), Ok(tree.root()));
}

/// Four limbs of a public input read as a claim, and their owner proves whatever he likes of them: no tree, no secret. A program sees
/// limbs and a domain, so whoever names the domain to it has to know the schema.
#[test]
fn limbs_of_a_public_input_are_no_claim_and_only_the_domain_tells() {
    let made_up = |visibility, shape: u32| {
        let input = TensorSchema {
            name: "x".into(),
            shape: vec![shape],
            bits: 31,
            scales: 0.into(),
            missing: Default::default(),
            visibility,
        };
        ModelSchema::new("m".into(), vec![input], vec![tensor("y", Visibility::Public)]).expect("a schema")
    };
    let (public, member) = (made_up(Visibility::Public, 32), made_up(Visibility::Member { depth: 20 }, 32));
    assert_eq!((public.input_limbs(), member.input_limbs()), (4, 4));
    // A claim whose elements have 248 bits, as one root in 48 has: limbs that values give.
    let claim = Claim { root: int(9), scope: [7; 32], nullifier: int(8) };
    let limbs = claim.limbs();
    let values = unpack(&limbs, 32, 31).expect("limbs of values");
    let lie =
        Statement::new(&public, [0; 32], &[TensorValue::Values(&values)], &[&[1, 1]]).expect("a statement");
    let truth =
        Statement::new(&member, [0; 32], &[TensorValue::Member(claim)], &[&[1, 1]]).expect("a statement");
    assert_eq!(lie.limbs, truth.limbs);
    assert_ne!(lie.domain, truth.domain);
    assert_ne!(lie.digest().expect("hashes"), truth.digest().expect("hashes"));
    // Under its own schema it is refused as a claim, and a claim as it.
    let refused = Statement::new(&public, [0; 32], &[TensorValue::Member(claim)], &[&[1, 1]]);
    assert_eq!(refused, Err(StatementError::MemberUnexpected { tensor: "x".into() }));
    let refused = Statement::new(&member, [0; 32], &[TensorValue::Values(&values)], &[&[1, 1]]);
    assert_eq!(refused, Err(StatementError::MemberExpected { tensor: "x".into() }));
}

/// Each byte of a member's schema, each value: what decodes is a schema whose bytes these are.
#[test]
fn no_bytes_of_a_member_schema_have_two_readings() {
    let bytes = schema(20).expect("a schema").encode();
    let depth_at = bytes.windows(2).position(|pair| pair == [2, 20]).expect("the visibility") + 1;
    for position in 0..bytes.len() {
        for byte in 0..=u8::MAX {
            let mut forged = bytes.clone();
            forged[position] = byte;
            match ModelSchema::decode(&forged) {
                Ok(schema) => assert_eq!(schema.encode(), forged, "byte {position}: {byte}"),
                Err(error) if position == depth_at => {
                    assert_eq!(error, SchemaError::MemberDepth { tensor: "x".into(), depth: byte });
                    assert!(byte == 0 || byte > MAX_DEPTH);
                }
                Err(_) => {}
            }
        }
        assert!(ModelSchema::decode(&bytes[..position]).is_err());
    }
    // Without its depth, the next tensor's bytes move up: no schema.
    let mut missing = bytes.clone();
    missing.remove(depth_at);
    assert!(ModelSchema::decode(&missing).is_err());
}

/// Poseidon of big-endian elements, by another crate's interface.
fn hash(elements: &[[u8; 32]]) -> [u8; 32] {
    let inputs: Vec<&[u8]> = elements.iter().map(|element| &element[..]).collect();
    let mut poseidon = hasher(inputs.len()).expect("a width");
    poseidon.hash_bytes_be(&inputs).expect("canonical elements")
}

fn number(value: u128) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[16..].copy_from_slice(&value.to_be_bytes());
    bytes
}

fn tag(kind: u128, bits: u128, count: u128) -> [u8; 32] {
    number((kind << 64) + (bits << 32) + count)
}

fn domain(schema: &[u8]) -> [u8; 32] {
    let hash = Sha256::new().chain_update(b"assay:statement:v2\0").chain_update(schema).finalize();
    let mut domain = [0; 32];
    domain[1..].copy_from_slice(&hash[..31]);
    domain
}

fn half(bytes: &[u8]) -> [u8; 32] {
    let mut element = [0; 32];
    element[16..].copy_from_slice(bytes);
    element
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The lines of the page that are indented hexadecimal, in order.
fn page() -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/statement.md");
    let page = std::fs::read_to_string(path).expect("docs/statement.md");
    let line = |line: &str| {
        let digits = line.strip_prefix("  ")?;
        (digits.len() >= 64 && digits.bytes().all(|b| b.is_ascii_hexdigit())).then(|| digits.to_owned())
    };
    page.lines().filter_map(line).collect()
}

/// The examples of the page from its text: no code of this crate computes anything here.
#[test]
fn the_page_can_be_recomputed_by_hand() {
    let mut expected = Vec::new();

    // The loan: three values of 15 bits, one committed of 8, a score of 16.
    let mut schema = b"\x04loan\x02\x08features\x02\x01\0\0\0\x03\0\0\0\x0f\x0c\0".to_vec();
    schema.extend(
        b"\x06income\x02\x01\0\0\0\x01\0\0\0\x08\0\x01\x01\x05score\x02\x01\0\0\0\x01\0\0\0\x10\x08\0",
    );
    let context: Vec<u8> = (0..32).collect();
    let (high, low) = (half(&context[..16]), half(&context[16..]));
    let features = number((4096 + 16384) + ((16384 - 1) << 15) + (16384 << 30));
    let (committed, income) = (tag(1, 8, 1), number(100 + 128));
    let commitment = hash(&[committed, number(7), income]);
    let score = number(32768 - 263);
    let digest = hash(&[domain(&schema), high, low, features, commitment, score]);
    expected.push(hex(&schema));
    let elements = [domain(&schema), high, low, features, committed, income, commitment, score, digest];
    expected.extend(elements.iter().map(|element| hex(element)));

    // The member: two values of 5 bits in a tree of depth 2, a tier of 3 bits.
    let mut schema = b"\x04tier\x01\x09applicant\x02\x01\0\0\0\x02\0\0\0\x05\0\x02\x02".to_vec();
    schema.extend(b"\x01\x04tier\x02\x01\0\0\0\x01\0\0\0\x03\0\0");
    let commitment = hash(&[tag(1, 5, 2), number(13), number((7 + 16) + ((16 - 3) << 5))]);
    let key = hash(&[tag(3, 0, 1), number(11)]);
    let leaf = hash(&[tag(2, 0, 2), commitment, key]);
    // Places 0 and 2 are taken by 1 and 2, place 3 is empty; the leaf is the right child of its parent.
    let (left, right) = (number(1), hash(&[number(2), [0; 32]]));
    let root = hash(&[hash(&[left, leaf]), right]);
    let scope: Vec<u8> = (0x40..0x60).collect();
    let (high, low) = (half(&scope[..16]), half(&scope[16..]));
    let nullifier = hash(&[tag(4, 0, 3), number(11), high, low]);
    let tier = number(2 + 4);
    let digest = hash(&[domain(&schema), [0; 32], [0; 32], root, high, low, nullifier, tier]);
    expected.push(hex(&schema));
    let hashes = [tag(1, 5, 2), commitment, tag(3, 0, 1), key, tag(2, 0, 2), leaf, left, right, root];
    expected.extend(hashes.iter().map(|element| hex(element)));
    expected.push(hex(&scope));
    let limbs = [tag(4, 0, 3), nullifier, root, high, low, nullifier, tier, digest];
    expected.extend(limbs.iter().map(|element| hex(element)));
    assert_eq!(page(), expected);
}
