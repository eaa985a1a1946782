//! A gate that opens for who proves that a model gives at least a threshold: the smallest program that acts on a proof,
//! with the crates of `solana-program`.
//!
//! It shows what `examples/anchor` shows: a nonce and a deadline in the context, terms that are the gate's and not the
//! visitor's, and a rule on the proven output. An opening may leave a receipt of its statement.
//!
//! ```text
//! create = 0 | model 32 | domain 32 | threshold: i64 | setups: u8
//!          accounts: 0. [signer, writable] gate, owned by this program and all zeros
//! open   = 1 | expires at: i64 | proof length: u16 | proof | limbs, 32 bytes each
//!          accounts: 0. [signer] visitor, 1. [writable] gate, 2. [] model, 3. [] verifier program
//! open, with a receipt = 2 | as above, the proof empty where there is a receipt
//!          accounts: 0. [signer, writable] visitor, 1. [writable] gate, 2. [writable] model, 3. [writable] receipt,
//!                    4. [] system program, 5. [] verifier program
//! ```
//!
//! Numbers are little-endian.

#![allow(unsafe_code)] // the entrypoint that the macro generates; there is no other

use assay_cpi::{Claim, Expect, Key, Proven, RecordAccounts, Setups, Tensor, sha256};
use bytemuck::{Pod, Zeroable};
use solana_account_info::AccountInfo;
use solana_address::{Address, declare_id};
use solana_clock::Clock;
use solana_get_sysvar::GetSysvar;
use solana_program_error::{ProgramError, ProgramResult};

declare_id!("ANvWKbnapCRj9akLKy1n3h8EAQSQZ2oWhkRMANgFXYuD");

/// Longest life of a proof, in seconds.
pub const MAX_LIFETIME: i64 = 300;

/// The model's input: one value of 8 bits.
pub const INPUT: Tensor<1> = Tensor::at(0, 8);
/// The model's output: one value of 8 bits, in the limb behind the input.
pub const OUTPUT: Tensor<1> = Tensor::at(INPUT.end(), 8);

/// A gate, as its account holds it.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub struct Gate {
    /// How often it was opened: the nonce of the next opening.
    pub opened: u64,
    /// Least output that opens it.
    pub threshold: i64,
    /// The model whose proofs open it.
    pub model: [u8; 32],
    /// Domain of the model's statements.
    pub domain: [u8; 32],
    /// Setups whose keys will do: 1 for development, 2 for ceremony. 0 in an account that is no gate yet.
    pub setups: u8,
    /// Zeros.
    pub reserved: [u8; 7],
}

/// Why the gate stays closed; the errors of the verifier and of `assay-cpi` pass through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum GateError {
    /// The terms name no setup that exists.
    Terms = 8000,
    /// The deadline has passed, or lies too far ahead.
    Deadline = 8001,
    /// The proven output is less than the gate asks for.
    BelowThreshold = 8002,
}

impl From<GateError> for ProgramError {
    fn from(error: GateError) -> Self {
        Self::Custom(error as u32)
    }
}

#[cfg(all(target_os = "solana", not(feature = "no-entrypoint")))]
solana_program_entrypoint::entrypoint!(process);

/// Runs an instruction.
///
/// # Errors
/// The gate stays closed: see [`GateError`].
pub fn process(program: &Address, accounts: &[AccountInfo<'_>], data: &[u8]) -> ProgramResult {
    match (data.split_first(), accounts) {
        (Some((0, data)), [gate, ..]) => create(program, gate, data),
        (Some((1, data)), [visitor, gate, model, ..]) => {
            open(program, visitor, gate, data, |claim, expect| assay_cpi::verify(model, claim, expect))
        }
        (Some((2, data)), [visitor, gate, model, receipt, system_program, ..]) => {
            let accounts = RecordAccounts { payer: visitor, model, receipt, system_program };
            open(program, visitor, gate, data, |claim, expect| assay_cpi::record(&accounts, claim, expect))
        }
        _ => Err(ProgramError::InvalidInstructionData),
    }
}

fn create(program: &Address, gate: &AccountInfo<'_>, data: &[u8]) -> ProgramResult {
    let terms = Terms::parse(data).ok_or(ProgramError::InvalidInstructionData)?;
    if Setups::from_bits(terms.setups).is_none() {
        return Err(GateError::Terms.into());
    }
    if !gate.is_signer {
        return Err(ProgramError::MissingRequiredSignature);
    }
    update(program, gate, |state| {
        if state.setups != 0 {
            return Err(ProgramError::AccountAlreadyInitialized);
        }
        let Terms { model, domain, threshold, setups } = terms;
        *state = Gate { opened: 0, threshold, model: *model, domain: *domain, setups, reserved: [0; 7] };
        Ok(())
    })
}

fn open(
    program: &Address,
    visitor: &AccountInfo<'_>,
    gate: &AccountInfo<'_>,
    data: &[u8],
    prove: impl for<'a> FnOnce(&Claim<'a, [u8; 32]>, &Expect<'_>) -> Result<Proven<'a, [u8; 32]>, ProgramError>,
) -> ProgramResult {
    let Opening { expires_at, proof, limbs } =
        Opening::parse(data).ok_or(ProgramError::InvalidInstructionData)?;
    if !visitor.is_signer {
        return Err(ProgramError::MissingRequiredSignature);
    }
    let left = expires_at.checked_sub(Clock::get()?.unix_timestamp).ok_or(GateError::Deadline)?;
    if !(0..=MAX_LIFETIME).contains(&left) {
        return Err(GateError::Deadline.into());
    }
    update(program, gate, |state| {
        let context = context(gate.key, visitor.key, state.opened, expires_at);
        let expect = Expect {
            model: &state.model,
            key: Key::OfModel, // who created the gate looked at the model
            domain: &state.domain,
            setups: Setups::from_bits(state.setups).ok_or(ProgramError::UninitializedAccount)?,
        };
        let proven = prove(&Claim { proof, context: &context, limbs }, &expect)?;

        let [value] = proven.values(&OUTPUT)?;
        if value < state.threshold {
            return Err(GateError::BelowThreshold.into());
        }
        state.opened = state.opened.checked_add(1).ok_or(ProgramError::ArithmeticOverflow)?;
        Ok(())
    })
}

/// Has `change` change the gate in place, if the account is this program's.
fn update(
    program: &Address,
    gate: &AccountInfo<'_>,
    change: impl FnOnce(&mut Gate) -> ProgramResult,
) -> ProgramResult {
    if gate.owner != program {
        return Err(ProgramError::IllegalOwner);
    }
    let mut data = gate.try_borrow_mut_data()?;
    change(bytemuck::try_from_bytes_mut(&mut data).map_err(|_| ProgramError::InvalidAccountData)?)
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

/// What `create` is given.
struct Terms<'a> {
    model: &'a [u8; 32],
    domain: &'a [u8; 32],
    threshold: i64,
    setups: u8,
}

impl<'a> Terms<'a> {
    fn parse(data: &'a [u8]) -> Option<Self> {
        let (model, rest) = data.split_first_chunk()?;
        let (domain, rest) = rest.split_first_chunk()?;
        let (threshold, rest) = rest.split_first_chunk()?;
        let &[setups] = rest else { return None };
        Some(Self { model, domain, threshold: i64::from_le_bytes(*threshold), setups })
    }
}

/// What `open` is given.
struct Opening<'a> {
    expires_at: i64,
    proof: &'a [u8],
    limbs: &'a [[u8; 32]],
}

impl<'a> Opening<'a> {
    fn parse(data: &'a [u8]) -> Option<Self> {
        let (expires_at, rest) = data.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let (proof, rest) = rest.split_at_checked(u16::from_le_bytes(*length).into())?;
        let (limbs, []) = rest.as_chunks() else { return None };
        Some(Self { expires_at: i64::from_le_bytes(*expires_at), proof, limbs })
    }
}
