//! Who signs: the key in a file, or a command that has it.
//!
//! Both are a [`Signer`], Solana's own trait, which transactions take. A command is run for each message: it is given the message in base64 on
//! one line, and answers with the signature in base64 on one line. So a key may stay in a device, an agent or another machine, and what
//! is asked for is seen there. Its answer is checked against the address before anything else sees it.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use solana_address::Address;
use solana_keypair::{Signature, Signer};
use solana_signer::SignerError;

use super::config::Wallet;

/// Most bytes of an answer.
const LONGEST: u64 = 4_096;
/// Between two looks at whether a command has ended.
const PACE: Duration = Duration::from_millis(5);

/// Who signs for a wallet.
///
/// # Errors
/// The key file cannot be read.
pub fn open(wallet: &Wallet) -> Result<Box<dyn Signer + Send + Sync>, String> {
    match wallet {
        Wallet::File(path) => match assay_chain::settings::keypair(path) {
            Ok(keypair) => Ok(Box::new(keypair)),
            Err(error) => Err(error.to_string()),
        },
        Wallet::Command { command, address, patience } => {
            Ok(Box::new(External { command: command.clone(), address: *address, patience: *patience }))
        }
    }
}

/// A command that signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct External {
    /// The command and its arguments.
    pub command: Vec<String>,
    /// Whose signatures they are.
    pub address: Address,
    /// How long one may take.
    pub patience: Duration,
}

impl Signer for External {
    fn try_pubkey(&self) -> Result<Address, SignerError> {
        Ok(self.address)
    }

    fn try_sign_message(&self, message: &[u8]) -> Result<Signature, SignerError> {
        let answer = self.ask(&format!("{}\n", BASE64.encode(message)));
        let answer = answer.map_err(|what| SignerError::Custom(format!("the signer's command {what}")))?;
        let wrong = |what| Err(SignerError::Custom(format!("the signer's command answered {what}")));
        let Some(signature) =
            BASE64.decode(answer.trim()).ok().and_then(|bytes| Signature::try_from(bytes).ok())
        else {
            return wrong("something else than 64 bytes in base64");
        };
        match signature.verify(self.address.as_ref(), message) {
            true => Ok(signature),
            false => wrong("a signature that is not this address's for this message"),
        }
    }

    fn is_interactive(&self) -> bool {
        false
    }
}

impl External {
    /// What the command answers to a line.
    fn ask(&self, line: &str) -> Result<String, String> {
        let deadline = Instant::now() + self.patience;
        let (name, arguments) = self.command.split_first().ok_or("has no name")?;
        let mut command = Command::new(name);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        // A group of its own: Ctrl-C is for the keeper, which waits for the signature, and what hangs is ended with all that it began.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().map_err(|error| format!("{name}: {error}"))?;
        let _running = Running::note(child.id());
        let (answered, answer) = mpsc::channel();
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let line = line.to_owned();
        // Threads, for a command may neither read nor write. They end with its pipes.
        thread::spawn(move || input.map(|mut input| input.write_all(line.as_bytes())));
        thread::spawn(move || {
            let mut text = String::new();
            let read = output.map_or(Ok(0), |output| output.take(LONGEST).read_to_string(&mut text));
            // Nobody waits any more, if it fails.
            let _ = answered.send(read.map(|_| text));
        });
        let left = deadline.saturating_duration_since(Instant::now());
        let text = match answer.recv_timeout(left) {
            Ok(Ok(text)) => text,
            Ok(Err(error)) => return Err(stopped(child, &error.to_string())),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                return Err(stopped(child, &format!("did not answer within {:?}", self.patience)));
            }
        };
        loop {
            match child.try_wait() {
                Ok(Some(status)) if status.success() => return Ok(text),
                Ok(Some(status)) => return Err(format!("failed: {status}")),
                Ok(None) if Instant::now() < deadline => thread::sleep(PACE),
                Ok(None) => return Err(stopped(child, "answered and did not end")),
                Err(error) => return Err(stopped(child, &error.to_string())),
            }
        }
    }
}

/// Ends a command, and says why.
fn stopped(mut child: Child, why: &str) -> String {
    // It may have ended by itself; either way nothing of it stays. It was not waited for yet, so its number is nobody else's.
    end_group(child.id());
    let _ = child.kill();
    let _ = child.wait();
    why.into()
}

/// Numbers of commands that run.
static RUNNING: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

struct Running(u32);

impl Running {
    fn note(number: u32) -> Self {
        RUNNING.lock().unwrap_or_else(PoisonError::into_inner).insert(number);
        Self(number)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        RUNNING.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.0);
    }
}

/// Ends every command that still runs, for a process that is about to end: nobody waits for a signature any more.
pub(super) fn end_all() {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().for_each(end_group);
}

/// Ends a command with all that it began.
fn end_group(number: u32) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(number).ok().and_then(rustix::process::Pid::from_raw) {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
}

#[cfg(all(test, unix))]
mod tests {
    use solana_keypair::Keypair;

    use super::*;

    fn external(keypair: &Keypair, script: &str, patience: Duration) -> External {
        let command = ["/bin/sh", "-c", script].map(String::from).to_vec();
        External { command, address: keypair.pubkey(), patience }
    }

    fn refused(script: &str, patience: Duration) -> String {
        let keypair = Keypair::new();
        external(&keypair, script, patience).try_sign_message(b"message").unwrap_err().to_string()
    }

    #[test]
    fn a_command_is_given_the_message_and_its_signature_is_checked() {
        let (keypair, message) = (Keypair::new(), vec![7; 4_000]);
        let signature = keypair.sign_message(&message);
        let (line, answer) = (BASE64.encode(&message), BASE64.encode(signature));
        let script = format!("read line; [ \"$line\" = {line} ] && echo {answer}");
        let signer = external(&keypair, &script, Duration::from_secs(20));
        assert_eq!(signer.try_pubkey().unwrap(), keypair.pubkey());
        assert_eq!(signer.try_sign_message(&message), Ok(signature));
        // The same answer for another message, and for another address.
        assert!(signer.try_sign_message(b"other").is_err());
        let other = External { address: Keypair::new().pubkey(), ..signer };
        let error = other.try_sign_message(&message).unwrap_err().to_string();
        assert!(error.contains("not this address's"), "{error}");
    }

    #[test]
    fn what_is_no_signature_is_refused() {
        let patient = Duration::from_secs(20);
        for (script, said) in [
            ("cat", "64 bytes"),
            ("echo", "64 bytes"),
            ("yes", "64 bytes"),
            ("exit 3", "exit status: 3"),
            ("head -c 4000 /dev/zero", "64 bytes"),
            ("printf '\\377'", "UTF-8"),
        ] {
            let error = refused(script, patient);
            assert!(error.contains(said) || error.contains("failed"), "{script}: {error}");
        }
        let nobody = External {
            command: vec!["/no/such/command".into()],
            address: Address::default(),
            patience: patient,
        };
        assert!(nobody.try_sign_message(b"").unwrap_err().to_string().contains("/no/such/command"));
    }

    #[test]
    fn a_command_that_hangs_is_ended() {
        for script in ["exec sleep 30", "sleep 30", "exec >&-; exec sleep 30"] {
            let started = Instant::now();
            let error = refused(script, Duration::from_millis(200));
            assert!(error.contains("did not"), "{script}: {error}");
            // Not for its own half minute.
            assert!(started.elapsed() < Duration::from_secs(25), "{script}");
        }
    }

    #[test]
    fn what_a_command_began_ends_with_it() {
        let folder = tempfile::TempDir::new().unwrap();
        let file = folder.path().join("child");
        let script = format!("sleep 300 & echo $! > {}; wait", file.display());
        assert!(refused(&script, Duration::from_secs(1)).contains("did not"));
        let child: i32 = std::fs::read_to_string(file).unwrap().trim().parse().unwrap();
        let child = rustix::process::Pid::from_raw(child).unwrap();
        // It is gone, or nobody has looked at its end yet.
        let began = Instant::now();
        let is_dead = || {
            let state = std::fs::read_to_string(format!("/proc/{}/stat", child.as_raw_nonzero()));
            state.map_or(true, |state| state.contains(") Z "))
        };
        while !is_dead() {
            assert!(began.elapsed() < Duration::from_secs(20));
            thread::sleep(PACE);
        }
    }
}
