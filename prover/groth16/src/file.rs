//! Proving keys as bytes: assembled by a setup, or taken from a file and used where they lie.
//!
//! The format is the module `layout`'s. A key from outside is *validated* in full: the checksum, every count, index and gap,
//! every point (canonical, on its curve, in its subgroup, not the identity), the verifying key as registration does
//! (`assay_interface::groth16::check_key`), beta and delta equal in both groups, and `sigma G_j` fitting the verifying key's
//! sigma. About 5 us a wire of B and core, for random sums that check the subgroup in G2 ([`msm::in_subgroup`]). [`ProvingKey::open`] does so once for a file, and
//! afterwards maps it and checks the verifying key, whose points decide whether proofs can be forged.

use std::sync::Arc;

use ark_bn254::{Bn254, G1Affine, G2Affine};
use ark_ec::{CurveGroup, pairing::Pairing};
use ark_ff::One;
use assay_engine::{Backend, G1Point, G2Point, msm};
use assay_interface::{
    artifact::{self, Artifact, HEADER_LEN, Kind},
    groth16::SetupKind,
};
use bytemuck::Pod;
use rand::{RngCore, SeedableRng, rngs::OsRng};
use rand_chacha::ChaCha20Rng;
use rayon::prelude::*;

use crate::{
    encoding::KeyReadError,
    key::{BasePoints, KeyPoints, ProvingKey, Query, VerifyingKey},
    layout::{self, Counts, Layout},
    points::PointError,
    progress::{Observer, Stage},
    store::{Lines, Store},
};

const _: () =
    assert!(cfg!(target_endian = "little"), "keys are used in place, and their integers are little-endian");

/// Most wires of a circuit, and points of a domain, that fit the field's roots of unity: 9 * 2^28.
const MAX_WIRES: u32 = 9 << 28;

/// How much of a key is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    /// Everything is checked.
    None,
    /// The same file passed every check before: only what reading needs is looked at.
    Validated,
}

impl ProvingKey {
    /// The key in a `.pk` artifact, validated in full and copied. That it fits a circuit is checked by
    /// [`crate::Prover::new`]. For a file, [`ProvingKey::open`] copies nothing.
    pub fn from_bytes(bytes: &[u8]) -> Result<ProvingKey, KeyReadError> {
        ProvingKey::from_bytes_observed(bytes, Observer::none())
    }

    /// As [`ProvingKey::from_bytes`], with progress of the checks, and an end where `observer` asks for it.
    pub fn from_bytes_observed(bytes: &[u8], observer: Observer<'_>) -> Result<ProvingKey, KeyReadError> {
        let store = Arc::new(Store::Owned(Lines::copy(bytes)));
        ProvingKey::from_store(store, Trust::None, observer)?.without_weights()
    }

    /// The key in a `.pk` artifact, with weights or without.
    pub(crate) fn any_from_bytes(bytes: &[u8]) -> Result<ProvingKey, KeyReadError> {
        ProvingKey::from_store(Arc::new(Store::Owned(Lines::copy(bytes))), Trust::None, Observer::none())
    }

    /// Fails for a key with weights, which is another type: see [`crate::weights`].
    pub(crate) fn without_weights(self) -> Result<ProvingKey, KeyReadError> {
        if self.counts.weights > 0 { Err(KeyReadError::HasWeights) } else { Ok(self) }
    }

    /// A key, with weights or without.
    pub(crate) fn from_store(
        store: Arc<Store>,
        trust: Trust,
        observer: Observer<'_>,
    ) -> Result<ProvingKey, KeyReadError> {
        let artifact = match trust {
            Trust::None => artifact::decode(Kind::ProvingKey, &store)?,
            Trust::Validated => artifact::decode_unverified(Kind::ProvingKey, &store)?,
        };
        let digest = artifact.digest;
        let (circuit, setup, counts) = read_head(&artifact)?;
        let layout = counts.layout().ok_or(KeyReadError::Truncated { field: "points" })?;
        if let Some(extra) = store.len().checked_sub(layout.len()).filter(|extra| *extra > 0) {
            return Err(KeyReadError::Trailing(extra));
        }
        if store.len() < layout.len() {
            return Err(KeyReadError::Truncated { field: field_at(&layout, store.len()) });
        }
        // From here on the store is as long as the layout.
        let verifying_key = &store[layout.verifying_key.clone()];
        let verifying_key = VerifyingKey::from_key_bytes(verifying_key, circuit, setup)?;
        let [beta_g1, delta_g1]: [G1Point; 2] =
            bytemuck::pod_read_unaligned(&store[layout::BETA..layout::VERIFYING_KEY]);
        let (beta_g1, delta_g1) = (point("beta in G1", beta_g1)?, point("delta in G1", delta_g1)?);
        let key = ProvingKey { verifying_key, beta_g1, delta_g1, counts, layout, digest, store };
        if trust == Trust::None {
            key.validate(observer)?;
        }
        Ok(key)
    }

    /// Every check but the checksum's and the verifying key's own.
    pub(crate) fn validate(&self, observer: Observer<'_>) -> Result<(), KeyReadError> {
        let no_weights = if self.counts.weights > 0 { 0..0 } else { layout::BETA - 4..layout::BETA };
        let gaps = self.layout.gaps().chain([no_weights, layout::FORMAT_AT + 3..layout::COUNTS]);
        if let Some(byte) = gaps.flatten().find(|&byte| self.store.get(byte) != Some(&0)) {
            return Err(KeyReadError::Gap(byte));
        }
        let (a, b_g1, b_g2, l, g) = (self.a(), self.b_g1(), self.b_g2(), self.l(), self.g());
        let weights = self.weights();
        let first_private = u32::from(self.counts.instance);
        check_wires("query A", a.wires, 0, self.counts.wires)?;
        check_wires("query B", b_g1.wires, 0, self.counts.wires)?;
        check_wires("query L", l.wires, first_private, self.counts.wires)?;
        check_wires("commitment", g.wires, first_private, self.counts.wires)?;
        check_wires("weights", weights.wires, first_private, self.counts.wires)?;
        for (field, wires) in [("query B", b_g1.wires), ("query L", l.wires), ("commitment", g.wires)] {
            let shared = weights.wires.iter().enumerate().find(|(_, wire)| wires.binary_search(wire).is_ok());
            if let Some((index, &wire)) = shared {
                return Err(KeyReadError::FreeWeight { index, wire, field });
            }
        }
        let in_g1 = [
            ("query A", a.points),
            ("query B in G1", b_g1.points),
            ("query L", l.points),
            ("query H", self.h()),
            ("commitment", g.points),
            ("knowledge check", self.sigma_g().points),
            ("weights", weights.points),
            ("knowledge check of weights", self.sigma_weights().points),
        ];
        let total = in_g1.iter().map(|(_, points)| points.len()).sum::<usize>() + b_g2.points.len();
        let mut count = Counted::new(total, observer);
        in_g1.into_iter().try_for_each(|(field, points)| count.check(field, points))?;
        count.check("query B in G2", b_g2.points)?;
        if !is_consistent(self.beta_g1, self.delta_g1, &self.verifying_key.points.base) {
            return Err(KeyReadError::Inconsistent);
        }
        let KeyPoints { commitment, weights, .. } = &self.verifying_key.points;
        let sigma = commitment.as_ref().map(|commitment| commitment.sigma_gamma_negated);
        if !self.sigma_fits(sigma, self.g(), self.sigma_g()) {
            return Err(KeyReadError::Sigma);
        }
        let fits = self.sigma_fits(*weights, self.weights(), self.sigma_weights());
        if fits { Ok(()) } else { Err(KeyReadError::SigmaWeights) }
    }

    /// `e(sum r_j sigma G_j, gamma) e(sum r_j G_j, -sigma gamma) = 1` for 128-bit r_j that are drawn from the artifact's
    /// digest, so after all points are fixed.
    fn sigma_fits(
        &self,
        sigma_gamma_negated: Option<G2Affine>,
        g: Query<'_, G1Point>,
        sigma_g: Query<'_, G1Point>,
    ) -> bool {
        let Some(sigma_gamma_negated) = sigma_gamma_negated else { return true };
        let factor = |index: usize| {
            let hash = artifact::digest(&[&self.digest[..], &(index as u64).to_le_bytes()].concat());
            let mut words = [0; 4];
            bytemuck::bytes_of_mut(&mut words)[..16].copy_from_slice(hash.split_at(16).0);
            words
        };
        let factors: Vec<[u64; 4]> = (0..g.points.len()).into_par_iter().map(factor).collect();
        let factors = msm::Prepared::read(&factors[..]);
        let sum = |query: Query<'_, G1Point>| factors.msm(backend(), query.points).into_affine();
        let in_g2 = [self.verifying_key.points.base.gamma_g2, sigma_gamma_negated];
        Bn254::multi_pairing([sum(sigma_g), sum(g)], in_g2).0.is_one()
    }
}

/// `e(beta_1, delta_2) = e(delta_1, beta_2)`: the ratio of beta and delta is the same in both groups.
pub(crate) fn is_consistent(beta_g1: G1Affine, delta_g1: G1Affine, base: &BasePoints) -> bool {
    Bn254::multi_pairing([beta_g1, -delta_g1], [base.delta_g2, base.beta_g2]).0.is_one()
}

/// A proving key under construction: space for all of it, filled part by part.
pub(crate) struct Assembly {
    pub(crate) counts: Counts,
    pub(crate) layout: Layout,
    bytes: Lines,
}

impl Assembly {
    /// Space for a key of these counts; `None` where it could not be addressed.
    pub(crate) fn new(counts: Counts) -> Option<Assembly> {
        let layout = counts.layout()?;
        Some(Assembly { counts, bytes: Lines::zeroed(layout.len()), layout })
    }

    /// Fills a part, or some of one: `range` lies in the layout and is as long as the values.
    pub(crate) fn put<T: Pod>(&mut self, range: std::ops::Range<usize>, values: &[T]) {
        self.bytes[range].copy_from_slice(bytemuck::cast_slice(values));
    }

    /// The key, once every part is filled.
    pub(crate) fn finish(
        mut self,
        verifying_key: VerifyingKey,
        beta_g1: G1Affine,
        delta_g1: G1Affine,
    ) -> ProvingKey {
        let Counts { wires, domain, a, b, l, committed, weights, instance } = self.counts;
        let format = if weights > 0 { layout::FORMAT_WEIGHTS } else { layout::FORMAT };
        let circuit = verifying_key.circuit;
        self.put(layout::CIRCUIT..layout::FORMAT_AT, &circuit);
        self.put(layout::FORMAT_AT..layout::COUNTS, &[format, verifying_key.setup.to_byte(), instance, 0]);
        self.put(layout::COUNTS..layout::BETA, &[wires, domain, a, b, l, committed, weights]);
        self.put(layout::BETA..layout::DELTA, &[G1Point::from(beta_g1)]);
        self.put(layout::DELTA..layout::VERIFYING_KEY, &[G1Point::from(delta_g1)]);
        self.put(self.layout.verifying_key.clone(), &verifying_key.key_bytes());
        let header = artifact::header(Kind::ProvingKey, circuit, self.bytes.split_at(HEADER_LEN).1);
        self.put(0..HEADER_LEN, &header);
        let mut digest = [0; 32];
        digest.copy_from_slice(&header[HEADER_LEN - 32..]); // the container's last field
        let Assembly { counts, layout, bytes } = self;
        let store = Arc::new(Store::Owned(bytes));
        ProvingKey { verifying_key, beta_g1, delta_g1, counts, layout, digest, store }
    }
}

/// Circuit digest, setup kind and counts.
fn read_head(artifact: &Artifact<'_>) -> Result<([u8; 32], SetupKind, Counts), KeyReadError> {
    let truncated = |field| KeyReadError::Truncated { field };
    let (circuit, rest) = artifact.payload.split_first_chunk::<32>().ok_or(truncated("circuit digest"))?;
    if *circuit != artifact.parent {
        return Err(KeyReadError::Parent);
    }
    let (&[format, setup, instance, _], rest) = rest.split_first_chunk().ok_or(truncated("format"))?;
    if !matches!(format, layout::FORMAT | layout::FORMAT_WEIGHTS) {
        return Err(KeyReadError::Format { found: format });
    }
    let setup = SetupKind::from_byte(setup).ok_or(KeyReadError::SetupKind(setup))?;
    let counts = rest.first_chunk::<28>().ok_or(truncated("counts"))?.as_chunks::<4>().0;
    let &[wires, domain, a, b, l, committed, weights] = counts else { return Err(truncated("counts")) };
    let [wires, domain, a, b, l, committed, weights] =
        [wires, domain, a, b, l, committed, weights].map(u32::from_le_bytes);
    let count = |field, found, range: std::ops::RangeInclusive<u32>| {
        if range.contains(&found) { Ok(()) } else { Err(KeyReadError::Count { field, found }) }
    };
    count("instance wires", instance.into(), 2..=3)?;
    count("wires", wires, instance.into()..=MAX_WIRES)?;
    count("query A", a, 0..=wires)?;
    count("query B", b, 0..=wires)?;
    count("query L", l, 0..=wires - u32::from(instance))?;
    // A commitment has at least the mask, and is there exactly when the challenge is.
    let committed_range = if instance == 3 { 1..=wires - 3 } else { 0..=0 };
    count("committed wires", committed, committed_range)?;
    // At least one weight, and the mask. Without weights the field is a gap, which validation looks at.
    let weights = if format == layout::FORMAT_WEIGHTS {
        count("weights", weights, 2..=wires - u32::from(instance) - committed)?;
        weights
    } else {
        0
    };
    if !is_domain(domain) {
        return Err(KeyReadError::Count { field: "query H", found: domain });
    }
    Ok((*circuit, setup, Counts { wires, domain, a, b, l, committed, weights, instance }))
}

/// 2^k, 3 * 2^k or 9 * 2^k.
fn is_domain(size: u32) -> bool {
    size > 0 && size <= MAX_WIRES && matches!(size >> size.trailing_zeros(), 1 | 3 | 9)
}

/// The part that lies at `end`, where a file stops too early.
fn field_at(layout: &Layout, end: usize) -> &'static str {
    let parts = [
        ("verifying key", &layout.verifying_key),
        ("wires", &layout.wires_weights),
        ("query A", &layout.a),
        ("query B in G1", &layout.b_g1),
        ("query B in G2", &layout.b_g2),
        ("query L", &layout.l),
        ("query H", &layout.h),
        ("commitment", &layout.g),
        ("knowledge check", &layout.sigma_g),
        ("weights", &layout.g_weights),
    ];
    let found = parts.iter().find(|(_, range)| end < range.end);
    found.map_or("knowledge check of weights", |(name, _)| name)
}

fn check_wires(field: &'static str, wires: &[u32], first: u32, limit: u32) -> Result<(), KeyReadError> {
    let mut least = first;
    for (index, &wire) in wires.iter().enumerate() {
        if !(least..limit).contains(&wire) {
            return Err(KeyReadError::Wire { field, index, wire, limit });
        }
        least = wire + 1;
    }
    Ok(())
}

/// Points of the engine that can be checked.
pub(crate) trait Checked: Sync + Sized {
    /// Points that are checked between two reports of progress.
    const BATCH: usize;

    fn check(&self) -> Result<(), PointError>;

    /// Whether [`Checked::check`] takes all of them; it may take some of them for wrong that are not, and tells no wrong one for right
    /// but with a probability of 2^-128.
    fn are_right(points: &[Self]) -> bool {
        points.par_iter().all(|point| point.check().is_ok())
    }
}

impl Checked for G1Point {
    const BATCH: usize = 1 << 16;

    fn check(&self) -> Result<(), PointError> {
        if self.is_identity() { Err(PointError::Identity) } else { Ok(G1Point::check(self)?) }
    }
}

impl Checked for G2Point {
    const BATCH: usize = 1 << 18; // so that windows' buckets are few beside the points

    fn check(&self) -> Result<(), PointError> {
        if self.is_identity() { Err(PointError::Identity) } else { Ok(G2Point::check(self)?) }
    }

    fn are_right(points: &[G2Point]) -> bool {
        let is_on_curve = |point: &G2Point| !point.is_identity() && point.check_on_curve().is_ok();
        // Whoever made the key knows nothing of these.
        let mut seed = [0; 32];
        let mut random: Vec<msm::Random> = bytemuck::zeroed_vec(points.len());
        if OsRng.try_fill_bytes(&mut seed).is_err() {
            return false;
        }
        ChaCha20Rng::from_seed(seed).fill_bytes(bytemuck::cast_slice_mut(&mut random));
        points.par_iter().all(is_on_curve) && msm::in_subgroup(backend(), points, &random)
    }
}

/// What sums of points are computed on. A variable that names none is complained of where a proof is to be computed.
fn backend() -> Backend {
    Backend::detect().unwrap_or_else(|_| Backend::fastest())
}

/// The first point that is none, if there is one.
pub(crate) fn check_points<P: Checked>(field: &'static str, points: &[P]) -> Result<(), KeyReadError> {
    if P::are_right(points) {
        return Ok(());
    }
    let wrong = points.par_iter().enumerate().find_first(|(_, point)| point.check().is_err());
    match wrong.map(|(index, point)| (index, point.check())) {
        Some((index, Err(error))) => Err(KeyReadError::Point { field, index, error }),
        _ => Ok(()),
    }
}

/// Checks points, part after part, and tells how far it is.
pub(crate) struct Counted<'a> {
    points: u64,
    total: u64,
    observer: Observer<'a>,
}

impl<'a> Counted<'a> {
    /// Before the first of `total` points.
    pub(crate) fn new(total: usize, observer: Observer<'a>) -> Self {
        Counted { points: 0, total: total as u64, observer }
    }

    pub(crate) fn check<P: Checked>(
        &mut self,
        field: &'static str,
        points: &[P],
    ) -> Result<(), KeyReadError> {
        for (batch, points) in points.chunks(P::BATCH).enumerate() {
            check_points(field, points).map_err(|error| match error {
                KeyReadError::Point { field, index, error } => {
                    KeyReadError::Point { field, index: batch * P::BATCH + index, error }
                }
                other => other,
            })?;
            self.points += points.len() as u64;
            self.observer.report(Stage::Validate, self.points, self.total)?;
        }
        Ok(())
    }
}

fn point(field: &'static str, point: G1Point) -> Result<G1Affine, KeyReadError> {
    Checked::check(&point).map_err(|error| KeyReadError::Point { field, index: 0, error })?;
    Ok(point.into())
}
