//! A gate that opens for who proves that a model gives at least a threshold: the smallest program that acts on a proof,
//! with Anchor.
//!
//! What it shows, in the order of [`open`](assay_example_anchor::open):
//! - **nonce**: the context holds how often the gate was opened, so opening it makes every proof for it worthless;
//! - **freshness**: the context holds a deadline, and a proof opens only in the [`MAX_LIFETIME`] seconds before its own. That
//!   bounds its use; how old its inputs are, only inputs with a time of their own would say;
//! - **binding**: the context holds the program, the gate and the visitor, so a proof is of no use to anybody else;
//! - **terms**: the model, the domain of its statements and the accepted setups are the gate's, not the visitor's;
//! - **rule**: what decides is the proven output, decoded as the model's schema packs it.
//!
//! [`open_with_receipt`](assay_example_anchor::open_with_receipt) does the same and leaves a receipt; a receipt that somebody
//! else left first does not stop it, and spares it the proof. [`create_strict`](assay_example_anchor::create_strict) asks more
//! of a model before it is taken up: that nobody can stop it, and that attestors whom the gate's creator trusts looked at
//! its ceremony. [`open_together`](assay_example_anchor::open_together) opens it several times with one batch of proofs: each opening has
//! its own nonce, and the digests that the batch must prove are the gate's, not the visitor's.

#![allow(unsafe_code)] // the entrypoint that `#[program]` generates; there is no other

extern crate alloc;

use alloc::vec::Vec;

use anchor_lang::prelude::*;
use assay_cpi::{
    BatchClaim, Claim, Expect, Key, Proven, RecordAccounts, Scalar, Setups, Tensor, require_attested,
    require_immutable, sha256,
};
use assay_program::bounded;

declare_id!("AGaxTZRPbswRXDqfmNEU8A5x5JUuH8cY6GNkuUV3XxTK");

/// Longest life of a proof, in seconds.
pub const MAX_LIFETIME: i64 = 300;

/// The model's input: one value of 8 bits.
pub const INPUT: Tensor<1> = Tensor::at(0, 8);
/// The model's output: one value of 8 bits, in the limb behind the input.
pub const OUTPUT: Tensor<1> = Tensor::at(INPUT.end(), 8);

/// The gate's instructions.
#[program]
pub mod assay_example_anchor {
    use super::*;

    /// Creates a gate.
    pub fn create(ctx: &mut Context<Create>, terms: Terms) -> Result<()> {
        ctx.accounts.gate.set(terms)
    }

    /// Creates a gate for a model that nobody can stop, and that the set of attestors at `attestor_set` attested.
    pub fn create_strict(ctx: &mut Context<CreateStrict>, terms: Terms, attestor_set: Address) -> Result<()> {
        let CreateStrict { model, set, attestation, gate, .. } = &mut ctx.accounts;
        let expected = terms.model.as_array();
        require_immutable(expected, model.account())?;
        require_attested(attestor_set.as_array(), set.account(), attestation.account(), expected)?;
        gate.set(terms)
    }

    /// Opens the gate for the visitor, with a proof that was made for this opening.
    pub fn open(
        ctx: &mut Context<Open>,
        expires_at: i64,
        proof: bounded::Vec<u8>,
        limbs: bounded::Vec<[u8; 32]>,
    ) -> Result<()> {
        let Open { visitor, gate, model, .. } = &mut ctx.accounts;
        let opening = Opening { visitor: visitor.address(), expires_at, proof: &proof, limbs: &limbs };
        let address = *gate.address();
        gate.open(&address, &opening, |claim, expect| assay_cpi::verify(model.account(), claim, expect))
    }

    /// The same, and leaves a receipt; where there is one, `proof` may be empty.
    pub fn open_with_receipt(
        ctx: &mut Context<OpenWithReceipt>,
        expires_at: i64,
        proof: bounded::Vec<u8>,
        limbs: bounded::Vec<[u8; 32]>,
    ) -> Result<()> {
        let OpenWithReceipt { visitor, gate, model, receipt, system_program, .. } = &mut ctx.accounts;
        let opening = Opening { visitor: visitor.address(), expires_at, proof: &proof, limbs: &limbs };
        let accounts = RecordAccounts {
            payer: visitor.account(),
            model: model.account(),
            receipt: receipt.account(),
            system_program: system_program.account(),
        };
        let address = *gate.address();
        gate.open(&address, &opening, |claim, expect| assay_cpi::record(&accounts, claim, expect))
    }

    /// Opens the gate once for each of `claims`, the model's input and its output, with one batch that proves them all, in
    /// this order.
    pub fn open_together(
        ctx: &mut Context<Open>,
        expires_at: i64,
        batch: bounded::Vec<u8>,
        claims: bounded::Vec<[i64; 2]>,
    ) -> Result<()> {
        let Open { visitor, gate, model, .. } = &mut ctx.accounts;
        let address = *gate.address();
        let digests = gate.digests(&address, visitor.address(), expires_at, &claims)?;
        let claim = BatchClaim { batch: &batch, digests: &digests };
        assay_cpi::verify_batch(model.account(), &claim, &gate.expect()?)?;
        gate.count(claims.iter().map(|[_, output]| *output))
    }
}

/// What somebody brings to open a gate.
struct Opening<'a> {
    visitor: &'a Address,
    expires_at: i64,
    proof: &'a [u8],
    limbs: &'a [[u8; 32]],
}

/// What a proof is for: one opening of one gate by one visitor, until a deadline. Each part has a fixed length.
pub fn context(gate: &Address, visitor: &Address, opened: u64, expires_at: i64) -> [u8; 32] {
    sha256(&[
        b"assay:example:gate:v1\0",
        ID.as_ref(),
        gate.as_ref(),
        visitor.as_ref(),
        &opened.to_le_bytes(),
        &expires_at.to_le_bytes(),
    ])
}

/// What a gate asks for.
#[derive(SchemaWrite, SchemaRead, IdlType)]
pub struct Terms {
    /// The model whose proofs open it.
    pub model: Address,
    /// Domain of the model's statements.
    pub domain: [u8; 32],
    /// Least output that opens it.
    pub threshold: i64,
    /// Setups whose keys will do: 1 for development, 2 for ceremony.
    pub setups: u8,
}

/// A gate.
#[account]
pub struct Gate {
    /// How often it was opened: the nonce of the next opening.
    pub opened: u64,
    /// Least output that opens it.
    pub threshold: i64,
    /// The model whose proofs open it.
    pub model: Address,
    /// Domain of the model's statements.
    pub domain: [u8; 32],
    /// Setups whose keys will do.
    pub setups: u8,
    /// Zeros.
    pub reserved: [u8; 7],
}

impl Gate {
    fn set(&mut self, terms: Terms) -> Result<()> {
        require!(Setups::from_bits(terms.setups).is_some(), GateError::Terms);
        self.model = terms.model;
        self.domain = terms.domain;
        self.threshold = terms.threshold;
        self.setups = terms.setups;
        Ok(())
    }

    /// Opens the gate once, if `prove` finds what the opening claims to be proven.
    fn open(
        &mut self,
        address: &Address,
        opening: &Opening<'_>,
        prove: impl for<'a> FnOnce(&Claim<'a, [u8; 32]>, &Expect<'_>) -> ProgramResult<Proven<'a, [u8; 32]>>,
    ) -> Result<()> {
        let Opening { visitor, expires_at, proof, limbs } = *opening;
        require_fresh(expires_at)?;
        let context = context(address, visitor, self.opened, expires_at);
        let proven = prove(&Claim { proof, context: &context, limbs }, &self.expect()?)?;
        let [value] = proven.values(&OUTPUT).map_err(ProgramError::from)?;
        self.count([value])
    }

    /// The statements that `claims` are about: each with the context of an opening of its own. Nothing of them but the numbers comes
    /// from the visitor.
    fn digests(
        &self,
        address: &Address,
        visitor: &Address,
        expires_at: i64,
        claims: &[[i64; 2]],
    ) -> Result<Vec<Scalar>> {
        require_fresh(expires_at)?;
        let digest = |(opened, [input, output]): (u64, &[i64; 2])| {
            let context = context(address, visitor, opened, expires_at);
            let limbs = [INPUT.pack(&[*input])?, OUTPUT.pack(&[*output])?].concat();
            assay_cpi::digest(&self.domain, &context, &limbs)
        };
        let digests: core::result::Result<_, _> = (self.opened..=u64::MAX).zip(claims).map(digest).collect();
        digests.map_err(ProgramError::from)
    }

    /// The terms that any proof is verified on.
    fn expect(&self) -> Result<Expect<'_>> {
        Ok(Expect {
            model: self.model.as_array(),
            key: Key::OfModel, // who created the gate looked at the model
            domain: &self.domain,
            setups: Setups::from_bits(self.setups).ok_or(GateError::Terms)?,
        })
    }

    /// Counts an opening for each proven output, if all will do.
    fn count(&mut self, outputs: impl IntoIterator<Item = i64>) -> Result<()> {
        for output in outputs {
            require!(output >= self.threshold, GateError::BelowThreshold);
            self.opened = self.opened.checked_add(1).ok_or(ProgramError::ArithmeticOverflow)?;
        }
        Ok(())
    }
}

/// The deadline lies ahead, and not too far.
fn require_fresh(expires_at: i64) -> Result<()> {
    let left = expires_at.checked_sub(Clock::get()?.unix_timestamp).ok_or(GateError::Deadline)?;
    require!((0..=MAX_LIFETIME).contains(&left), GateError::Deadline);
    Ok(())
}

type ProgramResult<T> = core::result::Result<T, ProgramError>;

/// Why the gate stays closed; the errors of the verifier and of `assay-cpi` pass through.
#[error_code(offset = 8000)]
#[derive(Debug, PartialEq, Eq)]
pub enum GateError {
    /// The terms name no setup that exists.
    #[msg("The gate's terms are none")]
    Terms = 0,
    /// The deadline has passed, or lies too far ahead.
    #[msg("The proof's deadline has passed or lies too far ahead")]
    Deadline = 1,
    /// The proven output is less than the gate asks for.
    #[msg("The proven output is below the gate's threshold")]
    BelowThreshold = 2,
}

/// 0. `[signer, writable]` payer, 1. `[signer, writable]` gate, 2. system program.
#[derive(Accounts)]
pub struct Create {
    /// Who pays.
    #[account(mut)]
    pub payer: Signer,
    /// The new gate.
    #[account(init, payer = payer, signer)]
    pub gate: Account<Gate>,
    /// Creates the account.
    pub system_program: Program<System>,
}

/// 0. `[signer, writable]` payer, 1. `[signer, writable]` gate, 2. `[]` model, 3. `[]` set of attestors, 4. `[]` attestation,
/// 5. system program.
#[derive(Accounts)]
pub struct CreateStrict {
    /// Who pays.
    #[account(mut)]
    pub payer: Signer,
    /// The new gate.
    #[account(init, payer = payer, signer)]
    pub gate: Account<Gate>,
    /// The model: `assay_cpi::require_immutable` checks it.
    pub model: UncheckedAccount,
    /// The set of attestors: `assay_cpi::require_attested` checks it.
    pub set: UncheckedAccount,
    /// What the set says of the model: `assay_cpi::require_attested` checks it.
    pub attestation: UncheckedAccount,
    /// Creates the account.
    pub system_program: Program<System>,
}

/// 0. `[signer]` visitor, 1. `[writable]` gate, 2. `[]` model, 3. `[]` verifier program.
#[derive(Accounts)]
pub struct Open {
    /// For whom the gate opens.
    pub visitor: Signer,
    /// The gate.
    #[account(mut)]
    pub gate: Account<Gate>,
    /// The model that the gate trusts: `assay_cpi::verify` checks it.
    pub model: UncheckedAccount,
    /// The verifier program, which must be among the accounts of a call to it.
    pub verifier: UncheckedAccount,
}

/// 0. `[signer, writable]` visitor, 1. `[writable]` gate, 2. `[writable]` model, 3. `[writable]` receipt, 4. system program,
/// 5. `[]` verifier program.
#[derive(Accounts)]
pub struct OpenWithReceipt {
    /// For whom the gate opens, and who pays for the receipt.
    #[account(mut)]
    pub visitor: Signer,
    /// The gate.
    #[account(mut)]
    pub gate: Account<Gate>,
    /// The model that the gate trusts: `assay_cpi::record` checks it.
    #[account(mut)]
    pub model: UncheckedAccount,
    /// The receipt: the verifier checks it.
    #[account(mut)]
    pub receipt: UncheckedAccount,
    /// Creates the receipt.
    pub system_program: Program<System>,
    /// The verifier program, which must be among the accounts of a call to it.
    pub verifier: UncheckedAccount,
}
