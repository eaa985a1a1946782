// Vectors: lines of a name and bytes in hexadecimal, included by the tests of both contracts.

use soroban_sdk::{Bytes, BytesN, Env, Vec};

pub struct Vector {
    pub key: Bytes,
    pub domain: BytesN<32>,
    pub proof: Bytes,
    pub context: BytesN<32>,
    pub limbs: Vec<BytesN<32>>,
    pub digest: BytesN<32>,
}

pub fn read(env: &Env, text: &str) -> Vector {
    let lines = || text.lines().filter_map(|line| line.split_once(' '));
    let all = |name: &str| {
        lines()
            .filter(|(other, _)| *other == name)
            .map(|(_, digits)| unhex(digits))
            .collect::<std::vec::Vec<_>>()
    };
    let bytes = |name: &str| Bytes::from_slice(env, &all(name)[0]);
    let word = |bytes: &[u8]| BytesN::from_array(env, bytes.try_into().expect("32 bytes"));
    let mut limbs = Vec::new(env);
    all("limb").iter().for_each(|limb| limbs.push_back(word(limb)));
    Vector {
        key: bytes("key"),
        domain: word(&all("domain")[0]),
        proof: bytes("proof"),
        context: word(&all("context")[0]),
        limbs,
        digest: word(&all("digest")[0]),
    }
}

fn unhex(digits: &str) -> std::vec::Vec<u8> {
    (0..digits.len() / 2)
        .map(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).expect("digits"))
        .collect()
}
