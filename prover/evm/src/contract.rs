//! A verifying key, and with it a model's statements, as a Solidity contract.

use std::fmt::Write;

use assay_interface::{
    groth16::{Form, KeyError, SetupKind, VerifyingKey, check_key},
    missing::Missing,
    schema::{ModelSchema, TensorSchema, Visibility},
    statement::{HEADER_ELEMENTS, limbs_for, values_per_limb},
};
use thiserror::Error;

use crate::poseidon::{MOST_ELEMENTS, permutation};

const HEAD: &str = include_str!("contract/head.sol");
const PLAIN: &str = include_str!("contract/plain.sol");
const COMMITTED: &str = include_str!("contract/committed.sol");
const POINTS: &str = include_str!("contract/points.sol");
const STATEMENT: &str = include_str!("contract/statement.sol");

/// Hexadecimal digits of a line.
const LINE: usize = 128;

/// What a contract is made of.
#[derive(Clone, Copy, Debug)]
pub struct Contract<'a> {
    /// Its name, an identifier that begins with a capital letter: see [`is_contract_name`].
    pub name: &'a str,
    /// The key whose proofs it accepts.
    pub key: &'a VerifyingKey,
    /// The circuit that the key's file claims.
    pub circuit: [u8; 32],
    /// How the key's secrets were made.
    pub setup: SetupKind,
    /// The model whose statements it hashes; without one it takes digests alone.
    pub model: Option<&'a ModelSchema>,
    /// The version of what makes it.
    pub version: &'a str,
}

/// Why there is no such contract.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ContractError {
    /// Not a name that Solidity takes.
    #[error(
        "{0:?} is no contract's name: a capital letter, then letters, digits and underscores, 64 at most"
    )]
    Name(String),
    /// The key fails its checks.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A statement of more elements than a contract hashes.
    #[error(
        "a statement of this model has {elements} elements, and a contract hashes {MOST_ELEMENTS} at most: its Poseidon for more \
         does not fit the 24,576 bytes that a contract may have"
    )]
    Elements {
        /// Domain, context and limbs.
        elements: usize,
    },
}

/// Whether a contract may have this name: no word of Solidity begins with a capital letter.
pub fn is_contract_name(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

/// The line by which a contract's source names its key: two sources with one line are of one key.
pub fn key_hash_line(key_hash: &[u8; 32]) -> String {
    format!("bytes32 public constant KEY_HASH = 0x{};", hex(key_hash))
}

impl Contract<'_> {
    /// The source, one file without imports, for Solidity 0.8.20 or later.
    ///
    /// # Errors
    /// [`ContractError`]: a key that must not be trusted is refused here, since the contract cannot check relations between its points.
    pub fn to_solidity(&self) -> Result<String, ContractError> {
        if !is_contract_name(self.name) {
            return Err(ContractError::Name(self.name.into()));
        }
        check_key(self.key)?;
        let form = self.key.form();
        let (body, more, pairings) = match form {
            Form::Plain => (PLAIN, "", 4),
            Form::Committed => (COMMITTED, " | IC_2 64 | -sigma gamma 128", 5),
        };
        let head = fill(
            HEAD,
            &[
                ("VERSION", self.version),
                ("FORM", &form.to_string()),
                ("NAME", self.name),
                ("KEY_HASH", &hex(&self.key.key_hash())),
                ("CIRCUIT", &hex(&self.circuit)),
                ("SETUP", setup(self.setup)),
                ("MORE_KEY", more),
                ("KEY", &lines(self.key.as_bytes())),
                ("PAIRING_GAS", &(60_000 * (pairings + 1)).to_string()),
                ("WARNING", self.warning()),
                ("MODEL", &self.model_name()), // last: a name may look like a mark
            ],
        );
        let statement = self.model.map(statement).transpose()?.unwrap_or_default();
        Ok([&head, &statement, body, POINTS, "}\n"].concat())
    }

    /// A comment in front of the contract: whom not to trust.
    fn warning(&self) -> &'static str {
        match self.setup {
            SetupKind::Development => {
                "// A development key: whoever made it can forge proofs. Not for anything of value.\n"
            }
            SetupKind::Ceremony => "",
        }
    }

    /// A comment: what the contract is for. It stands within the contract, since the compiler reads comments outside of it for licenses.
    fn model_name(&self) -> String {
        self.model.map(|model| format!("    // Model: {}\n\n", quoted(model.name()))).unwrap_or_default()
    }
}

/// The part that knows a model's statements.
fn statement(model: &ModelSchema) -> Result<String, ContractError> {
    let limbs = model.input_limbs() + model.output_limbs();
    let elements = HEADER_ELEMENTS + limbs;
    let hash = permutation(elements).ok_or(ContractError::Elements { elements })?;
    let assembly: String = hash.assembly.lines().map(|line| format!("            {line}\n")).collect();
    Ok(fill(
        STATEMENT,
        &[
            ("DOMAIN", &hex(model.domain().as_be_bytes())),
            ("LIMBS", &limbs.to_string()),
            ("ROUNDS", &lines(&hash.constants)),
            ("WORDS", &hash.words.to_string()),
            ("PERMUTATION", &assembly),
            ("OUTPUTS", &outputs(model)),
            ("LAYOUT", &layout(model)), // last: a tensor's name may look like a mark
        ],
    ))
}

/// Comments: which limbs hold what.
fn layout(model: &ModelSchema) -> String {
    let mut out = String::new();
    let mut at = 0;
    let sides = [("input", model.inputs()), ("output", model.outputs())];
    for (side, tensor) in sides.into_iter().flat_map(|(side, list)| list.iter().map(move |t| (side, t))) {
        let (count, what) = contents(tensor);
        let place =
            if count == 1 { format!("limb {at}") } else { format!("limbs {at} to {}", at + count - 1) };
        let _ = writeln!(out, "    // {place}: {side} {}, {what}", quoted(&tensor.name));
        at += count;
    }
    out
}

/// The answers of `outputAt`.
fn outputs(model: &ModelSchema) -> String {
    let mut out = String::new();
    let mut at = model.input_limbs();
    for (index, tensor) in model.outputs().iter().enumerate() {
        let (bits, values) = (tensor.bits, tensor.elements());
        let _ = writeln!(out, "        if (index == {index}) return ({at}, {bits}, {values});");
        at += contents(tensor).0;
    }
    out
}

/// A name as a comment has it: quoted, and escaped, for it may hold any letters, and some end a line for Solidity.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.escape_default())
}

/// How many limbs a tensor has, and what they hold.
fn contents(tensor: &TensorSchema) -> (usize, String) {
    let values = tensor.elements();
    let count = if values == 1 { "1 value".to_owned() } else { format!("{values} values") };
    let missing = match tensor.missing {
        Missing::Never => "",
        _ => "; the least integer may mean missing",
    };
    match tensor.visibility {
        Visibility::Public => {
            let scales = match tensor.scales.as_slice() {
                [scale] => format!("; an integer q is q * 2^{}", -i32::from(*scale)),
                _ => "; see the schema for scales".to_owned(),
            };
            let each = values_per_limb(tensor.bits);
            let what = format!("{count} of {} bits, {each} a limb{scales}{missing}", tensor.bits);
            (limbs_for(values, tensor.bits), what)
        }
        Visibility::Committed => (1, format!("a commitment to {count} of {} bits{missing}", tensor.bits)),
        Visibility::Member { depth } => {
            (4, format!("root of its tree of depth {depth}, two halves of a scope, nullifier"))
        }
    }
}

fn setup(kind: SetupKind) -> &'static str {
    match kind {
        SetupKind::Development => "development",
        SetupKind::Ceremony => "ceremony",
    }
}

/// A template with `@MARK@` replaced by each mark's text.
fn fill(template: &str, marks: &[(&str, &str)]) -> String {
    marks.iter().fold(template.to_owned(), |text, (mark, value)| text.replace(&format!("@{mark}@"), value))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Digits in lines, as adjacent literals, which Solidity joins.
fn lines(bytes: &[u8]) -> String {
    let lines: Vec<String> = bytes.chunks(LINE / 2).map(hex).collect();
    lines.join("\"\n        hex\"")
}
