//! Calls of a contract, by the encoding of Solidity's ABI.

use assay_interface::{groth16::ProofRef, statement::Statement};

/// Of `verify(bytes,uint256)`.
const VERIFY: [u8; 4] = [0xac, 0x31, 0x8c, 0x5d];
/// Of `verifyStatement(bytes,bytes32,uint256[])`.
const VERIFY_STATEMENT: [u8; 4] = [0xd6, 0xe9, 0x35, 0xd8];

/// A word: a number, or a list's offset or length.
fn word(number: usize) -> [u8; 32] {
    let mut word = [0; 32];
    let (_, low) = word.split_at_mut(24);
    low.copy_from_slice(&(number as u64).to_be_bytes());
    word
}

/// The call `verify(proof, digest)`.
pub fn verify_calldata<'p>(proof: impl Into<ProofRef<'p>>, digest: &[u8; 32]) -> Vec<u8> {
    let proof = proof.into().as_bytes(); // 256 or 384 bytes: whole words
    let head = [word(2 * 32), *digest, word(proof.len())];
    [&VERIFY[..], head.as_flattened(), proof].concat()
}

/// The call `verifyStatement(proof, context, limbs)`.
pub fn verify_statement_calldata<'p>(proof: impl Into<ProofRef<'p>>, statement: &Statement) -> Vec<u8> {
    let proof = proof.into().as_bytes();
    let limbs: Vec<[u8; 32]> = statement.limbs.iter().map(|limb| limb.to_be_bytes()).collect();
    let limbs_at = 4 * 32 + proof.len();
    let head = [word(3 * 32), statement.context, word(limbs_at), word(proof.len())];
    [&VERIFY_STATEMENT[..], head.as_flattened(), proof, &word(limbs.len()), limbs.as_flattened()].concat()
}
