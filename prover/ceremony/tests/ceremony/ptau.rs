//! First phases of a test's own secrets, in snarkjs' form. Whoever has the secrets can forge: that is what tests need.

use ark_bn254::{Fq, Fr, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::{Field, One, PrimeField};
use assay_engine::{Backend, Domain, G1Point, G2Point, Point, fixed_base::FixedBase};

/// The secrets of a first phase.
#[derive(Clone, Copy)]
pub struct Secrets {
    pub tau: Fr,
    pub alpha: Fr,
    pub beta: Fr,
}

pub const SECRETS: fn() -> Secrets = || Secrets {
    tau: Fr::from(987_654_321_987_654_321u64).square(),
    alpha: Fr::from(1_234_567u64).square(),
    beta: Fr::from(7_654_321u64).square(),
};

/// The sections of a file, by number.
pub struct Ptau(pub Vec<(u32, Vec<u8>)>);

impl Ptau {
    /// A file with 2^power powers.
    pub fn new(power: u32, Secrets { tau, alpha, beta }: &Secrets) -> Ptau {
        let n = 1usize << power;
        let powers: Vec<Fr> =
            std::iter::successors(Some(Fr::one()), |x| Some(*x * tau)).take(2 * n - 1).collect();
        let times = |factor: &Fr| powers[..n].iter().map(|power| *power * factor).collect::<Vec<Fr>>();
        let mut header = modulus().to_vec();
        header.extend([power, power].map(u32::to_le_bytes).concat());
        // One contribution, with a name: its points and hashes are not looked at.
        let mut contributions = 1u32.to_le_bytes().to_vec();
        contributions.extend([7; 1432]);
        contributions.extend([9; 64]);
        contributions.extend([0u32, 5].map(u32::to_le_bytes).concat());
        contributions.extend(b"\x01\x03one");
        Ptau(vec![
            (1, header),
            (2, g1(&powers)),
            (3, g2(&powers[..n])),
            (4, g1(&times(alpha))),
            (5, g1(&times(beta))),
            (6, g2(&[*beta])),
            (7, contributions),
        ])
    }

    /// The same with Lagrange points.
    pub fn prepared(power: u32, secrets: &Secrets) -> Ptau {
        let mut file = Ptau::new(power, secrets);
        let mut lagrange = Vec::new();
        for level in 0..=power {
            lagrange.extend(Domain::with_size(1 << level).unwrap().lagrange(secrets.tau));
        }
        let times = |factor: &Fr| lagrange.iter().map(|value| *value * factor).collect::<Vec<Fr>>();
        // Over 2n points the last power is missing.
        let size = 2usize << power;
        let domain = Domain::with_size(size).unwrap();
        let missing = secrets.tau.pow([size as u64 - 1]) / Fr::from(size as u64);
        let nodes = std::iter::successors(Some(Fr::one()), |x| Some(*x * domain.omega()));
        let last =
            domain.lagrange(secrets.tau).into_iter().zip(nodes).map(|(value, node)| value - missing * node);
        let mut all = lagrange.clone();
        all.extend(last);
        file.0.extend([
            (12, g1(&all)),
            (13, g2(&lagrange)),
            (14, g1(&times(&secrets.alpha))),
            (15, g1(&times(&secrets.beta))),
        ]);
        file
    }

    pub fn section(&mut self, number: u32) -> &mut Vec<u8> {
        &mut self.0.iter_mut().find(|(section, _)| *section == number).unwrap().1
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = b"ptau".to_vec();
        bytes.extend([1, self.0.len() as u32].map(u32::to_le_bytes).concat());
        for (number, section) in &self.0 {
            bytes.extend(number.to_le_bytes());
            bytes.extend((section.len() as u64).to_le_bytes());
            bytes.extend(section);
        }
        bytes
    }
}

fn modulus() -> [u8; 36] {
    let mut bytes = [0; 36];
    bytes[..4].copy_from_slice(&32u32.to_le_bytes());
    bytes[4..].copy_from_slice(bytemuck::cast_slice(&Fq::MODULUS.0));
    bytes
}

pub fn g1(scalars: &[Fr]) -> Vec<u8> {
    multiples(G1Point::from(G1Affine::generator()), scalars)
}

pub fn g2(scalars: &[Fr]) -> Vec<u8> {
    multiples(G2Point::from(G2Affine::generator()), scalars)
}

fn multiples<P: Point>(base: P, scalars: &[Fr]) -> Vec<u8> {
    let points = FixedBase::new(Backend::fastest(), base, scalars.len()).multiply(scalars);
    bytemuck::cast_slice(&points).to_vec()
}
