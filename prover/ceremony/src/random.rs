//! Random coefficients that whoever made a file cannot know: 128 bits each, so that a sum of wrong points is right with a probability
//! of 2^-128.

use ark_bn254::Fr;
use ark_ff::PrimeField;
use assay_engine::{Backend, Point, Sum, msm};
use rand::{RngCore, SeedableRng, rngs::OsRng};
use rand_chacha::ChaCha20Rng;

/// Coefficients below 2^128, as integers of four words.
pub(crate) struct Coefficients(Vec<[u64; 4]>);

impl Coefficients {
    /// So many, from the system's generator.
    pub(crate) fn draw(count: usize) -> Result<Coefficients, rand::Error> {
        let mut words = Coefficients::draw_words(count)?;
        words.iter_mut().for_each(|[_, _, high @ ..]| *high = [0; 2]);
        Ok(Coefficients(words))
    }

    /// 256 bits each.
    pub(crate) fn draw_words(count: usize) -> Result<Vec<msm::Random>, rand::Error> {
        let mut seed = [0; 32];
        OsRng.try_fill_bytes(&mut seed)?;
        let mut words: Vec<msm::Random> = bytemuck::zeroed_vec(count);
        ChaCha20Rng::from_seed(seed).fill_bytes(bytemuck::cast_slice_mut(&mut words));
        Ok(words)
    }

    /// The sum of the points, each times its coefficient. There are as many coefficients as points, or more.
    pub(crate) fn sum<P: Point>(&self, backend: Backend, points: &[P]) -> Sum<P> {
        msm::msm(backend, points, &self.0[..points.len()])
    }

    /// The coefficients as elements.
    pub(crate) fn elements(&self) -> impl Iterator<Item = Fr> {
        self.0.iter().map(|words| Fr::from_le_bytes_mod_order(bytemuck::cast_slice(words)))
    }
}
