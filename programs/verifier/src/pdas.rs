//! Where the program's accounts lie, for the IDL: each account holds the seeds of its own address.
//!
//! Anchor takes addresses for the IDL from `seeds` constraints, which derive them in every instruction. This program derives
//! an address once, when it creates the account (see `create`), so it prints them here, and `xtask` puts them into the IDL.

use assay_interface::pda::verifier as pda;

/// One seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seed {
    /// These bytes.
    Const(&'static [u8]),
    /// This field of the account.
    Field(&'static str),
}

/// The address of a kind of account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pda {
    /// The account's type.
    pub account: &'static str,
    /// What instructions call such an account.
    pub name: &'static str,
    /// The seeds, without the bump.
    pub seeds: [Seed; 3],
}

/// Every kind of account of the program. An empty constant is no seed.
pub const PDAS: [Pda; 6] = {
    use Seed::{Const, Field};
    [
        Pda { account: "Model", name: "model", seeds: [Const(pda::MODEL), Field("registrar"), Field("id")] },
        Pda {
            account: "Receipt",
            name: "receipt",
            seeds: [Const(pda::RECEIPT), Field("model"), Field("digest")],
        },
        Pda { account: "AttestorSet", name: "set", seeds: [Const(pda::ATTESTORS), Field("id"), Const(b"")] },
        Pda {
            account: "Attestation",
            name: "attestation",
            seeds: [Const(pda::ATTESTATION), Field("set"), Field("model")],
        },
        Pda {
            account: "Buffer",
            name: "buffer",
            seeds: [Const(pda::BUFFER), Field("payer"), Field("nonce")],
        },
        Pda { account: "Series", name: "series", seeds: [Const(pda::SERIES), Field("creator"), Field("id")] },
    ]
};

#[cfg(all(test, feature = "idl-build"))]
mod idl {
    use super::{PDAS, Seed};

    /// Prints the addresses for `xtask`, as Anchor's own tests print the rest.
    #[test]
    fn __anchor_private_print_idl_pdas() {
        for pda in PDAS {
            let seeds = pda.seeds.iter().filter(|seed| **seed != Seed::Const(b"")).map(|seed| match seed {
                Seed::Const(bytes) => format!(r#"{{"kind":"const","value":{bytes:?}}}"#),
                Seed::Field(field) => {
                    format!(
                        r#"{{"kind":"account","path":"{}.{field}","account":"{}"}}"#,
                        pda.name, pda.account
                    )
                }
            });
            let seeds = seeds.collect::<Vec<_>>().join(",");
            println!("--- IDL begin pda ---");
            println!(r#"{{"account":"{}","name":"{}","seeds":[{seeds}]}}"#, pda.account, pda.name);
            println!("--- IDL end pda ---");
        }
    }
}
