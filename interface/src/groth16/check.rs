//! Whether a verifying key may be trusted to bind proofs.

use super::{
    error::{KeyError, KeyPoint},
    forms::{BASE_MODULUS, G1_LEN, G2_LEN, is_zero},
    key::{CommittedKey, KeyRef, PlainKey},
};
use crate::syscalls::{g1_add, g2_add, pairing};

/// A point with its name.
type Named<'a, const N: usize> = (KeyPoint, &'a [u8; N]);

/// Whether a key may be trusted to bind proofs: every point canonical, not the identity, on its curve and in its
/// subgroup, and no relation among the points of G2, or among the IC points, that would let anyone forge.
///
/// With gamma = k delta for a known k, `A = alpha, B = beta + t delta, C = t alpha - k V` satisfies the equation for
/// any t; beta = k gamma and beta = k delta break it likewise. With `sigma gamma = k gamma` everybody knows sigma, so
/// D may hold what is not committed: a multiple of IC_1 that turns the proof of one digest into that of another.
/// Here k = 1 and k = -1 are refused, for sigma gamma against beta and delta as well; other relations cannot be seen
/// from a key, which is why a setup is a ceremony.
pub fn check_key<'a>(key: impl Into<KeyRef<'a>>) -> Result<(), KeyError> {
    match key.into() {
        KeyRef::Plain(key) => check_plain(key),
        KeyRef::Committed(key) => check_committed(key),
    }
}

#[inline(never)]
fn check_plain(key: &PlainKey) -> Result<(), KeyError> {
    let (g1, g2) = points_of(key);
    check_points(&g1, &g2)
}

#[inline(never)]
fn check_committed(key: &CommittedKey) -> Result<(), KeyError> {
    let ([alpha, ic0, ic1], [beta, gamma, delta]) = points_of(&key.plain);
    let ic2 = (KeyPoint::Ic2, &key.ic_challenge);
    let sigma_gamma = (KeyPoint::SigmaGamma, &key.sigma_gamma_negated);
    check_points(&[alpha, ic0, ic1, ic2], &[beta, gamma, delta, sigma_gamma])
}

/// alpha, then the IC points; and the points of G2.
fn points_of(key: &PlainKey) -> ([Named<'_, G1_LEN>; 3], [Named<'_, G2_LEN>; 3]) {
    let [ic0, ic1] = &key.ic;
    (
        [(KeyPoint::Alpha, &key.alpha_g1), (KeyPoint::Ic0, ic0), (KeyPoint::Ic1, ic1)],
        [(KeyPoint::Beta, &key.beta_g2), (KeyPoint::Gamma, &key.gamma_g2), (KeyPoint::Delta, &key.delta_g2)],
    )
}

fn check_points<const N: usize>(
    g1: &[Named<'_, G1_LEN>; N],
    g2: &[Named<'_, G2_LEN>; N],
) -> Result<(), KeyError> {
    g1.iter().try_for_each(|(point, bytes)| check_encoding(*point, &bytes[..]))?;
    g2.iter().try_for_each(|(point, bytes)| check_encoding(*point, &bytes[..]))?;
    check_independent(g2)?;
    let [_alpha, ic @ ..] = &g1[..] else { return Ok(()) };
    check_independent(ic)?;
    check_groups(g1, g2)
}

/// One product of pairings takes all the points through the runtime's checks; only a refusal is looked into.
#[inline(never)]
fn check_groups<const N: usize>(
    g1: &[Named<'_, G1_LEN>; N],
    g2: &[Named<'_, G2_LEN>; N],
) -> Result<(), KeyError> {
    let mut input = [[0; G1_LEN + G2_LEN]; N];
    for (pair, ((_, p), (_, q))) in input.iter_mut().zip(g1.iter().zip(g2)) {
        let (left, right) = pair.split_at_mut(G1_LEN);
        left.copy_from_slice(&p[..]);
        right.copy_from_slice(&q[..]);
    }
    if pairing(input.as_flattened()).is_some() {
        return Ok(());
    }
    g1.iter().try_for_each(|(point, bytes)| check_g1(*point, bytes))?;
    g2.iter().try_for_each(|(point, bytes)| check_g2(*point, bytes))?;
    Err(KeyError::Syscall)
}

#[inline(never)]
fn check_g1(point: KeyPoint, bytes: &[u8; G1_LEN]) -> Result<(), KeyError> {
    let mut input = [0; 2 * G1_LEN]; // the point plus the identity
    input.split_at_mut(G1_LEN).0.copy_from_slice(bytes);
    g1_add(&input).map(drop).ok_or(KeyError::NotOnCurve(point))
}

#[inline(never)]
pub(super) fn check_g2(point: KeyPoint, bytes: &[u8; G2_LEN]) -> Result<(), KeyError> {
    let mut input = [0; 2 * G2_LEN]; // addition checks the curve's equation, a pairing the subgroup as well
    input.split_at_mut(G2_LEN).0.copy_from_slice(bytes);
    g2_add(&input).ok_or(KeyError::NotOnCurve(point))?;
    let mut input = [0; G1_LEN + G2_LEN]; // the identity of G1 in front
    input.split_at_mut(G1_LEN).1.copy_from_slice(bytes);
    pairing(&input).map(drop).ok_or(KeyError::NotInSubgroup(point))
}

pub(super) fn check_encoding(point: KeyPoint, bytes: &[u8]) -> Result<(), KeyError> {
    if is_zero(bytes) {
        return Err(KeyError::Identity(point));
    }
    if bytes.as_chunks::<32>().0.iter().any(|coordinate| *coordinate >= BASE_MODULUS) {
        return Err(KeyError::NotCanonical(point));
    }
    Ok(())
}

/// No two of the points share x: two points do exactly when they are equal or opposite, and y decides which.
pub(super) fn check_independent<const N: usize>(points: &[Named<'_, N>]) -> Result<(), KeyError> {
    for (index, &(left, p)) in points.iter().enumerate() {
        let (p_x, p_y) = p.split_at(N / 2);
        for &(right, q) in points.iter().skip(index + 1) {
            let (q_x, q_y) = q.split_at(N / 2);
            match (p_x == q_x, p_y == q_y) {
                (true, true) => return Err(KeyError::Equal(left, right)),
                (true, false) => return Err(KeyError::Opposite(left, right)),
                (false, _) => {}
            }
        }
    }
    Ok(())
}
