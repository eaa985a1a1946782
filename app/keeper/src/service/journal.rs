//! What must survive `kill -9` and a power cut: which transactions may be on their way, and what the ended ones took.
//!
//! An append-only file, one record a line, each with its checksum and on the disk before the call returns. A transaction is reserved
//! against the caps, written down with its signature, and only then handed in; once its fate is known, so is what it took:
//!
//! ```text
//! reserve ---> Reservation ---> sending ---> (hand it in) ---> ended
//!    |             | dropped        | on the disk                  | on the disk
//!    | cap reached v                v                              v
//!    refused    given back    counts in full, restart or not    counts as it took
//! ```
//!
//! One process at a time holds a journal (a lock on `NAME.lock`, which the system releases with the process), for one wallet on one cluster.
//! A last record that a crash cut short is cut off: nothing was handed in for it. Any other damage is an error, for sums that lack a
//! record would let more be spent than the caps. The same holds for a write that fails: from then on nothing is reserved.

mod book;
mod error;
mod file;
mod record;
mod spend;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use solana_address::Address;

use self::{
    book::Book,
    file::{beside, failure, lock, options, sync_folder},
    record::{Outcome, Record, VERSION},
};
pub use self::{
    book::{CapReached, InFlight, Left},
    error::{JournalError, NotReserved},
    spend::{Asset, Cap, Caps, Spend},
};

/// Bytes above which a journal is written anew, sums in place of what ended.
const COMPACT_AT: u64 = 4 << 20;
/// Most bytes of a journal that is read.
const LONGEST: u64 = 256 << 20;

/// Whose journal it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Who pays.
    pub wallet: Address,
    /// The cluster: its genesis hash.
    pub genesis: String,
}

/// How a transaction ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// It was executed.
    Landed {
        /// In which slot.
        slot: u64,
        /// What it took.
        spent: Spend,
    },
    /// It was executed and refused: fees were paid.
    Failed {
        /// In which slot.
        slot: u64,
        /// What it took.
        spent: Spend,
    },
    /// Its blockhash expired, and the whole history shows nothing of it.
    Expired,
    /// Nobody can say: the most that it could spend counts as spent.
    Unknown,
}

/// The journal. Clones are handles of the same one.
#[derive(Clone)]
pub struct Journal(Arc<Mutex<Inner>>);

struct Inner {
    path: PathBuf,
    file: File,
    length: u64,
    compact_at: u64,
    owner: Owner,
    book: Book,
    clock: Clock,
    failed: Option<JournalError>,
    /// Of which assets the cap kept something from being sent, and nothing was since.
    reached: BTreeSet<Asset>,
    /// Held while the journal is.
    _lock: File,
}

/// What a reservation keeps to besides the caps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// What the wallet has of an asset: all that is on its way has to fit into it, or all but one would fail and cost fees.
    pub balance: Option<(Asset, u64)>,
    /// Whether half of the day's lamports is left for others: so nobody who makes work of no gain keeps liquidations out.
    pub leaves_half: bool,
}

/// Unix seconds.
type Clock = Box<dyn FnMut() -> i64 + Send>;

/// Held against the caps for a transaction that is not written down yet. Dropped, it is given back.
#[must_use]
pub struct Reservation {
    journal: Journal,
    id: u64,
    target: Address,
    action: String,
    most: Spend,
}

impl Journal {
    /// Opens a journal, or begins one where there is none.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn open(path: &Path, owner: &Owner, caps: Caps) -> Result<Self, JournalError> {
        // The wall clock is read once: set forward while a keeper runs, it would begin a new day.
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let (wall, since) = (i64::try_from(wall).unwrap_or(i64::MAX), Instant::now());
        let elapsed = move || i64::try_from(since.elapsed().as_secs()).unwrap_or(i64::MAX);
        Self::open_at(path, owner, caps, Box::new(move || wall.saturating_add(elapsed())), COMPACT_AT)
    }

    fn open_at(
        path: &Path,
        owner: &Owner,
        caps: Caps,
        clock: Clock,
        compact_at: u64,
    ) -> Result<Self, JournalError> {
        // Whatever links lead there, one file has one lock, and is what another is renamed over.
        let found = options().open(path).and_then(|_| path.canonicalize());
        let path = found.map_err(|error| failure(path, &error))?;
        let failed = |error: &io::Error| failure(&path, error);
        let lock = lock(&path)?;
        let file = options().read(true).open(&path).map_err(|error| failed(&error))?;
        let mut inner = Inner {
            path: path.clone(),
            file,
            length: 0,
            compact_at,
            owner: owner.clone(),
            book: Book::new(caps),
            clock,
            failed: None,
            reached: BTreeSet::new(),
            _lock: lock,
        };
        inner.replay()?;
        if inner.length == 0 {
            let first = inner.first();
            inner.write(&[first])?;
            sync_folder(&path).map_err(|error| failed(&error))?;
        }
        let now = (inner.clock)();
        if let Some(ahead) = inner.book.set_back(now) {
            tracing::warn!(
                seconds = ahead,
                file = %path.display(),
                "the journal was written by a clock that was ahead: what it counts in a day counts from now on"
            );
            // What is read at the next start is what holds now.
            inner.compact()?;
        }
        inner.advance();
        Ok(Self(Arc::new(Mutex::new(inner))))
    }

    /// Holds the most that a transaction about `target` can spend.
    ///
    /// # Errors
    /// [`NotReserved`].
    pub fn reserve(&self, target: &Address, action: &str, most: Spend) -> Result<Reservation, NotReserved> {
        self.reserve_within(target, action, most, Bounds::default())
    }

    /// The same, within bounds: they are looked at and reserved at one moment, so that of two that fit alone one passes.
    ///
    /// # Errors
    /// [`NotReserved`].
    pub fn reserve_within(
        &self,
        target: &Address,
        action: &str,
        most: Spend,
        bounds: Bounds,
    ) -> Result<Reservation, NotReserved> {
        let mut inner = self.inner();
        inner.usable()?;
        inner.advance();
        if let Some(id) = inner.book.holder(target) {
            return Err(NotReserved::Busy(id));
        }
        if let Some((asset, balance)) = bounds.balance
            && inner.book.held(&asset).saturating_add(most.of(&asset)) > balance
        {
            return Err(NotReserved::Balance { asset, balance });
        }
        let lamports = Asset::Lamports;
        let half = inner.book.caps().of(&lamports).day / 2;
        if bounds.leaves_half && most.of(&lamports) > inner.book.left(&lamports).day.saturating_sub(half) {
            return Err(NotReserved::Half);
        }
        let id = match inner.book.hold(target, &most) {
            Ok(id) => id,
            Err(reached) => {
                inner.reached.insert(reached.asset);
                return Err(reached.into());
            }
        };
        inner.reached.retain(|asset| most.of(asset) == 0);
        Ok(Reservation { journal: self.clone(), id, target: *target, action: action.into(), most })
    }

    /// Notes how a transaction ended, and what it took. What it took counts, be it more than was reserved.
    ///
    /// # Errors
    /// It is not on its way, or the journal cannot be written.
    pub fn ended(&self, id: u64, end: &End) -> Result<(), JournalError> {
        let mut inner = self.inner();
        inner.usable()?;
        inner.advance();
        let most = &inner.book.flight(id).ok_or(JournalError::NotFlying(id))?.most;
        let (outcome, slot, spent) = match end {
            End::Landed { slot, spent } => (Outcome::Landed, Some(*slot), spent.clone()),
            End::Failed { slot, spent } => (Outcome::Failed, Some(*slot), spent.clone()),
            End::Expired => (Outcome::Expired, None, Spend::default()),
            End::Unknown => (Outcome::Unknown, None, most.clone()),
        };
        let record = Record::Ended { id, at: inner.book.now(), outcome, slot, spent: spent.clone() };
        inner.write(&[record])?;
        inner.book.land(id, &spent);
        inner.compact_when_long()
    }

    /// What may be on its way, oldest first. After a restart, each has to be looked up before anything is done about its target.
    pub fn in_flight(&self) -> Vec<InFlight> {
        self.inner().book.flights().cloned().collect()
    }

    /// What the cap leaves of an asset now.
    pub fn left(&self, asset: &Asset) -> Left {
        let mut inner = self.inner();
        inner.advance();
        inner.book.left(asset)
    }

    /// The cap of an asset.
    pub fn cap(&self, asset: &Asset) -> Cap {
        self.inner().book.caps().of(asset)
    }

    /// Whether the cap of an asset kept the last transaction that would have taken of it from being sent.
    pub fn is_reached(&self, asset: &Asset) -> bool {
        self.inner().reached.contains(asset)
    }

    /// The assets that have a cap.
    pub fn assets(&self) -> Vec<Asset> {
        self.inner().book.caps().assets().collect()
    }

    /// What ended transactions took, over the journal's life.
    pub fn spent(&self) -> Spend {
        self.inner().book.spent().clone()
    }

    /// Why nothing is written any more, if that is so.
    pub fn failed(&self) -> Option<JournalError> {
        self.inner().failed.clone()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // No panic can leave the sums half changed: each change is one call.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reservation {
    /// Its number.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Writes down that the transaction is about to be handed in. Once this has returned, it may be.
    ///
    /// # Errors
    /// The journal cannot be written: the transaction must not be handed in.
    pub fn sending(self, signature: &str, last_height: u64) -> Result<InFlight, JournalError> {
        let mut inner = self.journal.inner();
        inner.usable()?;
        inner.advance();
        let flight = InFlight {
            id: self.id,
            target: self.target,
            action: self.action.clone(),
            signature: signature.into(),
            last_height,
            most: self.most.clone(),
            at: inner.book.now(),
        };
        inner.write(&[Record::Sending(flight.clone())])?;
        inner.book.fly(flight.clone());
        inner.compact_when_long()?;
        Ok(flight)
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.journal.inner().book.release(self.id);
    }
}

impl Inner {
    fn first(&self) -> Record {
        let Owner { wallet, genesis } = &self.owner;
        Record::Journal { version: VERSION, wallet: wallet.to_string(), genesis: genesis.clone() }
    }

    fn advance(&mut self) {
        let now = (self.clock)();
        self.book.advance(now);
    }

    fn usable(&self) -> Result<(), JournalError> {
        self.failed.clone().map_or(Ok(()), Err)
    }

    /// Reads what is there, and cuts off a last record that never became whole.
    fn replay(&mut self) -> Result<(), JournalError> {
        let mut bytes = Vec::new();
        let read = (&self.file).take(LONGEST + 1).read_to_end(&mut bytes);
        read.map_err(|error| failure(&self.path, &error))?;
        if bytes.len() as u64 > LONGEST {
            return Err(self.damaged(0, "it is longer than any journal"));
        }
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            let end = rest.iter().position(|byte| *byte == b'\n');
            let (line, after) = match end.and_then(|end| rest.split_at_checked(end + 1)) {
                Some((line, after)) => (line.strip_suffix(b"\n").unwrap_or(line), after),
                None => break,
            };
            match Record::read(line) {
                Some(record) => self.apply(record)?,
                // Of a file that had grown before its bytes were written, a power cut leaves zeros.
                None if after.is_empty() && line.contains(&0) => break,
                None => return Err(self.damaged(self.length, "a record is not as it was written")),
            }
            self.length += (rest.len() - after.len()) as u64;
            rest = after;
        }
        if !rest.is_empty() {
            let cut = self.file.set_len(self.length).and_then(|()| self.file.sync_all());
            cut.map_err(|error| failure(&self.path, &error))?;
        }
        Ok(())
    }

    fn apply(&mut self, record: Record) -> Result<(), JournalError> {
        let is_first = self.length == 0;
        let problem = match record {
            Record::Journal { version, wallet, genesis } if is_first => {
                return self.is_ours(version, &wallet, &genesis);
            }
            _ if is_first => "it does not begin as a journal does",
            Record::Journal { .. } => "it begins twice",
            Record::Sums(sums) => {
                if self.book.resume(sums) {
                    return Ok(());
                }
                "sums stand behind other records"
            }
            Record::Sending(flight) => {
                self.book.advance(flight.at);
                if self.book.fly(flight) {
                    return Ok(());
                }
                "a transaction's number stands twice"
            }
            Record::Ended { id, at, spent, .. } => {
                self.book.advance(at);
                if self.book.land(id, &spent) {
                    return Ok(());
                }
                "a transaction ended that was not on its way"
            }
        };
        Err(self.damaged(self.length, problem))
    }

    fn is_ours(&self, version: u32, wallet: &str, genesis: &str) -> Result<(), JournalError> {
        if version != VERSION {
            let what = format!("version {version}; this keeper reads version {VERSION}");
            return Err(JournalError::File { file: self.path.clone(), what });
        }
        let named = |wallet: &str, genesis: &str| format!("wallet {wallet} on the cluster {genesis}");
        let ours = named(&self.owner.wallet.to_string(), &self.owner.genesis);
        let theirs = named(wallet, genesis);
        match ours == theirs {
            true => Ok(()),
            false => Err(JournalError::Foreign { file: self.path.clone(), theirs, ours }),
        }
    }

    /// Writes records and waits until they are on the disk. After a failure nobody knows what is there, so nothing more is written.
    fn write(&mut self, records: &[Record]) -> Result<(), JournalError> {
        let written = lines(records).and_then(|bytes| {
            self.file.write_all(&bytes)?;
            self.file.sync_data()?;
            Ok(bytes.len() as u64)
        });
        match written {
            Ok(length) => self.length += length,
            Err(error) => return Err(self.fail(&error)),
        }
        Ok(())
    }

    fn compact_when_long(&mut self) -> Result<(), JournalError> {
        if self.length <= self.compact_at {
            return Ok(());
        }
        self.compact()
    }

    /// Writes sums in place of what ended.
    fn compact(&mut self) -> Result<(), JournalError> {
        let mut records = vec![self.first(), Record::Sums(self.book.sums().clone())];
        records.extend(self.book.flights().cloned().map(Record::Sending));
        let anew = beside(&self.path, "new");
        let written = lines(&records).and_then(|bytes| {
            let mut file = options().append(false).write(true).truncate(true).open(&anew)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            Ok(bytes.len() as u64)
        });
        let renamed = written.and_then(|length| std::fs::rename(&anew, &self.path).map(|()| length));
        let length = match renamed {
            Ok(length) => length,
            // The old file is whole: it grows on, and this is tried again.
            Err(error) => {
                tracing::warn!(%error, file = %self.path.display(), "the journal could not be compacted");
                self.compact_at = self.length.saturating_mul(2);
                return Ok(());
            }
        };
        let opened = sync_folder(&self.path).and_then(|()| options().open(&self.path));
        self.file = opened.map_err(|error| self.fail(&error))?;
        self.length = length;
        self.compact_at = self.compact_at.max(length.saturating_mul(2));
        Ok(())
    }

    fn fail(&mut self, error: &io::Error) -> JournalError {
        let error = failure(&self.path, error);
        self.failed.get_or_insert(error).clone()
    }

    fn damaged(&self, at: u64, what: &'static str) -> JournalError {
        JournalError::Damaged { file: self.path.clone(), at, what }
    }
}

fn lines(records: &[Record]) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for record in records {
        bytes.extend(record.line()?);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests;
