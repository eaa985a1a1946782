//! An accumulator update as Hermes serves it: guardians' signatures of a root, and prices with their paths to it.
//!
//! | bytes | field |
//! | --- | --- |
//! | 4 | `PNAU` |
//! | 1, 1 | version: 1, and any minor one |
//! | 1, n | what newer minor versions add, to be skipped |
//! | 1 | kind of proof: 0, a Merkle tree whose root Wormhole's guardians signed |
//! | 2, n | the signed message: version 1, guardian set (4), signatures (1, then 66 each), body |
//! | 1 | prices, for each: 2, n the message; 1, 20 n its path |
//!
//! A message is of kind 0 (1), feed (32), price (8), confidence (8), exponent (4), time (8), time before (8), averages (8, 8). All
//! integers are big-endian. Signatures and paths are the chain's to check: here it is decided which prices these claim to be.

use thiserror::Error;

const MAGIC: &[u8] = b"PNAU";
const MAJOR: u8 = 1;
/// Bytes of one guardian's signature, and of one step of a path.
const SIGNATURE: usize = 66;
const STEP: usize = 20;
/// Bytes of a message's body before what was signed: time, nonce, emitter's chain and address, sequence, level.
const BODY: usize = 4 + 4 + 2 + 32 + 8 + 1;
/// Bytes of a price's message, whatever newer versions append.
const MESSAGE: usize = 85;
/// Most bytes of an update.
pub(super) const LONGEST: usize = 64 << 10;

/// Why bytes are no update.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum UpdateError {
    /// They end too early.
    #[error("the update is cut short")]
    Short,
    /// There is more behind it.
    #[error("{0} bytes follow the update")]
    Behind(usize),
    /// They are too many.
    #[error("the update has {0} bytes, more than {LONGEST}")]
    Long(usize),
    /// They begin otherwise.
    #[error("this is no accumulator update of version {MAJOR}")]
    Format,
    /// The signed message is of another kind.
    #[error("the signed message is not of version 1")]
    Message,
}

/// An update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// The signed message.
    pub vaa: Vec<u8>,
    /// Whose signatures they are.
    pub guardian_set: u32,
    /// How many.
    pub signatures: u8,
    /// The prices. Messages of other kinds are left out.
    pub prices: Vec<Priced>,
}

/// A price of an update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Priced {
    /// Which price.
    pub feed: [u8; 32],
    /// In units of `10^exponent`.
    pub price: i64,
    /// Half-width of the interval, in the same unit.
    pub confidence: u64,
    /// The unit's exponent.
    pub exponent: i32,
    /// When it was published, Unix seconds.
    pub publish_time: i64,
    /// When the one before it was.
    pub previous_publish_time: i64,
    /// The message as it was signed for.
    pub message: Vec<u8>,
    /// Its path to the root.
    pub path: Vec<[u8; STEP]>,
}

impl Update {
    /// Reads an update, and all of it.
    ///
    /// # Errors
    /// [`UpdateError`].
    pub fn read(bytes: &[u8]) -> Result<Self, UpdateError> {
        if bytes.len() > LONGEST {
            return Err(UpdateError::Long(bytes.len()));
        }
        let mut reader = Reader(bytes);
        if reader.take(MAGIC.len())? != MAGIC || reader.u8()? != MAJOR {
            return Err(UpdateError::Format);
        }
        let _minor = reader.u8()?;
        let added = reader.u8()?;
        reader.take(added.into())?;
        if reader.u8()? != 0 {
            return Err(UpdateError::Format);
        }
        let length = reader.u16()?;
        let vaa = reader.take(length.into())?;
        let (guardian_set, signatures) = signed(vaa)?;
        let mut prices = Vec::new();
        for _ in 0..reader.u8()? {
            let length = reader.u16()?;
            let message = reader.take(length.into())?;
            let steps = reader.u8()?;
            let (path, _) = reader.take(usize::from(steps) * STEP)?.as_chunks::<STEP>();
            prices.extend(priced(message, path));
        }
        match reader.0.len() {
            0 => Ok(Self { vaa: vaa.into(), guardian_set, signatures, prices }),
            behind => Err(UpdateError::Behind(behind)),
        }
    }
}

/// Guardian set and number of signatures of a signed message that has a body.
fn signed(vaa: &[u8]) -> Result<(u32, u8), UpdateError> {
    let mut reader = Reader(vaa);
    if reader.u8()? != 1 {
        return Err(UpdateError::Message);
    }
    let (set, signatures) = (reader.u32()?, reader.u8()?);
    reader.take(usize::from(signatures) * SIGNATURE + BODY)?;
    Ok((set, signatures))
}

fn priced(message: &[u8], path: &[[u8; STEP]]) -> Option<Priced> {
    if message.len() < MESSAGE {
        return None;
    }
    let mut reader = Reader(message);
    if reader.u8().ok()? != 0 {
        return None;
    }
    Some(Priced {
        feed: reader.array().ok()?,
        price: i64::from_be_bytes(reader.array().ok()?),
        confidence: u64::from_be_bytes(reader.array().ok()?),
        exponent: i32::from_be_bytes(reader.array().ok()?),
        publish_time: i64::from_be_bytes(reader.array().ok()?),
        previous_publish_time: i64::from_be_bytes(reader.array().ok()?),
        message: message.into(),
        path: path.into(),
    })
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], UpdateError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(UpdateError::Short)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], UpdateError> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(UpdateError::Short)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn u8(&mut self) -> Result<u8, UpdateError> {
        self.array().map(u8::from_be_bytes)
    }

    fn u16(&mut self) -> Result<u16, UpdateError> {
        self.array().map(u16::from_be_bytes)
    }

    fn u32(&mut self) -> Result<u32, UpdateError> {
        self.array().map(u32::from_be_bytes)
    }
}

/// Updates made by hand in this format, for want of a public record with its licence: signatures and paths are made up.
#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn message(feed: u8, price: i64, time: i64) -> Vec<u8> {
        let mut bytes = vec![0];
        bytes.extend([feed; 32]);
        bytes.extend(price.to_be_bytes());
        bytes.extend(7u64.to_be_bytes());
        bytes.extend((-8i32).to_be_bytes());
        bytes.extend(time.to_be_bytes());
        bytes.extend((time - 1).to_be_bytes());
        bytes.extend(price.to_be_bytes());
        bytes.extend(9u64.to_be_bytes());
        bytes
    }

    pub(in super::super) fn update(messages: &[Vec<u8>]) -> Vec<u8> {
        let mut vaa = vec![1];
        vaa.extend(4u32.to_be_bytes());
        vaa.push(13);
        for guardian in 0..13 {
            vaa.push(guardian);
            vaa.extend([guardian; SIGNATURE - 1]);
        }
        vaa.extend([3; BODY]);
        // Payload: magic, kind, slot, size of the ring, root.
        vaa.extend(b"AUWV\0");
        vaa.extend([5; 8 + 4 + STEP]);
        let mut bytes = [MAGIC, &[1, 0, 0, 0]].concat();
        bytes.extend(u16::try_from(vaa.len()).unwrap().to_be_bytes());
        bytes.extend(&vaa);
        bytes.push(u8::try_from(messages.len()).unwrap());
        for message in messages {
            bytes.extend(u16::try_from(message.len()).unwrap().to_be_bytes());
            bytes.extend(message);
            bytes.push(2);
            bytes.extend([1; STEP]);
            bytes.extend([2; STEP]);
        }
        bytes
    }

    #[test]
    fn an_update_is_read_field_by_field() {
        let first = message(1, 15_000_000_000, 1_700_000_000);
        // A newer kind of message, and a price with something appended.
        let other = vec![1; 100];
        let longer = [message(2, -5, 1_700_000_001), vec![0xff; 4]].concat();
        let read = Update::read(&update(&[first.clone(), other, longer.clone()])).unwrap();
        assert_eq!((read.guardian_set, read.signatures), (4, 13));
        assert_eq!(read.vaa.len(), 6 + 13 * SIGNATURE + BODY + 5 + 32);
        let [one, two] = &read.prices[..] else { panic!("{:?}", read.prices) };
        assert_eq!((one.feed, one.price, one.confidence), ([1; 32], 15_000_000_000, 7));
        assert_eq!(
            (one.exponent, one.publish_time, one.previous_publish_time),
            (-8, 1_700_000_000, 1_699_999_999)
        );
        assert_eq!((&one.message, &one.path), (&first, &vec![[1; STEP], [2; STEP]]));
        assert_eq!((two.feed, two.price, &two.message), ([2; 32], -5, &longer));
    }

    #[test]
    fn what_newer_versions_add_is_skipped() {
        let mut bytes = update(&[message(1, 1, 1)]);
        let plain = Update::read(&bytes).unwrap();
        bytes.splice(5..7, [9, 3, 0xaa, 0xbb, 0xcc]);
        assert_eq!(Update::read(&bytes), Ok(plain));
    }

    #[test]
    fn wrong_bytes_are_an_error_and_nothing_else() {
        let whole = update(&[message(1, 1, 1), message(2, 2, 2)]);
        for length in 0..whole.len() {
            assert!(Update::read(&whole[..length]).is_err(), "{length}");
        }
        assert_eq!(Update::read(&[&whole[..], &[0]].concat()), Err(UpdateError::Behind(1)));
        assert_eq!(Update::read(&vec![0; LONGEST + 1]), Err(UpdateError::Long(LONGEST + 1)));
        for (at, error) in [
            (0, UpdateError::Format),
            (4, UpdateError::Format),
            (7, UpdateError::Format),
            (10, UpdateError::Message),
        ] {
            let mut wrong = whole.clone();
            wrong[at] ^= 0x40;
            assert_eq!(Update::read(&wrong), Err(error), "{at}");
        }
        // Any byte, any value at the edge: never a panic, and never more than the bytes hold.
        for at in 0..whole.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut wrong = whole.clone();
                wrong[at] = value;
                if let Ok(read) = Update::read(&wrong) {
                    assert!(read.prices.len() <= 2 && read.vaa.len() <= whole.len());
                }
            }
        }
    }
}
