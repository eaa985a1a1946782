//! Inputs: private wires whose ranges constraints prove.

use crate::bounded::Bounded;
use crate::builder::{Builder, check_tensor_bits};
use crate::error::BuildError;
use crate::gadgets::lookup::digits::assert_width;
use crate::instruction::{InputTensor, Instruction};
use crate::integer::half;

impl Builder {
    /// Declares an input tensor of `len` signed integers of `bits` bits (1 to 32). They are private
    /// wires; constraints prove each value's range.
    ///
    /// Cost: a wire and a range proof of `bits` bits a value (`bits` constraints without lookups). The
    /// wire holds `value + 2^(bits-1)`.
    pub fn input(&mut self, name: &str, len: usize, bits: u8) -> Result<Vec<Bounded>, BuildError> {
        check_tensor_bits("input", bits)?;
        if len == 0 {
            return Err(BuildError::Empty { operation: "input" });
        }
        let count = u32::try_from(len).map_err(|_| BuildError::TooLarge { what: "input values" })?;
        self.program.inputs.push(InputTensor { name: name.into(), len: count, bits });
        self.instruct(Instruction::Input, &[])?;
        let highest = (1i64 << bits) - 1;
        let wires = (0..len).map(|_| self.bounded_wire(highest)).collect::<Result<Vec<_>, _>>()?;
        let offset = half(bits.into());
        let values: Vec<Bounded> = self.scope(&format!("input {name}"), |b| {
            wires
                .iter()
                .map(|wire| {
                    assert_width(b, wire, u32::from(bits))?;
                    wire.add_const(-offset)
                })
                .collect::<Result<_, BuildError>>()
        })?;
        self.inputs.push(values.clone());
        Ok(values)
    }
}
