//! The bytes of a batch: how long its parts are, reading and writing.
//!
//! ```text
//! batch  = n u8 | C 64 | [K 64] | n members
//! member = -A 64 | B 128 | [D 64] | context 32 | limbs, 32 each, big-endian
//! ```
//!
//! What stands in brackets is there for a committed key only. The form and the number of limbs are the model's: the bytes
//! do not repeat them, and have one length for each n.

use alloc::vec::Vec;

use super::error::{BatchError, MAX_PROOFS, ProofFault};
use crate::{
    field::Scalar,
    groth16::forms::{Form, G1_LEN, G2_LEN},
    statement::digest_of_encoded,
};

/// Bytes of the count.
const COUNT_LEN: usize = 1;
/// Bytes of a context, and of a limb.
const WORD: usize = 32;

/// The widths of a batch's parts: a model's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Form of the model's key.
    pub form: Form,
    /// Limbs of the model's statements.
    pub limbs: usize,
}

impl Layout {
    /// Bytes of a member's points.
    pub const fn points_len(self) -> usize {
        match self.form {
            Form::Plain => G1_LEN + G2_LEN,
            Form::Committed => 2 * G1_LEN + G2_LEN,
        }
    }

    /// Bytes of the sums C and K.
    pub const fn sums_len(self) -> usize {
        match self.form {
            Form::Plain => G1_LEN,
            Form::Committed => 2 * G1_LEN,
        }
    }

    /// Bytes of a member.
    pub const fn member_len(self) -> usize {
        self.points_len().saturating_add(WORD).saturating_add(self.limbs.saturating_mul(WORD))
    }

    /// Bytes of a batch of `proofs`.
    pub const fn len(self, proofs: usize) -> usize {
        (COUNT_LEN + self.sums_len()).saturating_add(self.member_len().saturating_mul(proofs))
    }

    /// Most proofs that fit `bytes`.
    pub const fn most_within(self, bytes: usize) -> usize {
        let most = bytes.saturating_sub(COUNT_LEN + self.sums_len()) / self.member_len();
        if most < MAX_PROOFS { most } else { MAX_PROOFS }
    }
}

/// A batch where it lies, without a copy. Its parts have their places; nothing else is checked.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    layout: Layout,
    count: usize,
    /// C = sum r_i C_i.
    pub(super) c: &'a [u8; G1_LEN],
    /// K = sum r_i PoK_i, under a committed key.
    pub(super) knowledge: Option<&'a [u8; G1_LEN]>,
    members: &'a [u8],
}

impl<'a> Batch<'a> {
    /// The batch that `bytes` hold for a model of this layout.
    ///
    /// # Errors
    /// [`BatchError::Count`] and [`BatchError::Length`].
    pub fn read(bytes: &'a [u8], layout: Layout) -> Result<Batch<'a>, BatchError> {
        let length = |expected| BatchError::Length { expected, given: bytes.len() };
        let (&count, rest) = bytes.split_first().ok_or(length(layout.len(1)))?;
        let count = usize::from(count);
        if count == 0 || count > MAX_PROOFS {
            return Err(BatchError::Count(count));
        }
        let expected = layout.len(count);
        if bytes.len() != expected {
            return Err(length(expected));
        }
        let (c, rest) = rest.split_first_chunk().ok_or(length(expected))?;
        let (knowledge, members) = split_commitment(layout.form, rest).ok_or(length(expected))?;
        Ok(Batch { layout, count, c, knowledge, members })
    }

    /// Its widths.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// Proofs of the batch: 1 to [`MAX_PROOFS`].
    pub fn count(&self) -> usize {
        self.count
    }

    /// The members, in order.
    pub fn members(&self) -> Members<'a> {
        Members { layout: self.layout, rest: self.members }
    }

    /// The digest of each member's statement, under the model's domain.
    ///
    /// # Errors
    /// [`BatchError::Proof`]: a limb is not canonical.
    pub fn digests(&self, domain: &Scalar) -> Result<Vec<Scalar>, BatchError> {
        let mut digests = Vec::with_capacity(self.count);
        for (index, member) in self.members().enumerate() {
            let digest = digest_of_encoded(domain, member.context, member.limbs)
                .map_err(|error| BatchError::Proof { index, fault: ProofFault::Statement(error) })?;
            digests.push(digest);
        }
        Ok(digests)
    }
}

/// A proof of a batch, without what the batch sums, and its statement.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    /// -A, B and, if there is one, D: what the seed binds.
    pub(super) points: &'a [u8],
    pub(super) a_negated: &'a [u8; G1_LEN],
    pub(super) b: &'a [u8; G2_LEN],
    pub(super) commitment: Option<&'a [u8; G1_LEN]>,
    /// What the proof is for.
    pub context: &'a [u8; WORD],
    /// The limbs of its statement, as they arrived.
    pub limbs: &'a [[u8; WORD]],
}

/// The members of a batch.
#[derive(Clone, Debug)]
pub struct Members<'a> {
    layout: Layout,
    rest: &'a [u8],
}

impl<'a> Iterator for Members<'a> {
    type Item = Member<'a>;

    #[inline]
    fn next(&mut self) -> Option<Member<'a>> {
        let (points, rest) = self.rest.split_at_checked(self.layout.points_len())?;
        let (context, rest) = rest.split_first_chunk()?;
        let (limbs, rest) = rest.split_at_checked(WORD.checked_mul(self.layout.limbs)?)?;
        self.rest = rest;
        let (a_negated, others) = points.split_first_chunk()?;
        let (b, others) = others.split_first_chunk()?;
        let (commitment, _) = split_commitment(self.layout.form, others)?;
        Some(Member { points, a_negated, b, commitment, context, limbs: limbs.as_chunks().0 })
    }
}

/// The point that only a commitment brings, and what follows it.
#[inline]
fn split_commitment(form: Form, bytes: &[u8]) -> Option<(Option<&[u8; G1_LEN]>, &[u8])> {
    match form {
        Form::Plain => Some((None, bytes)),
        Form::Committed => bytes.split_first_chunk().map(|(point, rest)| (Some(point), rest)),
    }
}
