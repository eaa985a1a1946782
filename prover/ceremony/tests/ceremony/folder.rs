//! A ceremony's folder: resumed, tampered with, shared, packed.

use std::{fs, path::Path};

use assay_ceremony::{Ceremony, Options, TRANSCRIPT, unpack};
use assay_groth16::Observer;

use crate::common::{begin, begun, check, checked, contribute, fast, lookups, plain, prepared, refusal};

fn files(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name != "lock").collect();
    names.sort();
    names
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 1;
    fs::write(path, bytes).unwrap();
}

/// `begin` goes on with the parts that are there, and a contribution that was killed leaves nothing that counts.
#[test]
fn interrupted_steps_are_done_again() {
    let circuit = lookups();
    let ptau = prepared(&circuit);
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path().join("ceremony");
    let whole = begun(&folder, &circuit);
    let expected = whole.transcript().clone();
    drop(whole);
    let names = [
        "a.part",
        "b-g1.part",
        "b-g2.part",
        "base.part",
        "g.part",
        "h.0.part",
        "l.0.part",
        "sigma-0.0.part",
        TRANSCRIPT,
    ];
    assert_eq!(files(&folder), names);
    for gone in
        [&["h.0.part", TRANSCRIPT][..], &["l.0.part", "h.0.part", "sigma-0.0.part", "g.part", TRANSCRIPT]]
    {
        gone.iter().for_each(|name| fs::remove_file(folder.join(name)).unwrap());
        let again = begin(&folder, &circuit, ptau, fast()).unwrap();
        assert_eq!(again.transcript(), &expected);
    }
    // What a killed contribution left is written over.
    let mut ceremony = Ceremony::open(&folder).unwrap();
    fs::write(folder.join("l.1.part"), b"half of a part").unwrap();
    contribute(&mut ceremony, &circuit, "alice");
    assert!(files(&folder).contains(&"l.1.part".into()) && !files(&folder).contains(&"l.0.part".into()));
    let key = ceremony.key(&circuit, Observer::none()).unwrap();
    check(&circuit, ptau, ceremony.transcript(), &key).unwrap();
    drop(ceremony);
    // There is one ceremony in a folder.
    let refused = refusal(begin(&folder, &circuit, ptau, fast()));
    assert!(refused.ends_with("holds a ceremony already, with 1 contributions"), "{refused}");
    assert!(refusal(Ceremony::open(directory.path())).contains("holds no ceremony"));
}

/// Parts of another circuit's ceremony, or another beacon's, are not gone on with.
#[test]
fn an_interrupted_beginning_of_another_ceremony_is_refused() {
    let circuit = plain();
    let ptau = prepared(&circuit);
    let directory = tempfile::tempdir().unwrap();
    drop(begun(directory.path(), &circuit));
    fs::remove_file(directory.path().join(TRANSCRIPT)).unwrap();
    let options = Options { beacon: Some("round 1".into()), ..fast() };
    let refused = refusal(begin(directory.path(), &circuit, ptau, options));
    assert_eq!(refused, "the part base.part of the ceremony is of another ceremony");
}

#[test]
fn tampered_parts_are_named() {
    let circuit = lookups();
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path().join("ceremony");
    let mut ceremony = begun(&folder, &circuit);
    contribute(&mut ceremony, &circuit, "alice");
    let refused = |ceremony: &mut Ceremony| refusal(checked(ceremony, &circuit));
    let key = |ceremony: &Ceremony| refusal(ceremony.key(&circuit, Observer::none()));
    for name in ["l.1.part", "h.1.part", "sigma-0.1.part", "a.part", "b-g2.part", "base.part"] {
        let path = folder.join(name);
        let whole = fs::read(&path).unwrap();
        let expect = |ceremony: &mut Ceremony, what: &str| {
            let expected = format!("the part {name} of the ceremony {what}");
            assert_eq!(refused(ceremony), expected);
            assert_eq!(key(ceremony), expected);
        };
        flip(&path, 128 + 5);
        expect(&mut ceremony, "was changed: its points do not have the hash that it names");
        fs::write(&path, &whole[..whole.len() - 64]).unwrap();
        expect(&mut ceremony, "was changed: its points do not have the hash that it names");
        fs::write(&path, b"assaycp1").unwrap();
        expect(&mut ceremony, "is no such part: it was renamed or written by something else");
        fs::remove_file(&path).unwrap();
        expect(&mut ceremony, "is missing");
        fs::write(&path, &whole).unwrap();
    }
    // Whole, with a hash of its own, and not the transcript's.
    let other = directory.path().join("other");
    let mut second = begun(&other, &circuit);
    contribute(&mut second, &circuit, "mallory");
    fs::copy(other.join("l.1.part"), folder.join("l.1.part")).unwrap();
    assert_eq!(
        refused(&mut ceremony),
        "the part l.1.part of the ceremony is not the one that the transcript names"
    );
    // One part under another's name.
    fs::copy(folder.join("h.1.part"), folder.join("l.1.part")).unwrap();
    assert!(refused(&mut ceremony).ends_with("is no such part: it was renamed or written by something else"));
    assert_eq!(ceremony.transcript().contributions(), 1);
}

#[test]
fn two_processes_do_not_work_on_one_folder() {
    let circuit = plain();
    let directory = tempfile::tempdir().unwrap();
    let ceremony = begun(directory.path(), &circuit);
    assert!(refusal(Ceremony::open(directory.path())).starts_with("another process works on the ceremony"));
    drop(ceremony);
    Ceremony::open(directory.path()).unwrap();
}

#[test]
fn a_ceremony_travels_as_one_file() {
    let circuit = lookups();
    let ptau = prepared(&circuit);
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    let mut ceremony = begun(&path("here"), &circuit);
    contribute(&mut ceremony, &circuit, "alice");
    let mut bytes = Vec::new();
    ceremony.pack(&path("packed"), &mut bytes).unwrap();
    fs::write(path("packed"), &bytes).unwrap();
    let mut there = unpack(&path("packed"), &path("there")).unwrap();
    contribute(&mut there, &circuit, "bob");
    let key = there.key(&circuit, Observer::none()).unwrap();
    assert_eq!(check(&circuit, ptau, there.transcript(), &key).unwrap().contributors.len(), 2);
    drop(there);
    assert!(refusal(unpack(&path("packed"), &path("there"))).contains("holds a ceremony already, with 2"));
    let refused = |bytes: &[u8]| {
        fs::write(path("wrong"), bytes).unwrap();
        let refused = refusal(unpack(&path("wrong"), &path("nowhere")));
        assert!(!path("nowhere").join(TRANSCRIPT).exists());
        refused
    };
    assert!(refused(b"PK").contains("is no packed ceremony: it does not begin as one"));
    assert!(refused(&bytes[..bytes.len() - 1]).ends_with("it is cut off"));
    assert!(refused(&[&bytes[..], b"x"].concat()).ends_with("bytes follow its last file"));
    // A name that leads out of the folder.
    let name = b"base.part";
    let at = bytes.windows(name.len()).position(|window| window == name).unwrap();
    let mut evil = bytes.clone();
    evil[at..at + name.len()].copy_from_slice(b"../a.part");
    assert!(refused(&evil).ends_with("it holds a file that is none of a ceremony's"));
    assert!(!path("a.part").exists());
    let mut long = bytes;
    long[12..16].fill(0xff);
    assert!(refused(&long).ends_with("a file's name is too long"));
}

/// A lock that is a link is not opened, and neither is what stands where a part is written; a transcript has an end.
#[test]
fn nothing_is_written_through_links_or_read_without_end() {
    let circuit = plain();
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path().join("ceremony");
    let mut ceremony = begun(&folder, &circuit);
    let elsewhere = directory.path().join("elsewhere");
    fs::write(&elsewhere, "mine").unwrap();
    let temporary = format!("l.1.{}.new", std::process::id());
    std::os::unix::fs::symlink(&elsewhere, folder.join(temporary)).unwrap();
    contribute(&mut ceremony, &circuit, "alice");
    drop(ceremony);
    assert_eq!(fs::read(&elsewhere).unwrap(), b"mine");
    fs::remove_file(folder.join("lock")).unwrap();
    std::os::unix::fs::symlink(&elsewhere, folder.join("lock")).unwrap();
    assert!(refusal(Ceremony::open(&folder)).contains("it is a symbolic link"));
    fs::remove_file(folder.join("lock")).unwrap();
    fs::File::create(folder.join(TRANSCRIPT)).unwrap().set_len((64 << 20) + 1).unwrap();
    assert_eq!(refusal(Ceremony::open(&folder)), "the transcript: it has more than 67108864 bytes");
}
