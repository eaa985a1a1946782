//! The permutation as inline assembly.
//!
//! The state lies in memory, and up to [`STACK`] elements on the stack while a matrix works on them: no more can be reached there. Sums of up
//! to five products need no reduction: five times the modulus is below 2^256, and `mulmod` takes operands of any size. So
//! what goes into an S-box is hardly ever reduced.
//!
//! A contract has room for three matrices of up to [`SHIFTED`] elements; wider permutations multiply by the one matrix in all rounds.

use std::fmt::Write;

use ark_bn254::Fr;
use ark_ff::{BigInteger, PrimeField, Zero};

use super::optimized::{HALF, Optimized};

/// The most elements that one contract hashes.
pub const MOST_ELEMENTS: usize = 12;

/// The widest state that lies on the stack.
const STACK: usize = 7;
/// The widest state whose partial rounds are shifts.
const SHIFTED: usize = 10;
/// Products that are summed before a reduction: with a constant, five terms.
const UNREDUCED: usize = 4;

/// What a contract holds of one width.
pub struct Permutation {
    /// Round constants in the order of their use, 32 bytes each.
    pub constants: Vec<u8>,
    /// Words that the state takes, with what is computed beside it.
    pub words: usize,
    /// Assembly: from `p`, a pointer to the state, `c`, one to the constants, and `m`, the modulus, sets `digest`.
    pub assembly: String,
}

/// The hash of `elements` field elements; `None` unless 1 to [`MOST_ELEMENTS`].
pub fn permutation(elements: usize) -> Option<Permutation> {
    let parameters = Optimized::new(elements.checked_add(1)?).filter(|_| elements <= MOST_ELEMENTS)?;
    let (before, behind) = parameters.full.split_at(HALF);
    let in_order = before.iter().flatten().chain(&parameters.partial).chain(behind.iter().flatten());
    let constants = in_order.flat_map(|constant| constant.into_bigint().to_bytes_be()).collect();
    let width = parameters.width;
    let words = if width <= STACK { width } else { 2 * width };
    Some(Permutation { constants, words, assembly: assembly(&parameters) })
}

/// Functions, since Yul lets no two variables of one scope share a name, and what calls them. Each takes the state's address, the
/// next constant's, and the modulus.
fn assembly(parameters: &Optimized) -> String {
    let Optimized { width, partial, mix, enter, leave, .. } = parameters;
    let row = 32 * width;
    let rounds = |count: usize, step: usize, body: &str| {
        format!(
            "for {{ let end := add(c, {}) }} lt(c, end) {{ c := add(c, {step}) }} {{\n{body}}}\n",
            count * step
        )
    };
    let full = "boxes(p, c, m)\nmix(p, m)\n";
    let mut out = String::from("function boxes(state, table, r) {\n");
    (0..*width).for_each(|at| out += &s_box(at));
    let _ = write!(out, "}}\nfunction mix(state, r) {{\n{}}}\n", multiply(mix, sum));
    let first = mix.first().map(|row| sum(&products(row, 0))).unwrap_or_default();
    let _ =
        write!(out, "function finish(state, r) -> first {{\n{}first := mod({first}, r)\n}}\n", loads(*width));
    if *width <= SHIFTED {
        let reduced = |terms: &[String]| format!("mod({}, r)", sum(terms));
        let _ = write!(out, "function enter(state, r) {{\n{}}}\n", multiply(enter, reduced));
        let _ = write!(
            out,
            "function shift(state, table, r) {{\n{}for {{ let end := add(table, {}) }} lt(table, end) {{ table := add(table, 32) }} \
             {{\n{}}}\nlet y := add({}, mload(table))\nlet t := mulmod(y, y, r)\n{}{}}}\n",
            loads(*width),
            32 * (partial.len() - 1),
            partial_round(parameters),
            variable(0, *width),
            set(0, *width, "mulmod(mulmod(t, t, r), y, r)"),
            stores(leave, sum)
        );
        out += &rounds(HALF - 1, row, full);
        let _ = write!(
            out,
            "boxes(p, c, m)\nenter(p, m)\nc := add(c, {row})\nshift(p, c, m)\nc := add(c, {})\n",
            32 * partial.len()
        );
    } else {
        let _ = write!(out, "function one(state, table, r) {{\n{}}}\n", s_box(0));
        out += &rounds(HALF, row, full);
        out += &rounds(partial.len(), 32, "one(p, c, m)\nmix(p, m)\n");
    }
    out += &rounds(HALF - 1, row, full);
    out += "boxes(p, c, m)\ndigest := finish(p, m)\n";
    out
}

/// The element of this place, with its constant, to the fifth power.
fn s_box(at: usize) -> String {
    let (value, constant, target) = (word("state", at), word("table", at), place(at));
    format!(
        "{{\nlet x := add({value}, {constant})\nlet t := mulmod(x, x, r)\nmstore({target}, mulmod(mulmod(t, t, r), x, r))\n}}\n"
    )
}

/// The coordinates of the next partial round: see [`super::optimized`]. A coordinate is a sum of as many products as it was shifted,
/// so each fourth is reduced.
fn partial_round(parameters: &Optimized) -> String {
    let Optimized { width, alpha, beta, .. } = parameters;
    let last = width - 1;
    let mut out = format!(
        "let y := add({}, mload(table))\nlet s := mulmod(y, y, r)\ns := mulmod(mulmod(s, s, r), y, r)\n",
        variable(0, *width)
    );
    let mut terms = products(alpha, 1);
    terms.extend(beta.last().map(|beta| times(beta, "s")));
    let _ = writeln!(out, "y := {}", sum(&terms)); // was used: it holds the last coordinate until the others have moved
    for (at, beta) in beta.iter().take(last).enumerate() {
        let (next, product) = (variable(at + 1, *width), times(beta, "s"));
        let moved = if (last - at) % UNREDUCED == 0 {
            format!("addmod({next}, {product}, r)")
        } else {
            format!("add({next}, {product})")
        };
        out += &set(at, *width, &moved);
    }
    out + &set(last, *width, "mod(y, r)")
}

/// A matrix times the state, in place.
fn multiply(matrix: &[Vec<Fr>], value: impl Fn(&[String]) -> String) -> String {
    loads(matrix.len()) + &stores(matrix, value)
}

/// The state onto the stack, where it has room.
fn loads(width: usize) -> String {
    let load = |at| format!("let x{at} := {}\n", word("state", at));
    (0..width).filter(|_| width <= STACK).map(load).collect()
}

/// A matrix times the elements, into the state: where these lie in it themselves, by way of the words behind.
fn stores(matrix: &[Vec<Fr>], value: impl Fn(&[String]) -> String) -> String {
    let width = matrix.len();
    let behind = if width <= STACK { 0 } else { width };
    let store = |(at, row): (usize, &Vec<Fr>)| {
        format!("mstore({}, {})\n", place(at + behind), value(&products(row, 0)))
    };
    let mut out: String = matrix.iter().enumerate().map(store).collect();
    let back = |at| format!("mstore({}, {})\n", place(at), word("state", at + width));
    out.extend((0..behind).map(back));
    out
}

/// An element, on the stack or in memory.
fn variable(at: usize, width: usize) -> String {
    if width <= STACK { format!("x{at}") } else { word("state", at) }
}

fn set(at: usize, width: usize, value: &str) -> String {
    if width <= STACK { format!("x{at} := {value}\n") } else { format!("mstore({}, {value})\n", place(at)) }
}

/// The products of a row with the elements, from the one at `from` on.
fn products(row: &[Fr], from: usize) -> Vec<String> {
    let entries = row.iter().enumerate().skip(from).filter(|(_, entry)| !entry.is_zero());
    entries.map(|(at, entry)| times(entry, &variable(at, row.len()))).collect()
}

fn times(entry: &Fr, variable: &str) -> String {
    format!("mulmod({}, {variable}, r)", literal(entry))
}

/// A sum of products below [`UNREDUCED`] times the modulus, so that a constant may be added.
fn sum(terms: &[String]) -> String {
    let mut groups = terms.chunks(UNREDUCED).map(plain_sum);
    let first = groups.next().unwrap_or_else(|| "0".into());
    groups.fold(first, |sum, group| format!("addmod({group}, {sum}, r)"))
}

/// The last argument is computed first, so one number lies on the stack however many are added.
fn plain_sum(terms: &[String]) -> String {
    let mut terms = terms.iter();
    let first = terms.next().cloned().unwrap_or_else(|| "0".into());
    terms.fold(first, |sum, term| format!("add({term}, {sum})"))
}

fn literal(value: &Fr) -> String {
    let bytes = value.into_bigint().to_bytes_be();
    bytes.iter().fold(String::from("0x"), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The address of a word of the state.
fn place(at: usize) -> String {
    address("state", at)
}

fn word(pointer: &str, at: usize) -> String {
    format!("mload({})", address(pointer, at))
}

fn address(pointer: &str, at: usize) -> String {
    if at == 0 { pointer.to_owned() } else { format!("add({pointer}, {})", 32 * at) }
}
