//! The accomplice, `tests/accomplice`: a program that succeeds at everything and answers as the verifier does, in the place of
//! others.

use std::rc::Rc;
use std::sync::OnceLock;

use assay_localnet::{Localnet, deploy_directory, read_program};
use solana_address::Address;

use super::attack::Attack;
use super::idl::Content;
use super::target::Target;
use super::variation::Variation;

const LIBRARY: &str = "assay_accomplice";

/// Where it is deployed.
pub const ADDRESS: Address = assay_accomplice::ID;

/// The runtime with the accomplice in it.
pub fn beside(net: &Localnet) -> Localnet {
    deployed(net, ADDRESS)
}

fn deployed(net: &Localnet, address: Address) -> Localnet {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    let bytes = BYTES.get_or_init(|| read_program(&deploy_directory(), LIBRARY).expect("it is built"));
    let mut net = net.clone();
    net.deploy_bytes(address, LIBRARY, bytes).expect("it is a program");
    net
}

/// For an instruction that acts on a proof: nothing is proven, and the accomplice in the verifier's place says that it is. First
/// at an address of its own, which is the attack; then at the verifier's address, which nobody can bring about, and which must go
/// through: else the accomplice's answers are none to believe, and the attack shows nothing.
pub fn spoofs(target: &Target<'_>) -> Option<(Variation, Variation)> {
    let place = target.signature.accounts.iter().position(|role| role.name == "verifier")?;
    let verifier = target.instruction().accounts[place].pubkey;
    let mut before = target.accepted.before.clone();
    let mut unproven = target.instruction().clone();
    for part in target.interface.parts(target.signature, &unproven.data) {
        if let Content::Bytes { length: 1.. } = part.content
            && part.path.ends_with("proof")
        {
            unproven.data[part.at + 1] ^= 1;
        }
    }
    // Where there was a receipt, it was proven all the same.
    if let Some(receipt) = target.signature.accounts.iter().position(|role| role.name == "receipt") {
        before.set_account(unproven.accounts[receipt].pubkey, Default::default());
    }
    let mut spoofed = unproven.clone();
    spoofed.accounts[place].pubkey = ADDRESS;
    let spoofed = (Rc::new(deployed(&before, ADDRESS)), target.with(&[spoofed]));
    let believed = (Rc::new(deployed(&before, verifier)), target.with(&[unproven]));
    let variation = |(net, instructions)| Variation::new(target, "", Attack::Spoofed, &net, instructions);
    Some((variation(spoofed), variation(believed)))
}
