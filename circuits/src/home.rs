//! Weights of a circuit under construction: they are declared, each gets its home row, and the home rows go to the front. See
//! the module `weights`.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::error::{BuildError, at_mut};
use crate::gadgets::lookup::digits;
use crate::instruction::{InputTensor, Instruction};
use crate::integer::{Interval, half, product, sum};
use crate::linear::{Lc, Wire};
use crate::weights::{Home, MAX_WEIGHT_BITS, Weight};

impl Builder {
    /// Declares the weights of the circuit: tensors by name, number of values, and bits of each, signed (1 to 60). Before anything
    /// else, and once. Circuits that are to share a commitment declare the same ones in the same order.
    ///
    /// Cost: a constraint a weight, which [`Builder::weigh`] and [`Builder::prove_weight`] fill with something useful, and one for
    /// the mask.
    ///
    /// # Errors
    /// [`BuildError::WeightsLate`], and of a tensor that is empty or has other bits.
    pub fn weights(&mut self, tensors: &[(&str, usize, u8)]) -> Result<Vec<Vec<Weight>>, BuildError> {
        if self.has_wires() {
            return Err(BuildError::WeightsLate);
        }
        let mut all = Vec::with_capacity(tensors.len());
        for &(name, len, bits) in tensors {
            if !(1..=MAX_WEIGHT_BITS).contains(&bits) {
                let (bits, max) = (bits.into(), MAX_WEIGHT_BITS.into());
                return Err(BuildError::Bits { operation: "weights", bits, min: 1, max });
            }
            let count = u32::try_from(len).map_err(|_| BuildError::TooLarge { what: "weights" })?;
            if count == 0 {
                return Err(BuildError::Empty { operation: "weights" });
            }
            self.program.weights.push(InputTensor { name: name.into(), len: count, bits });
            let mut weights = Vec::with_capacity(len);
            for _ in 0..len {
                let (owner, index) = (self.id(), self.homes.len());
                weights.push(Weight { owner, index, wire: self.integer_wire()?, bits });
                self.homes.push(None);
            }
            all.push(weights);
        }
        if all.is_empty() {
            return Err(BuildError::Empty { operation: "weights" });
        }
        self.element_wire()?; // the mask
        self.instruct(Instruction::Weights, &[])?;
        Ok(all)
    }

    /// `weight * x + c` as a wire, by the weight's home row: `weight * x = wire - c`. With `c` the sum so far, a sum of products
    /// takes a row a weight and no other.
    ///
    /// # Errors
    /// [`BuildError::WeightTwice`]: a weight has one home row. [`BuildError::Overflow`] where the interval leaves the limits.
    pub fn weigh(&mut self, weight: &Weight, x: &Bounded, c: &Bounded) -> Result<Bounded, BuildError> {
        const OPERATION: &str = "product with a weight";
        self.check_owner(OPERATION, x)?;
        self.check_owner(OPERATION, c)?;
        let interval = sum(product(weight_interval(weight), x.interval()), c.interval());
        let factor = self.weight_value(OPERATION, weight)?;
        self.instruct(Instruction::MultiplyAdd, &[&factor, x, c])?;
        let wire = self.integer_wire()?;
        let result = Bounded::proven_signed(OPERATION, self.id(), wire, interval)?;
        let sides = [Lc::wire(weight.wire), x.to_lc(), result.to_lc().minus(&c.to_lc())];
        self.home_row(weight, "weight * x = sum - sum before", sides)?;
        Ok(result)
    }

    /// A copy of a weight, by its home row: for a weight that is used more than once, or by anything but a product.
    pub fn copy_weight(&mut self, weight: &Weight) -> Result<Bounded, BuildError> {
        self.weigh(weight, &Bounded::constant(1)?, &Bounded::constant(0)?)
    }

    /// `bias + sum weights_i * x_i`, a row a product.
    ///
    /// # Errors
    /// [`BuildError::Length`] of other numbers of weights and values, and those of [`Builder::weigh`].
    pub fn weighted_sum(
        &mut self,
        weights: &[Weight],
        x: &[Bounded],
        bias: &Bounded,
    ) -> Result<Bounded, BuildError> {
        if weights.len() != x.len() {
            let (operation, what, expected, found) = ("weighted sum", "weights", x.len(), weights.len());
            return Err(BuildError::Length { operation, what, expected, found });
        }
        weights.iter().zip(x).try_fold(bias.clone(), |sum, (weight, x)| self.weigh(weight, x, &sum))
    }

    /// Proves that a weight is an integer of its bits: what a circuit that computes with it assumes.
    ///
    /// By lookups of digits of c bits, where b is c or more, the home row is the first query: `(w + 2^(b-1) - sum 2^(c i) t_i - X) * v = -1`, and
    /// each further digit `t_i` is one more query, so a weight of c bits costs nothing beyond its home row. (Not so if b is below c: then
    /// the digit would have to be queried twice, so the home row copies it.) By bits, the home row is a copy, and there is a
    /// constraint a bit and one for their sum.
    ///
    /// *Soundness.* The argument of [`crate::gadgets::lookup`] is about what was fixed before the challenge. A weight is: its commitment
    /// is hashed by the challenge beside that to the queries. And of queries it needs that each has a fraction with
    /// `v * (X - q) = 1`, on whichever side.
    pub fn prove_weight(&mut self, weight: &Weight) -> Result<(), BuildError> {
        digits::assert_weight(self, weight)
    }

    /// The value of a weight over the integers, as far as the program reads it. No gadget may see it: it stands in its home row alone.
    pub(crate) fn weight_value(
        &self,
        operation: &'static str,
        weight: &Weight,
    ) -> Result<Bounded, BuildError> {
        if weight.owner != self.id() {
            return Err(BuildError::ForeignValue { operation });
        }
        Bounded::proven_signed(operation, self.id(), weight.wire, weight_interval(weight))
    }

    /// Builds the home row of a weight, which stands in A with coefficient 1, named after the current scopes and `equation`.
    pub(crate) fn home_row(
        &mut self,
        weight: &Weight,
        equation: &str,
        sides: [Lc; 3],
    ) -> Result<(), BuildError> {
        let scopes = self.scopes();
        let name = if scopes.is_empty() { equation.into() } else { format!("{scopes}/{equation}") };
        let home = at_mut("weights", &mut self.homes, weight.index)?;
        if home.is_some() {
            return Err(BuildError::WeightTwice { index: weight.index });
        }
        *home = Some(Home { name, sides });
        Ok(())
    }

    /// Puts the home rows in front of all others: the last thing that is done to the rows.
    pub(crate) fn place_home_rows(&mut self) -> Result<(), BuildError> {
        let homes = std::mem::take(&mut self.homes);
        if homes.is_empty() {
            return Ok(());
        }
        let others = self.take_rows();
        let idle = |name: &str, wire: u32| {
            let sides = [Lc::wire(Wire(wire)), Lc::zero(), Lc::zero()];
            Home { name: name.into(), sides }
        };
        let mut wire = FIRST;
        for home in homes {
            let home = home.unwrap_or_else(|| idle("weights/weight * 0 = 0", wire));
            self.put_row(home.name, &home.sides)?;
            wire += 1; // fewer than there are wires, which 32 bits count
        }
        let mask = idle("weights/mask * 0 = 0", wire);
        self.put_row(mask.name, &mask.sides)?;
        self.put_rows(&others)
    }
}

/// The wire of the first weight, as a builder numbers them.
const FIRST: u32 = Wire::CHALLENGE.0 + 1;

/// The integers of a weight's bits.
fn weight_interval(weight: &Weight) -> Interval {
    let half = i128::from(half(weight.bits.into()));
    (-half, half - 1)
}
