//! Signed prices from a Hermes server, by single answers or by a stream of events.
//!
//! A server is trusted with being there and nothing else. An answer has a longest length; feeds that nobody asked for are dropped; a
//! price is taken only if it is newer and not of the future; that it is true, the chain decides by the guardians' signatures.

mod post;
mod update;

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read as _};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Deserialize;
use solana_address::Address;
use thiserror::Error;

pub use self::{
    post::{WORMHOLE, instructions, pinned, space},
    update::{Priced, Update, UpdateError},
};
use super::config::Url;
use super::prices::{Feed, Point, Posting, PriceSource, now};

/// Most bytes of an answer, and of an event of a stream.
const LONGEST: u64 = 128 << 10;
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// What single answers are at.
const LATEST: &str = "latest";
/// How long a stream may be silent: it has an event for each of Pyth's slots.
const SILENCE: Duration = Duration::from_secs(10);
/// How far a price may lie in the future, seconds.
const AHEAD: i64 = 30;

/// Why there are no prices.
#[derive(Debug, Error)]
pub enum HermesError {
    /// The server cannot be reached, or what it says cannot be read.
    #[error("{url}: {what}; is the address right, and does it want a key?")]
    Unreachable {
        /// The server.
        url: String,
        /// What happened.
        what: String,
    },
    /// It answered with another status.
    #[error("{url} answers with status {status}")]
    Status {
        /// The server.
        url: String,
        /// The status.
        status: u16,
    },
    /// Its answer is none.
    #[error("{url} answers with something else than signed updates: {what}")]
    Answer {
        /// The server.
        url: String,
        /// What is wrong.
        what: String,
    },
    /// It has no price of a feed.
    #[error("{url} has no price of the feed {feed}")]
    Feed {
        /// The server.
        url: String,
        /// The feed's id.
        feed: String,
    },
}

#[derive(Deserialize)]
struct Document {
    binary: Binary,
}

#[derive(Deserialize)]
struct Binary {
    encoding: String,
    data: Vec<String>,
}

/// The newest update that has a feed's price, and the price.
type Newest = BTreeMap<Feed, (Arc<Update>, Priced)>;

/// A server, and the newest that it told.
pub struct Hermes {
    url: Url,
    feeds: Vec<Feed>,
    shard: u16,
    agent: ureq::Agent,
    newest: Mutex<Newest>,
}

impl Hermes {
    /// Prices of `feeds` from the server at `url`, for the accounts of this shard. Nothing is asked yet.
    pub fn new(url: &Url, feeds: &[Feed], shard: u16) -> Self {
        let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
        let config = config.timeout_connect(Some(PATIENCE)).timeout_recv_response(Some(PATIENCE));
        let agent = config.timeout_per_read(Some(SILENCE)).build().new_agent();
        Self { url: url.clone(), feeds: feeds.to_vec(), shard, agent, newest: Mutex::default() }
    }

    /// Asks once, and keeps what is newer.
    ///
    /// # Errors
    /// [`HermesError`]; of a feed without a price, once the others were kept.
    pub fn ask(&self) -> Result<(), HermesError> {
        let mut reader = self.open(LATEST)?.take(LONGEST + 1);
        let mut body = Vec::new();
        reader.read_to_end(&mut body).map_err(|error| self.unreachable(&error))?;
        let has = self.take(&body)?;
        match self.feeds.iter().find(|feed| !has.contains(feed)) {
            None => Ok(()),
            Some(feed) => {
                let feed = feed.iter().map(|byte| format!("{byte:02x}")).collect();
                Err(HermesError::Feed { url: self.url.to_string(), feed })
            }
        }
    }

    /// Follows the stream until the server ends it, or `heard`, which is asked after each event, breaks it off. It blocks: a thread's work.
    ///
    /// # Errors
    /// [`HermesError`]: also where it is silent for long.
    pub fn follow(&self, heard: &mut dyn FnMut() -> ControlFlow<()>) -> Result<(), HermesError> {
        let mut lines = BufReader::new(self.open("stream")?);
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = (&mut lines).take(LONGEST + 1).read_until(b'\n', &mut line);
            if read.map_err(|error| self.unreachable(&error))? == 0 {
                return Ok(());
            }
            if line.len() as u64 > LONGEST {
                return Err(self.answer("a line that is too long"));
            }
            // Comments keep a connection alive; events have one line of data, and their names are none of ours.
            let Some(data) = line.strip_prefix(b"data:") else { continue };
            self.take(data)?;
            if heard().is_break() {
                return Ok(());
            }
        }
    }

    /// The newest price of a feed.
    pub fn price(&self, feed: &Feed) -> Option<Priced> {
        self.newest().get(feed).map(|(_, priced)| priced.clone())
    }

    fn open(&self, what: &str) -> Result<impl io::Read + use<>, HermesError> {
        let mut address = format!(
            "{}/v2/updates/price/{what}?encoding=base64&parsed=false",
            self.url.as_str().trim_end_matches('/')
        );
        for feed in &self.feeds {
            address.push_str("&ids%5B%5D=0x");
            feed.iter().for_each(|byte| address.push_str(&format!("{byte:02x}")));
        }
        // A stream has no end in time; an answer has.
        let whole = (what == LATEST).then_some(PATIENCE);
        let request = self.agent.get(&address).config().timeout_global(whole).build();
        let response = request.call().map_err(|error| match error {
            // The address may hold a key.
            ureq::Error::Io(error) => self.unreachable(&error),
            ureq::Error::Timeout(_) => self.unreachable(&"no answer in time"),
            ureq::Error::HostNotFound => self.unreachable(&"no server has this name"),
            _ => self.unreachable(&"the connection failed"),
        })?;
        match response.status().as_u16() {
            200 => Ok(response.into_body().into_reader()),
            status => Err(HermesError::Status { url: self.url.to_string(), status }),
        }
    }

    /// Keeps what is newer of an answer; the feeds that it had.
    fn take(&self, body: &[u8]) -> Result<Vec<Feed>, HermesError> {
        if body.len() as u64 > LONGEST {
            return Err(self.answer("more bytes than any answer has"));
        }
        let document: Document = serde_json::from_slice(body).map_err(|_| self.answer("no such document"))?;
        if document.binary.encoding != "base64" {
            return Err(self.answer("another encoding than base64"));
        }
        let latest = now().saturating_add(AHEAD);
        let mut has = Vec::new();
        for text in &document.binary.data {
            let bytes = BASE64.decode(text).map_err(|_| self.answer("data that is not base64"))?;
            let update = Arc::new(Update::read(&bytes).map_err(|error| self.answer(&error.to_string()))?);
            for priced in update.prices.iter().filter(|priced| self.feeds.contains(&priced.feed)) {
                if priced.publish_time > latest {
                    return Err(self.answer("a price of the future"));
                }
                has.push(priced.feed);
                let mut newest = self.newest();
                let kept = newest.get(&priced.feed).map(|(_, kept)| kept.publish_time);
                if kept.is_none_or(|kept| kept < priced.publish_time) {
                    newest.insert(priced.feed, (Arc::clone(&update), priced.clone()));
                }
            }
        }
        Ok(has)
    }

    fn newest(&self) -> MutexGuard<'_, Newest> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn unreachable(&self, error: &dyn std::fmt::Display) -> HermesError {
        HermesError::Unreachable { url: self.url.to_string(), what: error.to_string() }
    }

    fn answer(&self, what: &str) -> HermesError {
        HermesError::Answer { url: self.url.to_string(), what: what.into() }
    }
}

impl PriceSource for Hermes {
    fn newest(&self, feed: &Feed) -> Option<Point> {
        let point = |Priced { publish_time: time, price, exponent, .. }| Point { time, price, exponent };
        self.price(feed).map(point)
    }

    fn postings(
        &self,
        payer: &Address,
        there: &BTreeMap<Feed, i64>,
        rent: &dyn Fn(usize) -> u64,
    ) -> Vec<Posting> {
        let newest = self.newest();
        let mut updates: Vec<(Arc<Update>, Vec<&Priced>)> = Vec::new();
        for (feed, time) in there {
            let Some((update, priced)) = newest.get(feed).filter(|(_, priced)| priced.publish_time > *time)
            else {
                continue;
            };
            match updates.iter_mut().find(|(known, _)| Arc::ptr_eq(known, update)) {
                Some((_, prices)) => prices.push(priced),
                None => updates.push((Arc::clone(update), vec![priced])),
            }
        }
        let posting = |(update, prices): (Arc<Update>, Vec<&Priced>)| {
            let feeds = prices.iter().map(|priced| (priced.feed, priced.publish_time)).collect();
            let instructions = instructions(payer, &update, &prices, self.shard, rent(space(&update)))?;
            Some(Posting { feeds, instructions })
        };
        updates.into_iter().filter_map(posting).collect()
    }
}

#[cfg(test)]
mod tests;
