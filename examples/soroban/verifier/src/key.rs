//! The key, as `assay_interface::groth16` has it: alpha 64, beta 128, gamma 128, delta 128, IC_0 64, IC_1 64, and with a commitment IC_2 64 and -sigma gamma 128.

use soroban_sdk::{
    Bytes, Env, Vec,
    crypto::bn254::{Bn254G1Affine, Bn254G2Affine},
};

use crate::{
    error::Error,
    points::{check_point, point},
};

pub const PLAIN_KEY: u32 = 576;
pub const COMMITTED_KEY: u32 = 768;

/// Places of the points of G2, and of the IC points; those from [`PLAIN_KEY`] on are of committed keys.
const G2: [u32; 4] = [64, 192, 320, 640];
const IC: [u32; 3] = [448, 512, 576];

pub struct Key(pub Bytes);

impl Key {
    pub fn g1(&self, at: u32) -> Bn254G1Affine {
        Bn254G1Affine::from_bytes(point(&self.0, at))
    }

    pub fn g2(&self, at: u32) -> Bn254G2Affine {
        Bn254G2Affine::from_bytes(point(&self.0, at))
    }

    /// Every point canonical, none the identity, each in its group, and none in G2 or among the IC points equal or opposite to another.
    pub fn check(&self, env: &Env) -> Result<(), Error> {
        let length = self.0.len();
        if length != PLAIN_KEY && length != COMMITTED_KEY {
            return Err(Error::KeyLength);
        }
        let here = |places: &'static [u32]| places.iter().copied().filter(move |at| *at < length);
        check_point(&self.0.slice(0..64))?;
        for (places, size) in [(&IC[..], 64), (&G2[..], 128)] {
            for at in here(places) {
                check_point(&self.0.slice(at..at + size))?;
                // Two points share x exactly when they are equal or opposite.
                let x = |at: u32| self.0.slice(at..at + size / 2);
                if here(places).any(|other| other < at && x(other) == x(at)) {
                    return Err(Error::KeyNotIndependent);
                }
            }
        }
        // A product of pairings takes every point through the host's checks; what it is does not matter.
        let mut left: Vec<Bn254G1Affine> = Vec::new(env);
        let mut right: Vec<Bn254G2Affine> = Vec::new(env);
        for (g1, g2) in [0].into_iter().chain(here(&IC)).zip(here(&G2)) {
            left.push_back(self.g1(g1));
            right.push_back(self.g2(g2));
        }
        env.crypto().bn254().pairing_check(left, right);
        Ok(())
    }
}
