//! Zero test and equality: `z = [x = 0]`.
//!
//! ```text
//! x * inverse = 1 - z
//! x * z = 0
//! inverse * z = 0
//! ```
//!
//! `x != 0` forces `z = 0`, then `inverse = 1/x`; `x = 0` forces `z = 1`, then `inverse = 0`. The third equation
//! is there for uniqueness only: without it `inverse` is free where `x = 0`, and two constraints
//! cannot pin both (they would leave a conic with one rational point, and no such conic has the
//! form `A * B = C`).
//!
//! Cost: 3 constraints, 2 wires (one full-size); none where `x` is a bit or the interval decides.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::error::BuildError;
use crate::linear::Lc;
use crate::program::Instruction;
use ark_bn254::Fr;
use ark_ff::One;

/// Integer reference.
pub fn reference(x: i64) -> i64 {
    i64::from(x == 0)
}

/// 1 where `x = 0`, else 0.
pub fn is_zero(b: &mut Builder, x: &Bounded) -> Result<Bounded, BuildError> {
    match (x.lo(), x.hi()) {
        (0, 0) => Bounded::constant(1),
        (lo, hi) if lo > 0 || hi < 0 => Bounded::constant(0),
        (0, 1) => x.sub_from_const(1),
        (-1, 0) => x.add_const(1),
        _ => b.scope("is_zero", |b| {
            b.instruct(Instruction::IsZero, &[x])?;
            let zero = Bounded::proven_wire(b.integer_wire()?, 1);
            let (x, z, inverse) = (x.to_lc(), zero.to_lc(), Lc::wire(b.element_wire()?));
            b.enforce("x * inverse = 1 - z", &x, &inverse, &Lc::constant(Fr::one()).minus(&z))?;
            b.enforce("x * z = 0", &x, &z, &Lc::zero())?;
            b.enforce("inverse * z = 0", &inverse, &z, &Lc::zero())?;
            Ok(zero)
        }),
    }
}

/// 1 where `x = y`, else 0.
pub fn is_equal(b: &mut Builder, x: &Bounded, y: &Bounded) -> Result<Bounded, BuildError> {
    is_zero(b, &x.sub(y)?)
}
