//! The life of a model under random hands: authority, successor, guardian and a stranger each try everything, at times chosen
//! to lie at the edges of waits and windows. What the program allowed is held against a record of it that knows nothing of the
//! account's own times.

use assay_verifier_host::{self as verifier, MIN_TIMELOCK, Model, Status, WINDOW};
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::support::{World, fixed_key};

const ROUNDS: u64 = 10;
const STEPS: usize = 240;
const NOBODY: Address = Address::new_from_array([0; 32]);

/// What somebody tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Activate,
    Suspend,
    Resume,
    Offer(Address),
    Accept,
    ProposeGuardian(Address),
    ApplyGuardian,
    CancelGuardian,
    Renounce,
    Retire,
}

impl Act {
    fn random(rng: &mut ChaCha8Rng, addresses: &[Address]) -> Act {
        let anybody = *addresses.choose(rng).unwrap();
        match rng.gen_range(0..72) {
            0..12 => Act::Activate,
            12..20 => Act::Suspend,
            20..30 => Act::Resume,
            30..38 => Act::Offer(anybody),
            38..46 => Act::Accept,
            46..56 => Act::ProposeGuardian(anybody),
            56..66 => Act::ApplyGuardian,
            66..68 => Act::CancelGuardian,
            68..71 => Act::Renounce,
            _ => Act::Retire,
        }
    }

    fn instruction(self, signer: Address, model: Address) -> solana_instruction::Instruction {
        match self {
            Act::Activate => verifier::activate(signer, model),
            Act::Suspend => verifier::suspend(signer, model),
            Act::Resume => verifier::resume(signer, model),
            Act::Offer(to) => verifier::propose_authority(signer, model, to),
            Act::Accept => verifier::accept_authority(signer, model),
            Act::ProposeGuardian(guardian) => verifier::propose_guardian(signer, model, guardian),
            Act::ApplyGuardian => verifier::apply_guardian(signer, model),
            Act::CancelGuardian => verifier::cancel_guardian(signer, model),
            Act::Renounce => verifier::renounce_authority(signer, model),
            Act::Retire => verifier::retire(signer, model),
        }
    }
}

/// What was allowed so far.
struct Record {
    /// Since when the model waits to become active.
    proposed_at: i64,
    offer: Option<(Address, i64)>,
    guardian: Option<(Address, i64)>,
    /// Activations, changes of guardian and of authority, models made immutable.
    seen: [usize; 4],
}

impl Record {
    fn is_ripe(since: i64, now: i64) -> bool {
        (since + MIN_TIMELOCK..=since + MIN_TIMELOCK + WINDOW).contains(&now)
    }

    /// An act that the program allowed.
    fn allowed(&mut self, before: &Model, after: &Model, act: Act, signer: Address, now: i64) {
        let allowed_to = match act {
            Act::Suspend => signer == before.authority || signer == before.guardian,
            Act::Accept => self.offer.is_some_and(|(to, at)| to == signer && now <= at + WINDOW),
            _ => signer == before.authority,
        };
        assert!(allowed_to && signer != NOBODY, "{act:?}");
        assert_ne!(before.authority, NOBODY, "{act:?} of an immutable model");
        if act != Act::Accept && !matches!(act, Act::Offer(_)) {
            assert_ne!(before.status, Status::Retired as u8, "{act:?} of a retired model");
        }
        if after.authority != before.authority {
            match act {
                Act::Accept => assert_eq!(after.authority, signer),
                _ => assert_eq!((act, after.authority, before.guardian), (Act::Renounce, NOBODY, NOBODY)),
            }
        }
        if after.guardian != before.guardian {
            let (guardian, since) = self.guardian.expect("a guardian who was never proposed");
            assert_eq!((act, after.guardian), (Act::ApplyGuardian, guardian));
            assert!(Self::is_ripe(since, now), "{since} {now}");
        }
        assert!(after.guardian == NOBODY || after.guardian != after.authority, "one key for both");
        if after.status == Status::Active as u8 && before.status != after.status {
            assert_eq!((act, before.status), (Act::Activate, Status::Proposed as u8));
            assert!(Self::is_ripe(self.proposed_at, now), "{} {now}", self.proposed_at);
        }
        match act {
            Act::Activate => self.seen[0] += 1,
            Act::Resume => self.proposed_at = now,
            Act::Suspend => assert_eq!(after.status, Status::Suspended as u8),
            Act::Offer(to) => self.offer = (to != NOBODY).then_some((to, now)),
            Act::Accept => (self.offer, self.seen[2]) = (None, self.seen[2] + 1),
            Act::ProposeGuardian(guardian) => self.guardian = Some((guardian, now)),
            Act::ApplyGuardian => (self.guardian, self.seen[1]) = (None, self.seen[1] + 1),
            Act::CancelGuardian => self.guardian = None,
            Act::Renounce => {
                assert_eq!(before.status, Status::Active as u8);
                self.seen[3] += 1;
            }
            Act::Retire => (self.offer, self.guardian) = (None, None),
        }
    }
}

#[test]
fn whatever_anybody_tries_waits_and_stops_hold() {
    let mut seen = [0; 4];
    for round in 0..ROUNDS {
        let mut rng = ChaCha8Rng::seed_from_u64(round);
        let (mut world, guardian) = World::guarded();
        let keys: [Keypair; 4] = [fixed_key(1), fixed_key(2), guardian, fixed_key(4)];
        world.net.airdrop(&keys[3].pubkey(), 100_000_000_000);
        let addresses: Vec<Address> = keys.iter().map(Keypair::pubkey).chain([NOBODY]).collect();
        let proposed_at = world.state().registered_at;
        let mut record = Record { proposed_at, offer: None, guardian: None, seen: [0; 4] };
        for _ in 0..STEPS {
            let waits =
                [0, 0, 0, 3_600, MIN_TIMELOCK - 1, MIN_TIMELOCK, MIN_TIMELOCK + 1, WINDOW, WINDOW + 1];
            world.net.advance(*waits.choose(&mut rng).unwrap());
            let (before, held) = (world.state(), world.net.account(&world.model));
            let act = Act::random(&mut rng, &addresses);
            let manager = keys.iter().find(|key| key.pubkey() == before.authority);
            let signer = match manager {
                Some(manager) if act != Act::Accept && rng.gen_bool(0.7) => manager,
                _ => keys.choose(&mut rng).unwrap(),
            };
            let instruction = act.instruction(signer.pubkey(), world.model);
            if world.net.send(&[instruction], &[signer]).is_ok() {
                record.allowed(&before, &world.state(), act, signer.pubkey(), world.net.now());
            } else {
                assert_eq!(world.net.account(&world.model), held, "{act:?}");
            }
        }
        seen.iter_mut().zip(record.seen).for_each(|(sum, of_round)| *sum += of_round);
    }
    assert!(seen.iter().all(|count| *count > 0), "{seen:?}");
}
