//! Rewrites textual LLVM IR into what upstream LLVM's BPF back end can select.
//!
//! Rust code for 64-bit targets uses six things that this back end lacks; each is rewritten, the rest of the
//! text is passed on as it is:
//! 1. `sret(...)` on parameters: a hint about the return slot; the pointer itself stays, so it is dropped;
//! 2. `mul i128`, and `shl`/`lshr`/`ashr i128` by a variable: the back end would call library functions that a
//!    program does not have; they become calls of the helpers of `helpers.ll`, which use 64-bit words only;
//! 3. products that report overflow, of 64 and 128 bits (`checked_mul`, and `*` under overflow checks): likewise;
//! 4. signed division and its remainder, of 32 and 64 bits: likewise;
//! 5. functions of more than five argument registers: BPF passes no more; they become `alwaysinline`;
//! 6. floating point: there is none on chain; the function that uses it is named in the error.
//!
//! The input is the output of `opt -S`: one instruction a line, two spaces in front of it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anyhow::{Result, bail};

/// 128-bit operations over 64-bit words.
const HELPERS: &str = include_str!("legalize/helpers.ll");

/// Registers that carry arguments in BPF's calling convention.
const ARGUMENT_REGISTERS: usize = 5;

/// Intrinsics of products that report overflow, and the helpers that take their place.
const OVERFLOW_PRODUCTS: [(&str, &str); 4] = [
    ("@llvm.umul.with.overflow.i64(", "@assay.umulo64("),
    ("@llvm.smul.with.overflow.i64(", "@assay.smulo64("),
    ("@llvm.umul.with.overflow.i128(", "@assay.umulo128("),
    ("@llvm.smul.with.overflow.i128(", "@assay.smulo128("),
];

const FLOATING_POINT: [&str; 13] = [
    "fadd", "fsub", "fmul", "fdiv", "frem", "fneg", "fcmp", "fptoui", "fptosi", "uitofp", "sitofp",
    "fptrunc", "fpext",
];

/// Returns the module `ir` with every construct of the list above replaced.
pub fn legalize(ir: &str) -> Result<String> {
    let mut output = String::with_capacity(ir.len() + HELPERS.len());
    let mut inlined_groups = BTreeSet::new();
    let mut function = "";
    for line in ir.lines() {
        if line.starts_with("define ") {
            let definition = Definition::parse(line);
            function = definition.map_or("", |definition| definition.name);
            match definition.filter(|definition| definition.registers() > ARGUMENT_REGISTERS) {
                Some(definition) => {
                    inlined_groups.extend(definition.attribute_groups());
                    writeln!(output, "{}", without_sret(&definition.inlined()))?;
                }
                None => writeln!(output, "{}", without_sret(line))?,
            }
        } else if line.starts_with("declare ") {
            writeln!(output, "{}", without_sret(line))?;
        } else if let Some(instruction) = line.strip_prefix("  ") {
            if let Some(operation) = floating_point(instruction) {
                bail!("function {function} uses floating point (`{operation}`), which on-chain code cannot");
            }
            match helper_call(instruction) {
                Some(call) => writeln!(output, "  {call}")?,
                None => writeln!(output, "  {}", with_helpers(&without_sret(instruction)))?,
            }
        } else {
            writeln!(output, "{line}")?;
        }
    }
    Ok(allow_inlining(&output, &inlined_groups) + HELPERS)
}

/// A `define` line, taken apart.
#[derive(Clone, Copy)]
struct Definition<'a> {
    /// Everything up to and with the opening parenthesis.
    head: &'a str,
    name: &'a str,
    parameters: &'a str,
    /// Everything from the closing parenthesis on.
    tail: &'a str,
}

impl<'a> Definition<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let at = line.find('@')?;
        let rest = &line[at..];
        let name_length = match rest.strip_prefix("@\"") {
            Some(quoted) => quoted.find('"')? + 3,
            None => rest.find('(')?,
        };
        let name = &rest[..name_length];
        let (head, parameters) = line.split_at(at + name_length + 1);
        let end = closing(parameters)?;
        let (parameters, tail) = parameters.split_at(end);
        Some(Self { head, name, parameters, tail })
    }

    /// Argument registers that the parameters take: one for each started 64 bits of an integer or array.
    fn registers(&self) -> usize {
        split_top_level(self.parameters).into_iter().map(|parameter| registers_of(parameter.trim())).sum()
    }

    /// The references to attribute groups, such as `#3`.
    fn attribute_groups(&self) -> impl Iterator<Item = String> + 'a {
        self.tail
            .split_whitespace()
            .filter(|word| word.strip_prefix('#').is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit())))
            .map(String::from)
    }

    /// The line with `alwaysinline` in the place where the grammar takes function attributes.
    fn inlined(&self) -> String {
        let tail = self.tail.replace(" noinline", "");
        let mut after = tail.strip_prefix(')').unwrap_or(&tail);
        let mut linkage = String::new();
        for keyword in [" local_unnamed_addr", " unnamed_addr"] {
            if let Some(rest) = after.strip_prefix(keyword) {
                linkage.push_str(keyword);
                after = rest;
            }
        }
        format!("{}{}){linkage} alwaysinline{after}", self.head, self.parameters)
    }
}

/// Drops `noinline` from the attribute groups of functions that must be inlined.
fn allow_inlining(ir: &str, groups: &BTreeSet<String>) -> String {
    let mut output = String::with_capacity(ir.len());
    for line in ir.split_inclusive('\n') {
        let group = line.strip_prefix("attributes ").and_then(|rest| rest.split_whitespace().next());
        if group.is_some_and(|group| groups.contains(group)) {
            output.push_str(&line.replace(" noinline", ""));
        } else {
            output.push_str(line);
        }
    }
    output
}

/// The text without `sret(...)`: the pointer parameter that it stands on keeps its other attributes.
fn without_sret(text: &str) -> String {
    let mut output = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(" sret(") {
        let (before, attribute) = rest.split_at(start);
        let inner = &attribute[" sret(".len()..];
        let Some(end) = closing(inner) else { break };
        output.push_str(before);
        rest = &inner[end + 1..];
    }
    output.push_str(rest);
    output
}

/// The call that replaces an operation on integers which the back end lacks.
fn helper_call(instruction: &str) -> Option<String> {
    let (result, operation) = instruction.split_once(" = ")?;
    let (name, operands) = operation.split_once(' ')?;
    let mut words = operands.split(' ').skip_while(|word| matches!(*word, "nuw" | "nsw" | "exact"));
    let kind = words.next()?;
    let left = words.next()?.strip_suffix(',')?;
    let right = words.next()?.trim_end_matches(',');
    let is_missing = match (name, kind) {
        ("mul", "i128") => true,
        ("shl" | "lshr" | "ashr", "i128") => !right.bytes().all(|byte| byte.is_ascii_digit()),
        ("sdiv" | "srem", "i32" | "i64") => true,
        _ => false,
    };
    let bits = kind.strip_prefix('i')?;
    is_missing.then(|| format!("{result} = call {kind} @assay.{name}{bits}({kind} {left}, {kind} {right})"))
}

/// The instruction with calls of [`OVERFLOW_PRODUCTS`] redirected.
fn with_helpers(instruction: &str) -> String {
    OVERFLOW_PRODUCTS
        .iter()
        .fold(instruction.to_owned(), |text, (intrinsic, helper)| text.replace(intrinsic, helper))
}

fn floating_point(instruction: &str) -> Option<&str> {
    let operation = instruction.split_once(" = ")?.1.split(' ').next()?;
    FLOATING_POINT.contains(&operation).then_some(operation)
}

fn registers_of(parameter: &str) -> usize {
    let kind = parameter.split_whitespace().next().unwrap_or_default();
    if let Some(array) = parameter.strip_prefix('[') {
        let mut words = array.split_whitespace();
        let length = words.next().and_then(|n| n.parse().ok()).unwrap_or(1);
        let element = words.nth(1).map_or(1, |kind| registers_of(kind.trim_end_matches(']')));
        return length * element;
    }
    let bits: usize = kind.strip_prefix('i').and_then(|bits| bits.parse().ok()).unwrap_or(64);
    bits.div_ceil(64)
}

/// Position of the parenthesis that closes one opened just before `text`; quoted text does not count.
fn closing(text: &str) -> Option<usize> {
    let (mut depth, mut quoted) = (0_usize, false);
    for (position, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'(' if !quoted => depth += 1,
            b')' if !quoted && depth == 0 => return Some(position),
            b')' if !quoted => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Splits at the commas that stand outside all brackets.
fn split_top_level(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0_usize, 0, Vec::new());
    for (position, byte) in text.bytes().enumerate() {
        match byte {
            b'(' | b'[' | b'{' | b'<' => depth += 1,
            b')' | b']' | b'}' | b'>' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                parts.push(&text[start..position]);
                start = position + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts.retain(|part| !part.trim().is_empty());
    parts
}

#[cfg(test)]
mod tests;
