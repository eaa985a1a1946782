//! The key that a ceremony begins with: every secret of the second phase is one.
//!
//! From the powers come the domain's Lagrange points, by a transform or from a prepared file whose sections were checked; from them
//! every wire's points, as sparse sums. The result is compared with the powers before a ceremony begins with it, and again by each
//! contributor before he multiplies anything ([`crate::Ceremony::check`]): a contribution to points that nobody compared gives factors away.

use ark_bn254::Fr;
use ark_ec::CurveGroup;
use assay_engine::{Backend, Domain, G1Point, G2Point, Point, Sum, add_each, fixed_base::FixedBase, msm};
use assay_groth16::{Observer, Stage, parts::Shape};

use crate::{
    error::Error,
    ground::Ground,
    linear::Linear,
    parts::Part,
    phase1::{Phase1, Phase1Error, Powers, check_g1, check_g2},
    random::Coefficients,
};

/// The points of a part.
pub(crate) enum Points {
    G1(Vec<G1Point>),
    G2(Vec<G2Point>),
}

/// Makes parts, and the Lagrange points that several of them need, once.
pub(crate) struct Maker<'a> {
    pub(crate) shape: &'a Shape,
    pub(crate) linear: &'a Linear<'a>,
    pub(crate) domain: &'a Domain,
    pub(crate) phase1: &'a Phase1<'a>,
    pub(crate) powers: &'a Powers,
    pub(crate) backend: Backend,
    /// `[beta L_r]`, `[alpha L_r]`, `[L_r]`, one after another.
    lists: Option<Vec<G1Point>>,
}

impl<'a> Maker<'a> {
    pub(crate) fn new(ground: &'a Ground<'a>, phase1: &'a Phase1<'a>) -> Result<Maker<'a>, Error> {
        let Ground { shape, linear, domain, powers } = ground;
        Ok(Maker { shape, linear, domain, phase1, powers, backend: Backend::detect()?, lists: None })
    }

    /// The points of an initial part.
    pub(crate) fn make(&mut self, part: Part) -> Result<Points, Error> {
        let (shape, linear, backend) = (self.shape, self.linear, self.backend);
        let values = &linear.values;
        let rows = self.domain.size();
        let kappa =
            |lists: &[G1Point], wires: &[u32]| linear.kappa(wires, rows as u32).of(backend, lists, values);
        Ok(match part {
            Part::Base => {
                let instance: Vec<u32> = (0..shape.instance as u32).collect();
                let ic = kappa(self.lists()?, &instance);
                let first = |points: &[G1Point]| points.first().copied().unwrap_or_default();
                let beta_g2 = G2Point::from(self.powers.beta_g2);
                let mut points = vec![first(&self.powers.alpha), first(&self.powers.beta)];
                points.extend(ic);
                points.extend(bytemuck::cast::<G2Point, [G1Point; 2]>(beta_g2));
                Points::G1(points)
            }
            Part::A => {
                let lists = self.lists()?;
                Points::G1(linear.a(&shape.a).of(backend, &lists[2 * rows..], values))
            }
            Part::BG1 => {
                let lists = self.lists()?;
                Points::G1(linear.b(&shape.b).of(backend, &lists[2 * rows..], values))
            }
            Part::BG2 => {
                let points = self.lagrange_g2()?;
                Points::G2(linear.b(&shape.b).of(backend, &points, values))
            }
            Part::G | Part::Sigma(_) => Points::G1(kappa(self.lists()?, &shape.committed)),
            Part::L => Points::G1(kappa(self.lists()?, &shape.l)),
            Part::H => Points::G1(self.odd_lagrange()?),
        })
    }

    fn lists(&mut self) -> Result<&[G1Point], Error> {
        if self.lists.is_none() {
            let powers = self.powers;
            let mut lists = Vec::with_capacity(3 * self.domain.size());
            for (section, powers) in [(15, &powers.beta), (14, &powers.alpha)] {
                lists.extend(self.lagrange_g1(section, powers)?);
            }
            lists.extend(self.lagrange_g1(12, &powers.tau_g1[..self.domain.size()])?);
            self.lists = Some(lists);
        }
        Ok(self.lists.as_deref().unwrap_or_default())
    }

    fn lagrange_g1(&self, section: u32, powers: &[G1Point]) -> Result<Vec<G1Point>, Error> {
        let size = self.domain.size();
        if !self.phase1.is_prepared(size) {
            return Ok(self.domain.lagrange_points(self.backend, powers)?);
        }
        let points: Vec<G1Point> = self.phase1.lagrange(section, size)?;
        check_g1("a prepared section", &points)?;
        self.check_transform(section, &points, powers)?;
        Ok(points)
    }

    fn lagrange_g2(&self) -> Result<Vec<G2Point>, Error> {
        let size = self.domain.size();
        if !self.phase1.is_prepared(size) {
            return Ok(self.domain.lagrange_points(self.backend, &self.powers.tau_g2)?);
        }
        let points: Vec<G2Point> = self.phase1.lagrange(13, size)?;
        check_g2("the prepared section 13", &points)?;
        self.check_transform(13, &points, &self.powers.tau_g2)?;
        Ok(points)
    }

    /// `sum_r rho_r [L_r]` is the sum of the powers with the coefficients of the polynomial that is rho_r at row r.
    fn check_transform<P: Point>(&self, section: u32, points: &[P], powers: &[P]) -> Result<(), Error> {
        let random = Coefficients::draw(points.len())?;
        let coefficients = self.domain.coefficients(random.elements().collect())?;
        let expected: Sum<P> = msm::msm(self.backend, powers, &coefficients[..]);
        if random.sum(self.backend, points) == expected {
            Ok(())
        } else {
            Err(Phase1Error::Prepared(section).into())
        }
    }

    /// Takes the terms in `tau^(2N - 1)` away, `x / 2N [tau^(2N-1)]` for the odd point x: only the largest block of a file lacks them.
    fn without_highest(&self, odd: Vec<G1Point>) -> Result<Vec<G1Point>, Error> {
        let size = self.domain.size();
        let Some(highest) = self.phase1.power_of_tau(2 * size - 1)? else { return Ok(odd) };
        check_g1("the powers of tau in G1", &[highest])?;
        let first = -self.domain.shift() / Fr::from(2 * size as u64);
        let nodes = std::iter::successors(Some(first), |x| Some(*x * self.domain.omega()));
        let scalars: Vec<Fr> = nodes.take(size).collect();
        let terms = FixedBase::new(self.backend, highest, size).multiply(&scalars[..]);
        Ok(add_each(self.backend, &odd, &terms))
    }

    fn odd_lagrange(&self) -> Result<Vec<G1Point>, Error> {
        let size = self.domain.size();
        if !self.phase1.is_prepared(size) {
            return Ok(self.domain.odd_lagrange_points(self.backend, &self.powers.tau_g1)?);
        }
        let all: Vec<G1Point> = self.phase1.lagrange(12, 2 * size)?;
        let odd: Vec<G1Point> = all.into_iter().skip(1).step_by(2).collect();
        let odd = self.without_highest(odd)?;
        check_g1("the prepared section 12", &odd)?;
        let random = Coefficients::draw(size)?;
        let expected = quotient_sum(self.backend, self.domain, self.powers, random.elements().collect())?;
        if random.sum(self.backend, &odd).into_affine() == expected.into_affine() {
            Ok(odd)
        } else {
            Err(Phase1Error::Prepared(12).into())
        }
    }
}

/// `sum_i rho_i [L_i]` for the odd points' Lagrange polynomials without their highest terms:
/// `sum_k e_k ([tau^k] - [tau^(k+N)])` with `e_k = g^(-k) / 2N sum_i rho_i w^(-ik)` and `[tau^(2N-1)]` left out.
pub(crate) fn quotient_sum(
    backend: Backend,
    domain: &Domain,
    powers: &Powers,
    rho: Vec<Fr>,
) -> Result<Sum<G1Point>, Error> {
    use ark_ff::Field;
    let mut factors = domain.coefficients(rho)?;
    // The coefficients have 1/N.
    let inverse = domain.shift().pow([2 * domain.size() as u64 - 1]);
    let mut factor = Fr::ONE / Fr::from(2u64);
    for e in &mut factors {
        *e *= factor;
        factor *= inverse;
    }
    let (low, high) = powers.tau_g1.split_at(domain.size());
    Ok(msm::msm::<G1Point>(backend, low, &factors[..]) - msm::msm::<G1Point>(backend, high, &factors[..]))
}

/// Tells how many of the initial parts are made.
pub(crate) fn report(observer: Observer<'_>, done: usize, all: usize) -> Result<(), Error> {
    Ok(observer.report(Stage::Setup, done as u64, all as u64)?)
}
