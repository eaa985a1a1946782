//! The verifier's registry: keys that allow forgeries, encodings with two readings, a stopped model.

use assay_interface::{field::Scalar, groth16::BASE_MODULUS};
use assay_verifier_host::{VerifierError, suspend, verify};

use super::{Material, Target, foreign::ForeignModel};
use crate::error::DemoError;
use crate::{lending::simulation::Expected, scenario::Attack};

impl Target<'_> {
    /// The verifier's registry: keys that allow forgeries, encodings with two readings, a stopped model.
    pub(super) fn on_the_registry(
        &self,
        material: &Material,
        attacks: &mut Vec<Attack>,
    ) -> Result<(), DemoError> {
        let key = self.prover.verifying_key().to_interface();
        let (mut equal, mut opposite) = (key, key);
        equal.plain_mut().delta_g2 = key.plain().gamma_g2;
        opposite.plain_mut().delta_g2 = negated(&key.plain().gamma_g2);
        for (name, key, error) in [
            ("register a key with gamma = delta", equal, VerifierError::KeyGammaEqualsDelta),
            ("register a key with gamma = -delta", opposite, VerifierError::KeyGammaOppositeDelta),
        ] {
            let outcome = ForeignModel { key }.send(self, &mut material.simulation.clone())?;
            attacks.push(Expected::verifier(error).judge(name, outcome));
        }

        // The first limb plus the field's order: the same field element, in other bytes.
        let honest = &material.honest;
        let context = honest.question.context;
        let original = || verify(self.account, &honest.proof, context, &honest.limbs);
        let mut aliased = original();
        let at = aliased.data.len().saturating_sub(32 * honest.limbs.len());
        let Some(limb) = aliased.data.get_mut(at..at + 32) else {
            return Err(DemoError::Scenario("the arguments hold a limb"));
        };
        add_order(limb);
        for (name, limb) in [
            ("an input above the field order (same residue)", aliased),
            ("an input at the field order", {
                let mut at_order = original();
                if let Some(limb) = at_order.data.get_mut(at..at + 32) {
                    limb.copy_from_slice(&Scalar::MODULUS);
                }
                at_order
            }),
        ] {
            let outcome = material.simulation.clone().attempt(&self.market.keeper.keypair, &[limb]).map(drop);
            attacks.push(Expected::verifier(VerifierError::LimbNotCanonical).judge(name, outcome));
        }

        let mut simulation = material.simulation.clone();
        let stop = suspend(self.authority.address(), self.account);
        simulation.attempt(&self.authority.keypair, &[stop]).map_err(DemoError::refused("suspend"))?;
        let outcome = self.send(&mut simulation, &self.honest(material)?);
        let expected = Expected::verifier(VerifierError::ModelSuspended);
        attacks.push(expected.judge("use a model that was suspended", outcome));
        Ok(())
    }
}

/// The negation of a G2 point: both parts of y are subtracted from the base field's order.
fn negated(point: &[u8; 128]) -> [u8; 128] {
    let mut negated = *point;
    let (_, y) = negated.split_at_mut(64);
    for part in y.chunks_mut(32) {
        if part.iter().any(|&byte| byte != 0) {
            subtract_from(&BASE_MODULUS, part);
        }
    }
    negated
}

/// `number = minuend - number`, big-endian, for a number that is not larger.
fn subtract_from(minuend: &[u8; 32], number: &mut [u8]) {
    let mut borrow = 0i16;
    for (byte, &minuend) in number.iter_mut().zip(minuend).rev() {
        let difference = i16::from(minuend) - i16::from(*byte) - borrow;
        borrow = i16::from(difference < 0);
        *byte = difference.rem_euclid(256) as u8;
    }
}

/// `number += order of the scalar field`, big-endian; limbs stay below 2^248, so 32 bytes hold the sum.
fn add_order(number: &mut [u8]) {
    let mut carry = 0u16;
    for (byte, order) in number.iter_mut().zip(Scalar::MODULUS).rev() {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        carry = sum >> 8;
        *byte = (sum & 0xff) as u8;
    }
}
