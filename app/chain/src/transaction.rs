//! From instructions to the bytes of a transaction.

use assay_host::compute_budget;
use solana_address::Address;
use solana_instruction::Instruction;
use solana_message::v1::{self, TransactionConfig};
use solana_message::{VersionedMessage, v0};
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;

use crate::error::{Error, Result};

pub use solana_message::Hash;

/// Most compute units of a transaction.
pub const MOST_COMPUTE_UNITS: u32 = 1_400_000;
/// Lamports for each signature.
const FEE: u64 = 5_000;
/// Bytes of accounts that a transaction of version 1 may load: the programs, mostly.
const LOADED_BYTES: u32 = 64 << 20;
/// Bytes of the longest transaction of versions 0 and 1.
const MOST: [usize; 2] = [1_232, 4_096];

/// What a transaction is allowed, and what it pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Most compute units.
    pub compute_units: u32,
    /// Micro-lamports for each of them, beyond the fee for signatures.
    pub price: u64,
}

impl Budget {
    /// Lamports for being early, rounded up.
    pub(crate) fn priority(self) -> u64 {
        let micro = u128::from(self.price) * u128::from(self.compute_units);
        u64::try_from(micro.div_ceil(1_000_000)).unwrap_or(u64::MAX)
    }

    /// Lamports of fees for a transaction with this many signatures.
    pub fn fee(self, signatures: usize) -> u64 {
        let signatures = u64::try_from(signatures).unwrap_or(u64::MAX);
        signatures.saturating_mul(FEE).saturating_add(self.priority())
    }
}

/// A transaction without signatures: of version 0 where it fits, else of version 1, which is longer.
#[derive(Clone, Debug)]
pub struct Unsigned(VersionedMessage);

impl Unsigned {
    /// The transaction that does `instructions`, in this order, and that `payer` pays for.
    ///
    /// # Errors
    /// [`Error::TooLong`]; [`Error::Build`] where there are too many accounts.
    pub fn new(
        payer: &Address,
        instructions: &[Instruction],
        budget: Budget,
        blockhash: Hash,
    ) -> Result<Self> {
        let failed = |error: &dyn std::fmt::Display| Error::Build(error.to_string());
        let mut with_budget = vec![compute_budget::limit(budget.compute_units)];
        if budget.price > 0 {
            with_budget.push(compute_budget::price(budget.price));
        }
        with_budget.extend_from_slice(instructions);
        let short = v0::Message::try_compile(payer, &with_budget, &[], blockhash);
        let short = Self(VersionedMessage::V0(short.map_err(|error| failed(&error))?));
        let [most_short, most_long] = MOST;
        if short.size() <= most_short {
            return Ok(short);
        }
        let config = TransactionConfig::empty()
            .with_priority_fee(budget.priority())
            .with_compute_unit_limit(budget.compute_units)
            .with_loaded_accounts_data_size_limit(LOADED_BYTES);
        let long = v1::Message::try_compile_with_config(payer, instructions, blockhash, config);
        let long = Self(VersionedMessage::V1(long.map_err(|error| failed(&error))?));
        match long.size() {
            size if size > most_long => Err(Error::TooLong { size, most: most_long }),
            _ => Ok(long),
        }
    }

    /// Whether it is of version 1, since it does not fit version 0.
    pub fn is_long(&self) -> bool {
        matches!(self.0, VersionedMessage::V1(_))
    }

    /// Signatures that it wants.
    pub fn signatures(&self) -> usize {
        usize::from(self.0.header().num_required_signatures)
    }

    /// Bytes, signatures included.
    pub fn size(&self) -> usize {
        self.wire().len()
    }

    /// The programs of its instructions, in order.
    pub fn programs(&self) -> Vec<Address> {
        let keys = self.0.static_account_keys();
        let program = |index: u8| keys.get(usize::from(index)).copied().unwrap_or_default();
        self.0.instructions().iter().map(|instruction| program(instruction.program_id_index)).collect()
    }

    /// The bytes with zeros for signatures, as a simulation takes them.
    pub fn wire(&self) -> Vec<u8> {
        let signatures = vec![Default::default(); self.signatures()];
        wire(&VersionedTransaction { signatures, message: self.0.clone() })
    }

    /// The signed transaction: its signature, and its bytes.
    ///
    /// # Errors
    /// [`Error::Build`]: a key is missing.
    pub fn sign(self, keys: &[&dyn Signer]) -> Result<(String, Vec<u8>)> {
        let mut distinct: Vec<&dyn Signer> = Vec::new();
        for key in keys.iter().copied() {
            if distinct.iter().all(|known| known.pubkey() != key.pubkey()) {
                distinct.push(key);
            }
        }
        let signed = VersionedTransaction::try_new(self.0, &distinct);
        let signed = signed.map_err(|error| Error::Build(error.to_string()))?;
        let signature = signed.signatures.first().map(ToString::to_string).unwrap_or_default();
        Ok((signature, wire(&signed)))
    }
}

/// The bytes of a transaction. Versions differ in where the signatures stand.
fn wire(transaction: &VersionedTransaction) -> Vec<u8> {
    let message = transaction.message.serialize();
    let signatures = transaction.signatures.iter().flat_map(|signature| signature.as_ref().to_vec());
    match transaction.message {
        VersionedMessage::V1(_) => message.into_iter().chain(signatures).collect(),
        VersionedMessage::Legacy(_) | VersionedMessage::V0(_) => {
            // One byte: there is no room for more than 19 signatures.
            let count = u8::try_from(transaction.signatures.len()).unwrap_or(u8::MAX);
            std::iter::once(count).chain(signatures).chain(message).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use solana_keypair::Keypair;

    use super::*;

    fn call(bytes: usize) -> Instruction {
        Instruction {
            program_id: Address::new_from_array([7; 32]),
            accounts: Vec::new(),
            data: vec![1; bytes],
        }
    }

    fn unsigned(bytes: usize) -> Result<Unsigned> {
        let budget = Budget { compute_units: 1_000, price: 5 };
        Unsigned::new(&Address::new_from_array([1; 32]), &[call(bytes)], budget, Hash::default())
    }

    #[test]
    fn the_shortest_version_that_holds_the_instructions() {
        assert_eq!(unsigned(100).unwrap().wire().first(), Some(&1));
        let is_short = |bytes: usize| !unsigned(bytes).unwrap().is_long();
        let most = (1..1_232).rev().find(|bytes| is_short(*bytes)).unwrap();
        assert_eq!(unsigned(most).unwrap().size(), 1_232);
        assert!(unsigned(most + 1).unwrap().is_long());
        assert!(matches!(unsigned(4_096), Err(Error::TooLong { most: 4_096, .. })));
    }

    #[test]
    fn fees_are_a_signatures_and_the_limits_price_rounded_up() {
        let budget = |compute_units, price| Budget { compute_units, price };
        assert_eq!(budget(200_000, 0).fee(2), 10_000);
        assert_eq!(budget(1, 1).fee(1), 5_001);
        assert_eq!(budget(100_000, 2_500).fee(1), 5_250);
        assert_eq!(budget(u32::MAX, u64::MAX).fee(1), u64::MAX);
    }

    #[test]
    fn whoever_signs_twice_signs_once() {
        let key = Keypair::new();
        let budget = Budget { compute_units: 1_000, price: 0 };
        let unsigned = Unsigned::new(&key.pubkey(), &[call(1)], budget, Hash::default()).unwrap();
        let (signature, wire) = unsigned.clone().sign(&[&key, &key]).unwrap();
        assert_eq!(wire.len(), unsigned.size());
        assert!(signature.len() > 80);
        assert!(matches!(unsigned.sign(&[&Keypair::new()]), Err(Error::Build(_))));
    }
}
