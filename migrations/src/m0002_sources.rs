//! Step 2: the price sources of the feed program. Anybody may make one, and its address says what it copies, so one that is there is the right one.

use assay_feed_host::{PythFeed, Source, SourceKeys};
use assay_feed_interface::source::ACCOUNT_LEN;

use crate::description::Description;
use crate::error::{Result, Stop};
use crate::plan::{Action, Plan, Step, Work};
use crate::world::World;

/// The sources.
pub struct Sources(Vec<(String, PythFeed)>);

impl Sources {
    /// Those that a description names; none where it names none.
    pub fn of(description: &Description) -> Option<Self> {
        let feed = |source: &crate::description::Source| PythFeed { shard: source.shard, id: source.feed };
        let sources = description.sources.iter().map(|(name, source)| (name.clone(), feed(source)));
        let sources: Vec<_> = sources.collect();
        (!sources.is_empty()).then_some(Self(sources))
    }
}

impl Step for Sources {
    fn number(&self) -> u16 {
        2
    }

    fn name(&self) -> String {
        "price sources".into()
    }

    fn plan(&self, world: &World) -> Result<Plan> {
        let keys: Vec<SourceKeys> = self.0.iter().map(|(_, feed)| SourceKeys::of(feed)).collect();
        let addresses: Vec<_> = keys.iter().map(|keys| keys.source).collect();
        let accounts = world.accounts(&addresses)?;
        let mut actions = Vec::new();
        for (((name, feed), keys), account) in self.0.iter().zip(&keys).zip(accounts) {
            match account {
                None => {
                    let create = vec![keys.create(world.payer, feed)];
                    actions.push(Action {
                        what: format!("price source of {name}"),
                        account: keys.source,
                        lamports: world.rent(ACCOUNT_LEN)?.saturating_add(world.fee(&create)),
                        digest: None,
                        work: Work::Send(create),
                    });
                }
                Some(account) => {
                    let read = Source::decode(&account.data).map_err(|error| error.to_string());
                    let owned = account.owner == assay_feed_host::ID;
                    let read = if owned { read } else { Err(format!("{} owns it", account.owner)) };
                    let is_same = |source: &Source| {
                        source.feed_id == feed.id && source.pinned == keys.pinned.to_bytes()
                    };
                    match read {
                        Ok(source) if is_same(&source) => {}
                        Ok(_) => return Err(another(name, keys, "it is of another feed")),
                        Err(what) => return Err(another(name, keys, &what)),
                    }
                }
            }
        }
        Ok(Plan { found: format!("{} price sources", self.0.len()), actions })
    }
}

fn another(name: &str, keys: &SourceKeys, what: &str) -> Stop {
    Stop::new(
        format!("at the address of the price source of {name}, {}, is something else: {what}", keys.source),
        "is the feed program there another version? its bytes are compared by step 1",
    )
}
