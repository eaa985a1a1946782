//! States that ask a contributor for what he must not give: `IC_j / delta`, which proves anything, and a sigma in G1.

use std::{fs, path::Path};

use ark_bn254::G1Affine;
use ark_ec::AffineRepr;
use assay_ceremony::{Ceremony, TRANSCRIPT, from_json, to_json, unpack};
use assay_circuits::Circuit;
use assay_engine::G1Point;
use sha2::{Digest, Sha256};

use crate::common::{begin, begun, checked, fast, lookups, plain, prepared, refusal};

/// Bytes before a part's points.
const HEADER: usize = 128;
/// Places among a transcript's initial parts.
const BASE: usize = 0;
const A: usize = 1;
const G: usize = 4;
const L: usize = 5;
const H: usize = 6;
const SIGMA: usize = 7;

fn points(folder: &Path, name: &str) -> Vec<G1Point> {
    let file = fs::read(folder.join(name)).unwrap();
    file[HEADER..].chunks(64).map(bytemuck::pod_read_unaligned).collect()
}

/// Writes other points into a part, with the length and the hash that its header then needs. Returns the hash.
fn rewrite(folder: &Path, name: &str, change: impl FnOnce(&mut Vec<G1Point>)) -> [u8; 32] {
    let mut points = points(folder, name);
    change(&mut points);
    let bytes: &[u8] = bytemuck::cast_slice(&points);
    let hash: [u8; 32] = Sha256::digest(bytes).into();
    let mut file = fs::read(folder.join(name)).unwrap()[..HEADER].to_vec();
    file[48..56].copy_from_slice(&(bytes.len() as u64).to_le_bytes());
    file[56..88].copy_from_slice(&hash);
    fs::write(folder.join(name), [&file, bytes].concat()).unwrap();
    hash
}

/// A ceremony that begins with other points in a part, under a transcript that names them.
fn altered(
    folder: &Path,
    circuit: &Circuit,
    (place, name): (usize, &str),
    change: impl FnOnce(&mut Vec<G1Point>),
) -> Ceremony {
    drop(begun(folder, circuit));
    let hash = rewrite(folder, name, change);
    let path = folder.join(TRANSCRIPT);
    let mut transcript = from_json(&fs::read_to_string(&path).unwrap()).unwrap();
    transcript.beginning.parts[place] = hash;
    fs::write(&path, to_json(&transcript)).unwrap();
    Ceremony::open(folder).unwrap()
}

/// What a contributor hears of such a state. Nothing is drawn, and nothing is written.
fn answer(circuit: &Circuit, part: (usize, &str), change: impl FnOnce(&Path, &mut Vec<G1Point>)) -> String {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path().join("ceremony");
    let mut ceremony = altered(&folder, circuit, part, |points| change(&folder, points));
    let files = || {
        let mut all: Vec<_> = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().file_name()).collect();
        all.sort();
        all
    };
    let before = files();
    let refused = refusal(checked(&mut ceremony, circuit));
    assert_eq!((files(), ceremony.transcript().records.len()), (before, 0));
    refused
}

fn not_given(what: &str) -> String {
    format!("the points of {what} are not those that the circuit, the first phase and the contributions give")
}

fn too_many(what: &str, expected: usize, more: usize) -> String {
    let found = expected + more;
    format!("{what} has {found} points, and the circuit asks for {expected}: points were added or left out")
}

/// `IC_0 / delta` and `IC_1 / delta`: with them C absorbs any statement under A = alpha, B = beta, and the final key shows nothing.
#[test]
fn a_contributor_divides_no_points_but_the_circuits() {
    let circuit = plain();
    let ic = |folder: &Path| points(folder, "base.part")[2..4].to_vec();
    let directory = tempfile::tempdir().unwrap();
    drop(begun(directory.path(), &circuit));
    for (place, name, what) in [(L, "l.0.part", "L"), (H, "h.0.part", "H")] {
        let count = points(directory.path(), name).len();
        let refused = answer(&circuit, (place, name), |folder, points| points.extend(ic(folder)));
        assert_eq!(refused, too_many(what, count, 2));
        // In the place of two others: the count is right.
        let refused = answer(&circuit, (place, name), |folder, points| {
            points.truncate(count - 2);
            points.extend(ic(folder));
        });
        assert_eq!(refused, not_given(what));
        // Two others changed, so that their sum is what it was.
        let refused = answer(&circuit, (place, name), |_, points| points.swap(0, 1));
        assert_eq!(refused, not_given(what));
    }
}

/// The generator among the points of the knowledge check comes back as sigma in G1.
#[test]
fn a_contributor_shows_no_sigma_in_g1() {
    let circuit = lookups();
    let one = G1Point::from(G1Affine::generator());
    let directory = tempfile::tempdir().unwrap();
    drop(begun(directory.path(), &circuit));
    let count = points(directory.path(), "sigma-0.0.part").len();
    let refused = answer(&circuit, (SIGMA, "sigma-0.0.part"), |_, points| points.push(one));
    assert_eq!(refused, too_many("the knowledge check", count, 1));
    let refused = answer(&circuit, (SIGMA, "sigma-0.0.part"), |_, points| points[0] = one);
    assert_eq!(refused, not_given("the knowledge check"));
    // The commitment's points with it would let their ratio hold.
    let refused = answer(&circuit, (G, "g.part"), |_, points| points[0] = one);
    assert_eq!(refused, not_given("the commitment"));
}

/// Sections that contributions leave alone are looked at too, while the ceremony goes on.
#[test]
fn a_state_is_checked_in_full_at_every_step() {
    let circuit = lookups();
    let refused = answer(&circuit, (A, "a.part"), |_, points| points.swap(0, 1));
    assert_eq!(refused, not_given("A"));
    let refused = answer(&circuit, (BASE, "base.part"), |_, points| points.swap(2, 3));
    assert_eq!(refused, not_given("IC"));
    let refused = answer(&circuit, (BASE, "base.part"), |_, points| points.insert(2, points[3]));
    assert_eq!(refused, too_many("IC", 3, 1));
    let refused = answer(&circuit, (BASE, "base.part"), |_, points| points[0] = points[1]);
    assert_eq!(refused, "the key's alpha is not that of the first phase");
    let refused = answer(&circuit, (BASE, "base.part"), |_, points| points[1] = points[0]);
    assert_eq!(refused, "the key's beta in G1 is not that of the first phase");
    // A point off the curve, whose multiple tells the factor modulo its order.
    let refused = answer(&circuit, (L, "l.0.part"), |_, points| points[3].x = points[4].x);
    assert_eq!(refused, "the part l.0.part of the ceremony has a point that is none: it is not on the curve");
    // Another circuit of the same size, and another first phase.
    let directory = tempfile::tempdir().unwrap();
    let mut ceremony = begun(directory.path(), &circuit);
    let other = crate::common::circuit(assay_circuits::Ranges::Lookup, 4);
    assert!(refusal(checked(&mut ceremony, &other)).starts_with("the ceremony is one for circuit "));
    let facts = checked(&mut ceremony, &circuit).unwrap().facts().clone();
    assert_eq!((facts.contributors.len(), facts.beginning), (0, ceremony.transcript().hash()));
}

/// Parts that somebody left where a ceremony is begun, with hashes that fit.
#[test]
fn a_ceremony_does_not_begin_with_points_that_it_found() {
    let circuit = lookups();
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path().join("ceremony");
    drop(begun(&folder, &circuit));
    let again = || begin(&folder, &circuit, prepared(&circuit), fast());
    let whole = fs::read(folder.join("l.0.part")).unwrap();
    fs::remove_file(folder.join(TRANSCRIPT)).unwrap();
    let count = points(&folder, "l.0.part").len();
    let ic = points(&folder, "base.part")[2];
    rewrite(&folder, "l.0.part", |points| points.push(ic));
    assert_eq!(refusal(again()), too_many("L", count, 1));
    rewrite(&folder, "l.0.part", |points| points[count] = points[0]);
    assert_eq!(refusal(again()), too_many("L", count, 1));
    rewrite(&folder, "l.0.part", |points| {
        points.truncate(count);
        points[0] = ic;
    });
    assert_eq!(refusal(again()), not_given("L"));
    assert!(!folder.join(TRANSCRIPT).exists());
    fs::write(folder.join("l.0.part"), whole).unwrap();
    again().unwrap();
}

/// A ceremony is unpacked into a folder of its own: what lies there before does not become part of it.
#[test]
fn nothing_is_unpacked_over_other_files() {
    let circuit = plain();
    let directory = tempfile::tempdir().unwrap();
    let (packed, folder) = (directory.path().join("packed"), directory.path().join("there"));
    let ceremony = begun(&directory.path().join("here"), &circuit);
    let mut bytes = Vec::new();
    ceremony.pack(&packed, &mut bytes).unwrap();
    fs::write(&packed, &bytes).unwrap();
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("l.1.part"), b"left").unwrap();
    assert!(refusal(unpack(&packed, &folder)).contains("is not empty"));
    fs::remove_file(folder.join("l.1.part")).unwrap();
    drop(unpack(&packed, &folder).unwrap());
    // A file that the transcript's state has no use for.
    fs::remove_dir_all(&folder).unwrap();
    let mut more = bytes.clone();
    more[8] += 1;
    more.extend(8u32.to_le_bytes());
    more.extend(b"l.1.part");
    more.extend(1u64.to_le_bytes());
    more.push(0);
    fs::write(&packed, more).unwrap();
    assert!(refusal(unpack(&packed, &folder)).ends_with("its files are not those of its transcript's state"));
    let left: Vec<_> =
        fs::read_dir(directory.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
}
