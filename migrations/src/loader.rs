//! Programs on a cluster, as Solana's upgradeable loader keeps them.

use assay_chain::transaction::{Budget, Hash, Unsigned};
use assay_host::Account;
use assay_interface::bytes::Hex;
use assay_interface::sha256;
use solana_address::Address;
use solana_instruction::Instruction;
use solana_loader_v3_interface::instruction as loader;
use solana_loader_v3_interface::state::UpgradeableLoaderState as State;
use solana_loader_v3_interface::{get_program_data_address, instruction::MINIMUM_EXTEND_PROGRAM_BYTES};
use solana_system_interface::instruction as system;

use crate::error::{Result, Stop};

/// The loader.
pub const LOADER: Address = Address::from_str_const("BPFLoaderUpgradeab1e11111111111111111111111");
/// Bytes of a transaction of version 0.
const LONGEST: usize = 1_232;
/// Digits of a buffer's seed: as many as a seed may have.
const SEED: usize = 32;

/// A program that is deployed.
#[derive(Debug)]
pub struct Deployed {
    /// Who may upgrade it; nobody where it is final.
    pub authority: Option<Address>,
    /// Its bytes, with the zeros behind them.
    pub bytes: Vec<u8>,
}

/// The parts of a deployment of some bytes at an address.
#[derive(Clone, Copy, Debug)]
pub struct Upload<'a> {
    /// Who pays.
    pub payer: Address,
    /// Who may upgrade the program; signs.
    pub authority: Address,
    /// The program.
    pub program: Address,
    /// What it becomes.
    pub bytes: &'a [u8],
}

/// Where a program's bytes are kept.
pub fn data_address(program: &Address) -> Address {
    get_program_data_address(program)
}

/// The program whose accounts these are; none where there is none.
///
/// # Errors
/// Something else is at the address, or the program was closed.
pub fn deployed(
    program: &Address,
    account: Option<&Account>,
    data: Option<&Account>,
) -> Result<Option<Deployed>> {
    let Some(account) = account else { return Ok(None) };
    let another = || {
        Stop::new(
            format!(
                "at the address of the program, {program}, is something else, which {} owns",
                account.owner
            ),
            "a program has an address of its own: make another key pair for it (migrations/README.md, program ids)",
        )
    };
    if account.owner != LOADER {
        return Err(another());
    }
    match state(account) {
        Some(State::Program { programdata_address }) if programdata_address == data_address(program) => {}
        _ => return Err(another()),
    }
    let data = data.filter(|data| data.owner == LOADER);
    match data.map(|data| (state(data), data.data.get(State::size_of_programdata_metadata()..))) {
        Some((Some(State::ProgramData { upgrade_authority_address, .. }), Some(bytes))) => {
            Ok(Some(Deployed { authority: upgrade_authority_address, bytes: bytes.to_vec() }))
        }
        _ => Err(Stop::new(
            format!("the program at {program} was closed"),
            "that is for good: a program has an address of its own, so make another key pair for it",
        )),
    }
}

impl Deployed {
    /// SHA-256 of its bytes as a file has them. How long the file was nobody wrote down: files of programs end at a multiple of eight, with less than eight
    /// zeros.
    pub fn digest(&self) -> [u8; 32] {
        let last = self.bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        sha256(&[self.bytes.get(..last.next_multiple_of(8)).unwrap_or(&self.bytes)])
    }

    /// Whether these are its bytes.
    pub fn holds(&self, bytes: &[u8]) -> bool {
        self.bytes.strip_prefix(bytes).is_some_and(|rest| rest.iter().all(|byte| *byte == 0))
    }
}

impl Upload<'_> {
    /// The buffer's seed: of what it is for. So a run that was killed finds its own again, and nobody else can make it.
    fn seed(&self) -> String {
        let digest = sha256(&[self.program.as_ref(), self.bytes]);
        Hex(&digest).to_string().chars().take(SEED).collect()
    }

    /// The buffer's address.
    ///
    /// # Errors
    /// There is none: a defect.
    pub fn buffer(&self) -> Result<Address> {
        Address::create_with_seed(&self.authority, &self.seed(), &LOADER).map_err(|error| {
            Stop::new(format!("no address of a buffer: {error:?}"), "this is a defect: please report it")
        })
    }

    /// Bytes of the buffer's account.
    pub fn buffer_length(&self) -> usize {
        State::size_of_buffer(self.bytes.len())
    }

    /// Bytes of the account with the program's bytes.
    pub fn data_length(&self) -> usize {
        State::size_of_programdata(self.bytes.len())
    }

    /// Makes the buffer.
    ///
    /// # Errors
    /// As [`Upload::buffer`].
    pub fn create_buffer(&self, lamports: u64) -> Result<Vec<Instruction>> {
        let buffer = self.buffer()?;
        let length = u64::try_from(self.buffer_length()).unwrap_or(u64::MAX);
        // In one step it would be refused where somebody sent SOL to the address, which anybody can compute.
        let create = [
            system::transfer(&self.payer, &buffer, lamports),
            system::allocate_with_seed(&buffer, &self.authority, &self.seed(), length, &LOADER),
        ];
        let initialize =
            loader::create_buffer(&self.payer, &buffer, &self.authority, lamports, self.bytes.len());
        // Its first instruction makes an account with a key of its own.
        let initialize = initialize.map_err(|error| defect(&error))?.into_iter().skip(1);
        Ok(create.into_iter().chain(initialize).collect())
    }

    /// Writes whatever of the bytes the buffer does not hold yet, in pieces that fit a transaction.
    ///
    /// # Errors
    /// The account is no buffer of these bytes, or not the authority's.
    pub fn write(&self, buffer: &Account) -> Result<Vec<Instruction>> {
        let address = self.buffer()?;
        let mine = State::Buffer { authority_address: Some(self.authority) };
        let held = buffer.data.get(State::size_of_buffer_metadata()..);
        let held = held.filter(|held| buffer.owner == LOADER && held.len() == self.bytes.len());
        let (Some(held), true) = (held, state(buffer) == Some(mine)) else {
            return Err(Stop::new(
                format!("{address} is no buffer of {} that holds {} bytes", self.authority, self.bytes.len()),
                format!(
                    "`solana program close {address}` gives back what it holds; then run the command again"
                ),
            ));
        };
        self.differing(held)
    }

    /// The same for a buffer that is not made yet: it will hold zeros.
    ///
    /// # Errors
    /// As [`Upload::buffer`].
    pub fn write_new(&self) -> Result<Vec<Instruction>> {
        self.differing(&vec![0; self.bytes.len()])
    }

    fn differing(&self, held: &[u8]) -> Result<Vec<Instruction>> {
        let (address, piece) = (self.buffer()?, self.piece()?);
        let pieces = self.bytes.chunks(piece).zip(held.chunks(piece)).enumerate();
        let differing = pieces.filter(|(_, (wanted, held))| wanted != held);
        let write = |(index, (wanted, _)): (usize, (&[u8], &[u8]))| {
            let offset = u32::try_from(index.saturating_mul(piece)).ok()?;
            Some(loader::write(&address, &self.authority, offset, wanted.to_vec()))
        };
        differing.map(|piece| write(piece).ok_or_else(|| defect(&"a program beyond 4 GiB"))).collect()
    }

    /// Most bytes that one transaction writes.
    fn piece(&self) -> Result<usize> {
        const TRIED: usize = 512;
        let write = loader::write(&self.buffer()?, &self.authority, 0, vec![0; TRIED]);
        let budget = Budget { compute_units: 1, price: 1 };
        let size = Unsigned::new(&self.payer, &[write], budget, Hash::default())?.size();
        Ok(LONGEST.saturating_add(TRIED).saturating_sub(size).max(1))
    }

    /// Makes the program of a full buffer, at an address that holds nothing but SOL, or not that either.
    ///
    /// # Errors
    /// It cannot be encoded: a defect.
    pub fn deploy(&self, rent: u64) -> Result<Vec<Instruction>> {
        let (buffer, most) = (self.buffer()?, self.bytes.len());
        let deploy = loader::deploy_with_max_program_len(
            &self.payer,
            &self.program,
            &buffer,
            &self.authority,
            rent,
            most,
            true,
        );
        let mut deploy = deploy.map_err(|error| defect(&error))?;
        // As with the buffer: SOL at the address, whenever it was sent there, keeps nothing from it.
        let length = u64::try_from(State::size_of_program()).unwrap_or(u64::MAX);
        let by_hand = [
            system::transfer(&self.payer, &self.program, rent),
            system::allocate(&self.program, length),
            system::assign(&self.program, &LOADER),
        ];
        deploy.splice(..1, by_hand);
        Ok(deploy)
    }

    /// Puts a full buffer's bytes in place of the program's.
    ///
    /// # Errors
    /// As [`Upload::buffer`].
    pub fn upgrade(&self) -> Result<Instruction> {
        Ok(loader::upgrade(&self.program, &self.buffer()?, &self.authority, &self.payer, true))
    }

    /// Gives back what a buffer holds.
    ///
    /// # Errors
    /// As [`Upload::buffer`].
    pub fn close(&self) -> Result<Instruction> {
        Ok(loader::close(&self.buffer()?, &self.payer, &self.authority, false))
    }

    /// Makes room behind `held` bytes, and how many more; none where there is enough.
    pub fn extend(&self, held: usize) -> Option<(Instruction, usize)> {
        let more = self.bytes.len().checked_sub(held).filter(|more| *more > 0)?;
        // Less is refused.
        let more = u32::try_from(more).unwrap_or(u32::MAX).max(MINIMUM_EXTEND_PROGRAM_BYTES);
        let extend = loader::extend_program(&self.program, Some(&self.payer), more);
        Some((extend, usize::try_from(more).unwrap_or(usize::MAX)))
    }
}

/// Gives the right to upgrade a program to somebody else.
pub fn hand_over(program: &Address, from: &Address, to: &Address) -> Instruction {
    loader::set_upgrade_authority(program, from, Some(to))
}

/// What an account of the loader's says of itself.
fn state(account: &Account) -> Option<State> {
    let most = State::size_of_programdata_metadata().min(account.data.len());
    wincode::deserialize(account.data.get(..most)?).ok()
}

fn defect(error: &dyn std::fmt::Display) -> Stop {
    Stop::new(
        format!("the loader's instruction cannot be made: {error}"),
        "this is a defect: please report it",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upload(bytes: &[u8]) -> Upload<'_> {
        let [payer, authority, program] = [1, 2, 3].map(|byte| Address::new_from_array([byte; 32]));
        Upload { payer, authority, program, bytes }
    }

    fn buffer(upload: &Upload<'_>, held: &[u8]) -> Account {
        let mut data =
            wincode::serialize(&State::Buffer { authority_address: Some(upload.authority) }).unwrap();
        data.extend_from_slice(held);
        Account { owner: LOADER, data }
    }

    #[test]
    fn only_what_differs_is_written_and_each_piece_fills_a_transaction() {
        let bytes: Vec<u8> = (0..5_000_u32).map(|index| (index % 250) as u8 + 1).collect();
        let upload = upload(&bytes);
        let piece = upload.piece().unwrap();
        let all = upload.write(&buffer(&upload, &[0; 5_000])).unwrap();
        assert_eq!(all.len(), bytes.len().div_ceil(piece));
        for price in [0, 1] {
            let budget = Budget { compute_units: 3_000, price };
            let size = |call: &Instruction| {
                Unsigned::new(&upload.payer, std::slice::from_ref(call), budget, Hash::default())
                    .unwrap()
                    .size()
            };
            assert!(all.iter().all(|call| size(call) <= LONGEST));
            assert!(size(&all[0]) + 16 > LONGEST, "{}", size(&all[0]));
        }
        let mut held = bytes.clone();
        held[piece] ^= 1;
        assert_eq!(upload.write(&buffer(&upload, &held)).unwrap(), [all[1].clone()]);
        assert!(upload.write(&buffer(&upload, &bytes)).unwrap().is_empty());
    }

    #[test]
    fn a_buffer_of_others_or_of_other_bytes_is_refused() {
        let upload = upload(&[7; 100]);
        let good = buffer(&upload, &[0; 100]);
        upload.write(&good).unwrap();
        let mut theirs = good.clone();
        theirs.data[6] ^= 1;
        for wrong in [theirs, buffer(&upload, &[0; 99]), Account { owner: Address::default(), ..good }] {
            assert!(upload.write(&wrong).unwrap_err().remedy.unwrap().contains("solana program close"));
        }
    }

    #[test]
    fn zeros_behind_the_bytes_are_none_of_them() {
        let deployed = |bytes: &[u8]| Deployed { authority: None, bytes: bytes.to_vec() };
        assert!(deployed(b"ab\0\0").holds(b"ab") && deployed(b"ab").holds(b"ab"));
        assert!(!deployed(b"abc").holds(b"ab") && !deployed(b"a").holds(b"ab"));
    }
}
