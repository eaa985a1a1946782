use std::sync::atomic::{AtomicI64, Ordering};

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;

const TOKEN: Asset = Asset::Token(Address::new_from_array([7; 32]));
const CAP: Cap = Cap { life: 2_000, day: 500 };

fn owner() -> Owner {
    Owner { wallet: Address::new_from_array([1; 32]), genesis: "genesis".into() }
}

fn caps() -> Caps {
    [(TOKEN, CAP), (Asset::Lamports, Cap { life: 1_000, day: 1_000 })].into_iter().collect()
}

fn tokens(amount: u64) -> Spend {
    Spend::default().and(TOKEN, amount)
}

fn target(byte: u8) -> Address {
    Address::new_from_array([byte; 32])
}

fn open(path: &Path, at: &Arc<AtomicI64>, compact_at: u64) -> Result<Journal, JournalError> {
    let at = at.clone();
    Journal::open_at(path, &owner(), caps(), Box::new(move || at.load(Ordering::Relaxed)), compact_at)
}

fn at_some_time() -> Arc<AtomicI64> {
    Arc::new(AtomicI64::new(1_700_000_000))
}

#[test]
fn a_restart_resets_nothing() {
    let folder = TempDir::new().unwrap();
    let (path, at) = (folder.path().join("journal"), at_some_time());
    let journal = open(&path, &at, COMPACT_AT).unwrap();
    let kept = journal.reserve(&target(1), "liquidate", tokens(100)).unwrap();
    let flying = kept.sending("signature", 42).unwrap();
    let ended = journal.reserve(&target(2), "liquidate", tokens(300)).unwrap().sending("other", 43).unwrap();
    journal.ended(ended.id, &End::Landed { slot: 5, spent: tokens(250) }).unwrap();
    let never = journal.reserve(&target(3), "liquidate", tokens(150)).unwrap();
    assert_eq!(journal.left(&TOKEN), Left { life: 1_500, day: 0 });
    assert!(!journal.is_reached(&TOKEN));
    assert!(matches!(journal.reserve(&target(4), "a", tokens(1)), Err(NotReserved::Cap(_))));
    drop(journal.reserve(&target(4), "a", Spend::default()).unwrap());
    assert!(journal.is_reached(&TOKEN), "nothing was sent that takes of it");
    assert!(matches!(journal.reserve(&target(1), "a", Spend::default()), Err(NotReserved::Busy(_))));
    drop((never, journal));

    let journal = open(&path, &at, COMPACT_AT).unwrap();
    assert_eq!(journal.in_flight(), std::slice::from_ref(&flying));
    assert_eq!(journal.left(&TOKEN), Left { life: 1_650, day: 150 });
    assert!(matches!(journal.reserve(&target(1), "a", Spend::default()), Err(NotReserved::Busy(_))));
    journal.ended(flying.id, &End::Unknown).unwrap();
    assert_eq!(journal.ended(flying.id, &End::Expired), Err(JournalError::NotFlying(flying.id)));
    assert_eq!(journal.left(&TOKEN), Left { life: 1_650, day: 150 });
    assert_eq!(journal.spent(), tokens(350));
    let next = journal.reserve(&target(1), "a", tokens(1)).unwrap();
    assert!(next.id() > ended.id);
}

#[test]
fn one_process_holds_it_and_for_one_wallet() {
    let folder = TempDir::new().unwrap();
    let (path, at) = (folder.path().join("journal"), at_some_time());
    let journal = open(&path, &at, COMPACT_AT).unwrap();
    assert!(matches!(open(&path, &at, COMPACT_AT), Err(JournalError::Locked(_))));
    #[cfg(unix)]
    {
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(matches!(open(&link, &at, COMPACT_AT), Err(JournalError::Locked(_))));
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
        assert_eq!(mode & 0o077, 0);
    }
    drop(journal);
    let other = Owner { genesis: "another".into(), ..owner() };
    let opened = Journal::open(&path, &other, caps());
    assert!(matches!(opened, Err(JournalError::Foreign { .. })));
}

#[test]
fn damage_is_an_error_and_a_torn_end_is_cut_off() {
    let folder = TempDir::new().unwrap();
    let (path, at) = (folder.path().join("journal"), at_some_time());
    let journal = open(&path, &at, COMPACT_AT).unwrap();
    for byte in 1..4 {
        journal.reserve(&target(byte), "a", tokens(10)).unwrap().sending("s", 1).unwrap();
    }
    drop(journal);
    let whole = std::fs::read(&path).unwrap();
    let last = whole[..whole.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    for at_byte in 0..whole.len() {
        let mut wrong = whole.clone();
        wrong[at_byte] ^= 1;
        std::fs::write(&path, &wrong).unwrap();
        match open(&path, &at, COMPACT_AT) {
            Err(JournalError::Damaged { .. }) => {}
            // The last end of line: the record never became whole.
            Ok(journal) if at_byte == whole.len() - 1 => assert_eq!(journal.in_flight().len(), 2),
            other => panic!("byte {at_byte}: {:?}", other.err()),
        }
    }
    // A power cut: the file has its length, and zeros from some byte on.
    for from in last..whole.len() {
        let mut torn = whole.clone();
        torn[from..].fill(0);
        std::fs::write(&path, &torn).unwrap();
        assert_eq!(open(&path, &at, COMPACT_AT).unwrap().in_flight().len(), 2, "zeros from {from}");
        assert_eq!(std::fs::read(&path).unwrap(), whole[..last]);
    }
    // A middle record is missing.
    let lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
    let ended = Record::Ended { id: 0, at: 0, outcome: Outcome::Expired, slot: None, spent: tokens(0) };
    for wrong in [
        [lines[1], lines[2]].concat(),
        [lines[0], lines[1], lines[1]].concat(),
        [lines[0], lines[0]].concat(),
        [lines[0].to_vec(), ended.line().unwrap(), lines[1].to_vec()].concat(),
    ] {
        std::fs::write(&path, &wrong).unwrap();
        assert!(matches!(open(&path, &at, COMPACT_AT), Err(JournalError::Damaged { .. })));
    }
}

/// Two that fit alone, and not together: whoever comes first has it, whatever both of them saw.
#[test]
fn what_fits_alone_is_reserved_by_one() {
    let folder = TempDir::new().unwrap();
    let journal = open(&folder.path().join("journal"), &at_some_time(), COMPACT_AT).unwrap();
    let bounds = Bounds { balance: Some((TOKEN, 100)), leaves_half: false };
    let (tried, start) = (std::sync::Barrier::new(8), std::sync::Barrier::new(8));
    let passed: usize = std::thread::scope(|scope| {
        let (journal, tried, start) = (&journal, &tried, &start);
        let reserve = |byte| {
            scope.spawn(move || {
                start.wait();
                let held = journal.reserve_within(&target(byte), "a", tokens(60), bounds);
                tried.wait();
                match &held {
                    Ok(_) => 1,
                    Err(error) => {
                        assert!(matches!(error, NotReserved::Balance { balance: 100, .. }), "{error}");
                        0
                    }
                }
            })
        };
        let all: Vec<_> = (0..8).map(reserve).collect();
        all.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(passed, 1);
    // Half of the day's lamports is for what brings a gain.
    let upkeep = Bounds { balance: None, leaves_half: true };
    let half = Spend::lamports(500);
    let first = journal.reserve_within(&target(1), "a", half.clone(), upkeep).unwrap();
    let one = Spend::lamports(1);
    assert!(matches!(journal.reserve_within(&target(2), "a", one, upkeep), Err(NotReserved::Half)));
    drop((journal.reserve(&target(2), "a", half).unwrap(), first));
}

/// What was written by a clock that was ahead is counted anew at the next start, and at the one after that.
#[test]
fn a_clock_that_was_ahead_is_set_right_at_a_start() {
    let folder = TempDir::new().unwrap();
    let (path, at) = (folder.path().join("journal"), at_some_time());
    let right = at.load(Ordering::Relaxed);
    at.store(right + 10_000_000, Ordering::Relaxed);
    let journal = open(&path, &at, COMPACT_AT).unwrap();
    let sent = journal.reserve(&target(1), "a", tokens(200)).unwrap().sending("s", 1).unwrap();
    journal.ended(sent.id, &End::Landed { slot: 1, spent: tokens(200) }).unwrap();
    let flying = journal.reserve(&target(2), "a", tokens(50)).unwrap().sending("t", 1).unwrap();
    drop(journal);
    for (later, left) in [(0, 250), (80_000, 250), (90_000, 450)] {
        at.store(right + later, Ordering::Relaxed);
        let journal = open(&path, &at, COMPACT_AT).unwrap();
        assert_eq!(journal.left(&TOKEN), Left { life: 1_750, day: left }, "{later}");
        assert_eq!((journal.in_flight()[0].id, journal.in_flight()[0].at), (flying.id, right));
    }
}

#[test]
fn a_disk_that_fails_stops_everything() {
    let folder = TempDir::new().unwrap();
    let (path, at) = (folder.path().join("journal"), at_some_time());
    let journal = open(&path, &at, COMPACT_AT).unwrap();
    let reserved = journal.reserve(&target(1), "a", tokens(10)).unwrap();
    // A handle that only reads: every write fails.
    journal.inner().file = File::open(&path).unwrap();
    assert!(matches!(reserved.sending("s", 1), Err(JournalError::File { .. })));
    journal.inner().file = options().open(&path).unwrap();
    assert!(matches!(journal.reserve(&target(2), "a", tokens(10)), Err(NotReserved::Journal(_))));
    assert!(journal.failed().is_some());
}

/// One step of a keeper's life. Numbers choose among what there is.
#[derive(Clone, Debug)]
enum Step {
    Reserve {
        target: u8,
        amount: u64,
    },
    Drop(usize),
    Send(usize),
    /// The chain executes one that was handed in.
    Execute {
        which: usize,
        percent: u64,
    },
    /// The keeper learns the fate of one.
    End(usize),
    /// Time passes; the keeper's clock may be set back at this, never forward.
    Wait(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..12u8, 1..300u64).prop_map(|(target, amount)| Step::Reserve { target, amount }),
        1 => any::<usize>().prop_map(Step::Drop),
        4 => any::<usize>().prop_map(Step::Send),
        4 => (any::<usize>(), 0..=100u64).prop_map(|(which, percent)| Step::Execute { which, percent }),
        3 => any::<usize>().prop_map(Step::End),
        2 => (-100_000..50_000i64).prop_map(Step::Wait),
    ]
}

/// A keeper, and what really happened, which its journal must never contradict.
struct World {
    _folder: TempDir,
    path: PathBuf,
    clock: Arc<AtomicI64>,
    compact_at: u64,
    journal: Option<Journal>,
    reserved: Vec<Reservation>,
    /// Written down and not known to have ended: what was executed of it, once it was.
    sent: Vec<(InFlight, Option<u64>)>,
    /// When and how much was executed.
    executed: Vec<(i64, u64)>,
    ended: u64,
    now: i64,
}

impl World {
    fn new(compact_at: u64) -> Self {
        let folder = TempDir::new().unwrap();
        let (path, clock) = (folder.path().join("journal"), at_some_time());
        let journal = Some(open(&path, &clock, compact_at).unwrap());
        let now = clock.load(Ordering::Relaxed);
        let (reserved, sent, executed, ended) = Default::default();
        Self { _folder: folder, path, clock, compact_at, journal, reserved, sent, executed, ended, now }
    }

    fn journal(&self) -> &Journal {
        self.journal.as_ref().unwrap()
    }

    /// Plays one step; the process dies in it where `crash` says how much of its write is on the disk, in thousandths. It is so
    /// much of what followed the last byte that was waited for.
    fn play(&mut self, step: Step, crash: Option<u64>) {
        let before = std::fs::read(&self.path).unwrap();
        let (mut was_sent, mut was_ended) = (None, None);
        match step {
            Step::Reserve { target: byte, amount } => {
                let reserved = self.journal().reserve(&target(byte), "a", tokens(amount));
                self.reserved.extend(reserved);
            }
            Step::Drop(which) if !self.reserved.is_empty() => {
                drop(self.reserved.swap_remove(which % self.reserved.len()));
            }
            Step::Send(which) if !self.reserved.is_empty() => {
                let reservation = self.reserved.swap_remove(which % self.reserved.len());
                was_sent = Some(reservation.sending("s", 1).unwrap());
            }
            Step::Execute { which, percent } if !self.sent.is_empty() => {
                let which = which % self.sent.len();
                let (flight, executed) = &mut self.sent[which];
                if executed.is_none() {
                    let amount = flight.most.of(&TOKEN) * percent / 100;
                    *executed = Some(amount);
                    self.executed.push((self.now, amount));
                }
            }
            Step::End(which) if !self.sent.is_empty() => {
                let which = which % self.sent.len();
                let (flight, executed) = &self.sent[which];
                let landed = |amount| End::Landed { slot: 1, spent: tokens(amount) };
                self.journal().ended(flight.id, &executed.map_or(End::Expired, landed)).unwrap();
                was_ended = Some(which);
            }
            Step::Wait(seconds) => {
                self.now += seconds.max(0);
                self.clock.fetch_add(seconds, Ordering::Relaxed);
            }
            _ => {}
        }
        let is_kept = crash.is_none_or(|thousandths| self.restart(&before, thousandths));
        if is_kept {
            self.sent.extend(was_sent.map(|flight| (flight, None)));
            if let Some(which) = was_ended {
                self.ended += self.sent.swap_remove(which).1.unwrap_or(0);
            }
        }
    }

    /// Dies and comes back; whether the last write survived.
    fn restart(&mut self, before: &[u8], thousandths: u64) -> bool {
        self.reserved.clear();
        self.journal = None;
        let after = std::fs::read(&self.path).unwrap();
        let is_kept = match after.strip_prefix(before) {
            Some(tail) => {
                let kept = tail.len() * thousandths as usize / 1_000;
                std::fs::write(&self.path, &after[..before.len() + kept]).unwrap();
                kept == tail.len()
            }
            // It was compacted: the new file is in its place, or lies beside it unfinished.
            None if thousandths > 500 => true,
            None => {
                std::fs::write(&self.path, before).unwrap();
                let kept = after.len() * thousandths as usize / 500;
                std::fs::write(beside(&self.path, "new"), &after[..kept]).unwrap();
                false
            }
        };
        self.journal = Some(open(&self.path, &self.clock, self.compact_at).unwrap());
        is_kept
    }

    fn check(&self) {
        let flying: Vec<u64> = self.journal().in_flight().iter().map(|flight| flight.id).collect();
        let mut sent: Vec<u64> = self.sent.iter().map(|(flight, _)| flight.id).collect();
        sent.sort_unstable();
        assert_eq!(flying, sent, "what may be on its way");
        assert_eq!(self.journal().spent().of(&TOKEN), self.ended);
        let total: u64 = self.executed.iter().map(|(_, amount)| amount).sum();
        assert!(total <= CAP.life, "{total} for life");
        for (start, _) in &self.executed {
            let day = *start..start + 86_400;
            let within = self.executed.iter().filter(|(at, _)| day.contains(at));
            let total: u64 = within.map(|(_, amount)| amount).sum();
            assert!(total <= CAP.day, "{total} in a day");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever a keeper does and wherever it dies: no cap is broken, and nothing is lost that was waited for.
    #[test]
    fn no_crash_breaks_a_cap_or_loses_a_record(
        steps in prop::collection::vec((step(), prop::option::weighted(0.2, 0..=1_000u64)), 1..60),
        compact_at in prop_oneof![Just(COMPACT_AT), 200..4_000u64],
    ) {
        let mut world = World::new(compact_at);
        for (step, crash) in steps {
            world.play(step, crash);
            world.check();
        }
    }
}

/// The file stays short however much is sent, and a day's sums with it.
#[test]
fn a_journal_is_compacted() {
    let mut world = World::new(4_000);
    let mut longest = 0;
    for round in 0..200 {
        world.play(Step::Reserve { target: 1, amount: 1 }, None);
        world.play(Step::Send(0), None);
        world.play(Step::Execute { which: 0, percent: 100 }, None);
        world.play(Step::End(0), None);
        world.play(Step::Wait(30), (round % 50 == 0).then_some(1_000));
        longest = longest.max(std::fs::metadata(&world.path).unwrap().len());
    }
    world.check();
    assert_eq!(world.ended, 200);
    assert!(longest < 20_000, "{longest} bytes");
}
