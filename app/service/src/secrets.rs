//! What a job hides: inputs, salts, memberships. They are encrypted at the door, bound to the job and what it asks for, and only a worker decrypts them, in
//! memory; the transaction that ends a job deletes them. Why a job failed is encrypted as well, since it may quote an input, and shown
//! to its owner. The key lies outside the database: whoever has a copy of that alone reads nothing.

use std::io::{Read as _, Write as _};
use std::path::Path;

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac as _};
use rand::RngCore as _;
use rand::rngs::OsRng;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::error::{Error, Result};

/// The variable that holds the key, where no file does.
pub const VARIABLE: &str = "ASSAY_SERVICE_KEY";
/// Bytes of the nonce in front of a ciphertext. It is random: 2^80 jobs may have one each before two are likely to be alike.
const NONCE: usize = 24;

/// What a secret belongs to: it opens nowhere else, whoever can write to the database. All that a proof depends on is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound<'a> {
    /// What hides in one column opens in no other.
    pub part: Part,
    /// The job's id.
    pub job: &'a str,
    /// The API key's id.
    pub owner: &'a str,
    /// Digest of the model's file.
    pub model: &'a str,
    /// Digest of the proving key's file.
    pub pk: &'a str,
    /// The context.
    pub context: &'a str,
}

/// Which column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Inputs, salts, membership.
    Inputs,
    /// Why the job failed.
    Said,
}

impl Bound<'_> {
    /// Each text with its length before it: no two are written alike.
    fn bytes(&self) -> Vec<u8> {
        let Bound { part, job, owner, model, pk, context } = self;
        let part = match part {
            Part::Inputs => "inputs",
            Part::Said => "said",
        };
        let mut bytes = Vec::new();
        for text in [part, job, owner, model, pk, context] {
            bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
        bytes
    }
}

/// The key of all secrets of one service.
pub struct Secrets {
    cipher: XChaCha20Poly1305,
    /// Fingerprints requests: without a key, whoever guesses an input could check the guess.
    fingerprint: Zeroizing<[u8; 32]>,
    /// What tells one key from another, and nothing of either.
    name: [u8; 32],
}

impl Secrets {
    /// With the key from the environment, or from a file, which is made where it is missing.
    ///
    /// # Errors
    /// [`Error::Secret`] for what is no key, and for a file that others can read.
    pub fn open(path: &Path) -> Result<Secrets> {
        if let Ok(text) = std::env::var(VARIABLE) {
            let text = Zeroizing::new(text);
            return parse(&text).map(|key| Self::new(&key)).ok_or_else(|| Error::Secret {
                place: VARIABLE.into(),
                what: "it is not 64 hexadecimal digits".into(),
            });
        }
        let fault = |what: String| Error::Secret { place: path.display().to_string(), what };
        if !path.exists() {
            make(path).map_err(|error| fault(error.to_string()))?;
        }
        read(path).map_err(fault)
    }

    /// With this key.
    pub fn new(key: &[u8; 32]) -> Secrets {
        let derive = |purpose: &[u8]| Zeroizing::new(mac(key, purpose));
        Secrets {
            cipher: XChaCha20Poly1305::new((&*derive(b"assay-service 1: seal")).into()),
            fingerprint: derive(b"assay-service 1: fingerprint"),
            name: mac(key, b"assay-service 1: name"),
        }
    }

    /// What tells one key from another, and nothing of either.
    pub fn name(&self) -> [u8; 32] {
        self.name
    }

    /// Encrypts a secret of a job. It opens for the same job, owner, model, key and context only.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub fn seal(&self, bound: &Bound<'_>, secret: &[u8]) -> Result<Vec<u8>> {
        let mut nonce = [0; NONCE];
        let place = || "the system's random numbers".to_owned();
        OsRng
            .try_fill_bytes(&mut nonce)
            .map_err(|error| Error::Secret { place: place(), what: error.to_string() })?;
        let payload = Payload { msg: secret, aad: &bound.bytes() };
        let sealed = self.cipher.encrypt(XNonce::from_slice(&nonce), payload);
        let sealed = sealed.map_err(|_| Error::Internal("the secrets of a job are too long".into()))?;
        Ok([&nonce[..], &sealed].concat())
    }

    /// What [`Secrets::seal`] encrypted for this.
    ///
    /// # Errors
    /// [`Error::Sealed`] where a byte of it, or of what it belongs to, is another.
    pub fn unseal(&self, bound: &Bound<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let changed = || Error::Sealed(bound.job.into());
        let (nonce, msg) = sealed.split_at_checked(NONCE).ok_or_else(changed)?;
        let payload = Payload { msg, aad: &bound.bytes() };
        let secret = self.cipher.decrypt(XNonce::from_slice(nonce), payload).map_err(|_| changed())?;
        Ok(Zeroizing::new(secret))
    }

    /// A fingerprint of a request, by which the same one is known again.
    pub fn fingerprint(&self, request: &[u8]) -> [u8; 32] {
        mac(&self.fingerprint, request)
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Secrets(hidden)")
    }
}

/// HMAC-SHA256.
fn mac(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    // Keys of every length are taken.
    let Ok(mut mac) = <Hmac<Sha256> as hmac::Mac>::new_from_slice(key) else { return [0; 32] };
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// A new key, there as a whole or not at all, whoever else makes one at this moment.
fn make(path: &Path) -> std::io::Result<()> {
    let mut key = Zeroizing::new([0; 32]);
    OsRng.try_fill_bytes(&mut key[..]).map_err(std::io::Error::other)?;
    let text = Zeroizing::new(format!("{}\n", hex::encode(&key[..])));
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Readable by its owner only.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    // Durable before anything is encrypted with it.
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Err(error) if error.error.kind() != std::io::ErrorKind::AlreadyExists => Err(error.error),
        // The name is durable as well.
        _ => std::fs::File::open(folder)?.sync_all(),
    }
}

fn read(path: &Path) -> std::result::Result<Secrets, String> {
    let mut file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = file.metadata().map_err(|error| error.to_string())?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(format!("others can read it (mode {:o}): chmod 600", mode & 0o777));
        }
    }
    let mut text = Zeroizing::new(String::new());
    std::io::Read::take(&mut file, 1 << 10).read_to_string(&mut text).map_err(|error| error.to_string())?;
    let key = parse(&text).ok_or("it is not 64 hexadecimal digits")?;
    Ok(Secrets::new(&key))
}

fn parse(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let mut key = Zeroizing::new([0; 32]);
    hex::decode_to_slice(text.trim(), &mut key[..]).ok()?;
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_for_what_it_belongs_to_alone() {
        let secrets = Secrets::new(&[7; 32]);
        let a = Bound { part: Part::Inputs, job: "a", owner: "o", model: "m", pk: "k", context: "c" };
        let sealed = secrets.seal(&a, b"42").unwrap();
        assert_eq!(**secrets.unseal(&a, &sealed).unwrap(), *b"42");
        assert_ne!(sealed, secrets.seal(&a, b"42").unwrap());
        for other in [
            Bound { part: Part::Said, ..a },
            Bound { job: "b", ..a },
            Bound { owner: "x", ..a },
            Bound { model: "x", ..a },
            Bound { pk: "x", ..a },
            Bound { context: "x", ..a },
            Bound { job: "ao", owner: "", ..a },
        ] {
            assert!(matches!(secrets.unseal(&other, &sealed), Err(Error::Sealed(_))), "{other:?}");
        }
        assert!(Secrets::new(&[8; 32]).unseal(&a, &sealed).is_err());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(secrets.unseal(&a, &changed).is_err(), "{at}");
            assert!(secrets.unseal(&a, &sealed[..at]).is_err(), "{at}");
        }
    }

    #[test]
    fn a_key_file_is_made_once_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret.key");
        let made = Secrets::open(&path).unwrap();
        assert_eq!(Secrets::open(&path).unwrap().name(), made.name());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
            let said = Secrets::open(&path).unwrap_err().to_string();
            assert!(said.contains("chmod 600"), "{said}");
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        std::fs::write(&path, "07").unwrap();
        let said = Secrets::open(&path).unwrap_err().to_string();
        assert!(said.contains("64 hexadecimal digits"), "{said}");
    }

    #[test]
    fn fingerprints_need_the_key() {
        let (one, other) = (Secrets::new(&[7; 32]), Secrets::new(&[8; 32]));
        assert_eq!(one.fingerprint(b"x"), one.fingerprint(b"x"));
        assert_ne!(one.fingerprint(b"x"), one.fingerprint(b"y"));
        assert_ne!(one.fingerprint(b"x"), other.fingerprint(b"x"));
        assert_ne!(one.name(), other.name());
    }
}
