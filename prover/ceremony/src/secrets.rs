//! A contribution's secrets: drawn, used, and overwritten.
//!
//! ```text
//! seed   = SHA-512("assay:ceremony:seed:v1\0" || 64 bytes of the system's generator || what was typed)
//! secret = SHA-512("assay:ceremony:draw:v1\0" || label || 0 || index u32 || try u32 || seed), a little-endian integer modulo the
//!          field's order; 0 and 1 are drawn again
//! ```
//!
//! delta's, each sigma's and each nonce has a label or an index of its own, so that no two are the same or follow from each other.
//! A beacon's seed is `"assay:ceremony:beacon:v1\0" || hash of the transcript so far || its value`, which everybody knows: it adds nothing
//! that is secret, and takes the last word from whoever contributed last.
//!
//! Overwritten is what this module holds; copies that the arithmetic left on the stack are not, and the arithmetic's time depends
//! on the secrets: contribute on a machine that nobody else uses, and end it afterwards.

use ark_bn254::Fr;
use ark_ff::{One, PrimeField, Zero};
use rand::{RngCore, rngs::OsRng};
use sha2::{Digest, Sha512};
use zeroize::{Zeroize, Zeroizing};

/// Where the secrets of one contribution come from.
pub(crate) struct Seed(Zeroizing<Vec<u8>>);

/// The factors of one contribution: of delta, and of each sigma.
pub(crate) struct Factors {
    pub(crate) delta: Fr,
    pub(crate) sigmas: Vec<Fr>,
}

impl Seed {
    /// A fresh seed: the system's randomness, and `typed` beside it.
    pub(crate) fn draw(typed: &[u8]) -> Result<Seed, rand::Error> {
        let mut system = Zeroizing::new([0; 64]);
        OsRng.try_fill_bytes(&mut system[..])?;
        let hash = Sha512::new_with_prefix(b"assay:ceremony:seed:v1\0").chain_update(&system[..]);
        let mut seed = hash.chain_update(typed).finalize();
        let kept = Zeroizing::new(seed.to_vec());
        seed.as_mut_slice().zeroize();
        Ok(Seed(kept))
    }

    /// The seed that a beacon's value gives after this transcript.
    pub(crate) fn of_beacon(transcript: &[u8; 32], value: &[u8]) -> Seed {
        Seed(Zeroizing::new([b"assay:ceremony:beacon:v1\0", &transcript[..], value].concat()))
    }

    /// The element with this label and index; never 0 or 1.
    pub(crate) fn element(&self, label: &str, index: usize) -> Fr {
        let mut attempt = 0u32;
        loop {
            let mut hash = Sha512::new_with_prefix(b"assay:ceremony:draw:v1\0");
            hash.update(label.as_bytes());
            hash.update([0]);
            hash.update((index as u32).to_le_bytes());
            hash.update(attempt.to_le_bytes());
            hash.update(&self.0[..]);
            let mut wide = hash.finalize();
            let element = Fr::from_le_bytes_mod_order(&wide);
            wide.as_mut_slice().zeroize();
            if !element.is_zero() && !element.is_one() {
                return element;
            }
            attempt += 1;
        }
    }

    /// The factors for delta and so many sigmas.
    pub(crate) fn factors(&self, sigmas: usize) -> Factors {
        let sigmas = (0..sigmas).map(|index| self.element("sigma", index)).collect();
        Factors { delta: self.element("delta", 0), sigmas }
    }
}

impl Drop for Factors {
    fn drop(&mut self) {
        self.delta.zeroize();
        self.sigmas.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_draws_are_the_same() {
        let (one, two) = (Seed::draw(b"").unwrap(), Seed::draw(b"").unwrap());
        let mut drawn = Vec::new();
        for seed in [&one, &two] {
            for label in ["delta", "sigma", "nonce"] {
                drawn.extend((0..3).map(|index| seed.element(label, index)));
            }
        }
        for (i, element) in drawn.iter().enumerate() {
            assert!(!drawn[..i].contains(element));
        }
        let factors = one.factors(2);
        assert_eq!((factors.delta, factors.sigmas[1]), (one.element("delta", 0), one.element("sigma", 1)));
    }

    /// What is typed adds to the system's randomness and never takes its place; a beacon's value alone decides.
    #[test]
    fn typed_entropy_replaces_nothing() {
        let draw = || Seed::draw(b"the same").unwrap().element("delta", 0);
        assert_ne!(draw(), draw());
        let beacon = |hash: u8, value: &[u8]| Seed::of_beacon(&[hash; 32], value).element("delta", 0);
        assert_eq!(beacon(1, b"v"), beacon(1, b"v"));
        assert_ne!(beacon(1, b"v"), beacon(2, b"v"));
        assert_ne!(beacon(1, b"v"), beacon(1, b"w"));
    }
}
