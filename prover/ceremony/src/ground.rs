//! What a state of a ceremony is compared with.

use assay_circuits::Circuit;
use assay_engine::Domain;
use assay_groth16::{Observer, parts::Shape};

use crate::{
    error::Error,
    linear::Linear,
    phase1::{Phase1, Powers},
    transcript::Transcript,
};

/// Fails unless a transcript is one of this circuit and this first phase.
pub(crate) fn named(
    circuit: &Circuit,
    phase1: &Phase1<'_>,
    transcript: &Transcript,
) -> Result<(Shape, Domain), Error> {
    let beginning = &transcript.beginning;
    let shape = Shape::of(circuit)?;
    if shape.circuit != beginning.circuit {
        return Err(Error::OtherCircuit { ceremony: beginning.circuit, circuit: shape.circuit });
    }
    let other = || Error::OtherDomain { found: beginning.domain, rows: shape.rows };
    let domain = Domain::with_size(beginning.domain as usize).map_err(|_| other())?;
    if domain.size() < shape.rows {
        return Err(other());
    }
    if beginning.sigmas != u32::from(!shape.committed.is_empty()) {
        return Err(Error::OtherWires);
    }
    let identity = phase1.identity();
    if identity != beginning.phase1 {
        let [ceremony, file] = [&beginning.phase1, &identity].map(|of| hex::encode(of.blake2b));
        return Err(Error::OtherPhase1 { ceremony, file });
    }
    Ok((shape, domain))
}

/// What a state is compared with: a circuit, and the powers for its domain, checked.
pub(crate) struct Ground<'a> {
    pub(crate) shape: Shape,
    pub(crate) linear: Linear<'a>,
    pub(crate) domain: Domain,
    pub(crate) powers: Powers,
}

impl<'a> Ground<'a> {
    /// Of a transcript, which has to be one of this circuit and this first phase.
    pub(crate) fn of(
        circuit: &'a Circuit,
        phase1: &Phase1<'_>,
        transcript: &Transcript,
        observer: Observer<'_>,
    ) -> Result<Ground<'a>, Error> {
        let (shape, domain) = named(circuit, phase1, transcript)?;
        Ground::with(circuit, shape, domain, phase1, observer)
    }

    /// Over this domain.
    pub(crate) fn with(
        circuit: &'a Circuit,
        shape: Shape,
        domain: Domain,
        phase1: &Phase1<'_>,
        observer: Observer<'_>,
    ) -> Result<Ground<'a>, Error> {
        let powers = phase1.powers(domain.size(), observer)?;
        Ok(Ground { shape, linear: Linear::of(&circuit.r1cs), domain, powers })
    }
}
