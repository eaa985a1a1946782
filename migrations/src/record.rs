//! What was done on a cluster: a file of JSON lines, one for each thing, each on the disk before the next is done.
//!
//! The chain decides what there is to do, and the record never does: it is for people, and names each transaction before it is handed in, so that
//! after a crash its end is looked up. A line that a crash cut short is taken out, and kept as the text of the next line. One process has the file
//! at a time.

use std::fs::{File, OpenOptions, TryLockError, create_dir_all};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use assay_host::time::utc;
use serde_json::{Map, Value, json};

use crate::error::{Result, Stop};

/// The form of the lines.
const VERSION: u64 = 1;

/// A transaction that was to be handed in, and of which nothing more was written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Its signature.
    pub signature: String,
    /// The last block that may hold it.
    pub last_height: u64,
}

/// The record of one cluster.
#[derive(Debug)]
pub struct Record {
    path: PathBuf,
    file: File,
    pending: Vec<Pending>,
    /// The last slot in which something of it landed.
    pub last_slot: u64,
    /// Whether its last line had been cut short.
    pub was_torn: bool,
}

impl Record {
    /// The record of the cluster with this genesis in a folder, made where there is none.
    ///
    /// # Errors
    /// It cannot be read or written, is another's, is in use, or holds what was never written there.
    pub fn open(folder: &Path, genesis: &str) -> Result<Self> {
        let path = folder.join(format!("{genesis}.jsonl"));
        let failed = |error: &io::Error| {
            Stop::new(
                format!("the record {} cannot be used: {error}", path.display()),
                "nothing is sent without a record: make its folder one that can be written, or name another with cluster.records",
            )
        };
        create_dir_all(folder).map_err(|error| failed(&error))?;
        let opened = OpenOptions::new().create(true).append(true).read(true).open(&path);
        let mut file = opened.map_err(|error| failed(&error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Stop::new(
                    format!(
                        "the record {} is in use: another migration of this cluster is running",
                        path.display()
                    ),
                    "wait for it to end, and run the command again: it looks first at what is done",
                ));
            }
            Err(TryLockError::Error(error)) => return Err(failed(&error)),
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(|error| failed(&error))?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        let (lines, torn) = bytes.split_at(whole);
        let (pending, last_slot) = read(lines, genesis).map_err(|(line, what)| {
            Stop::new(
                format!("the record {} is damaged in line {line}: {what}", path.display()),
                "restore the file from a copy, or move it away: the chain says what is done, and a new record begins",
            )
        })?;
        let mut record = Self { path: path.clone(), file, pending, last_slot, was_torn: !torn.is_empty() };
        if !torn.is_empty() {
            let length = u64::try_from(whole).unwrap_or(u64::MAX);
            record.file.set_len(length).map_err(|error| failed(&error))?;
        }
        if whole == 0 {
            record.append("begins", json!({ "version": VERSION, "genesis": genesis }))?;
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| failed(&error))?;
        }
        if !torn.is_empty() {
            record.append("torn", json!({ "text": String::from_utf8_lossy(torn) }))?;
        }
        Ok(record)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The transactions whose end it does not tell.
    pub fn pending(&self) -> &[Pending] {
        &self.pending
    }

    /// Writes a line: what happened, when, and `fields`. It is on the disk afterwards.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn append(&mut self, event: &str, fields: Value) -> Result<()> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let now = i64::try_from(now).unwrap_or(i64::MAX);
        let mut line = Map::from_iter([("time".into(), utc(now).into()), ("event".into(), event.into())]);
        if let Value::Object(fields) = fields {
            line.extend(fields);
        }
        // Lines of this process are of its own form.
        let _ = note(&mut self.pending, &line);
        let line = format!("{}\n", Value::Object(line));
        let written = self.file.write_all(line.as_bytes()).and_then(|()| self.file.sync_data());
        written.map_err(|error| {
            Stop::new(
                format!("the record {} cannot be written: {error}", self.path.display()),
                "nothing more is sent: make room, and run the command again",
            )
        })
    }
}

/// What lines leave open, and the last slot of what landed; or the number of the line that is none, and why.
fn read(lines: &[u8], genesis: &str) -> std::result::Result<(Vec<Pending>, u64), (usize, String)> {
    let (mut pending, mut last_slot) = (Vec::new(), 0);
    for (index, line) in lines.split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| !line.is_empty()) {
        let at = |what: &str| (index + 1, what.to_owned());
        let Ok(Value::Object(line)) = serde_json::from_slice(line) else {
            return Err(at("it is no JSON object"));
        };
        let Some(event) = line.get("event").and_then(Value::as_str) else {
            return Err(at("it has no event"));
        };
        let is_first = index == 0;
        if is_first != (event == "begins") {
            return Err(at("a record begins with its version and cluster, and in no other line"));
        }
        if is_first && line.get("version").and_then(Value::as_u64) != Some(VERSION) {
            return Err(at("it is of a version that is not known here"));
        }
        if is_first && line.get("genesis").and_then(Value::as_str) != Some(genesis) {
            return Err(at(&format!("it is of another cluster than {genesis}")));
        }
        note(&mut pending, &line).map_err(at)?;
        let slot = line.get("slot").and_then(Value::as_u64).filter(|_| event == "landed");
        last_slot = last_slot.max(slot.unwrap_or_default());
    }
    Ok((pending, last_slot))
}

fn note(pending: &mut Vec<Pending>, line: &Map<String, Value>) -> std::result::Result<(), &'static str> {
    let signature = line.get("signature").and_then(Value::as_str);
    if line.get("event").and_then(Value::as_str) != Some("sending") {
        pending.retain(|one| Some(one.signature.as_str()) != signature);
        return Ok(());
    }
    let is_base58 =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() && !b"0OIl".contains(&byte));
    // 64 bytes.
    let signature = signature.filter(|text| (64..=88).contains(&text.len()) && is_base58(text));
    let last_height = line.get("last_height").and_then(Value::as_u64);
    pending.push(Pending {
        signature: signature.ok_or("it has no signature")?.to_owned(),
        last_height: last_height.ok_or("it has no last_height")?,
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn lines(record: &Record) -> Vec<Value> {
        let text = fs::read_to_string(record.path()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn what_was_sent_is_open_until_its_end_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let mut record = Record::open(&folder.path().join("new"), "G").unwrap();
        let [a, b] = ["a", "b"].map(|digit| digit.repeat(87));
        record.append("sending", json!({ "signature": a, "last_height": 7 })).unwrap();
        record.append("sending", json!({ "signature": b, "last_height": 8 })).unwrap();
        record.append("landed", json!({ "signature": a, "slot": 5 })).unwrap();
        drop(record);
        let record = Record::open(&folder.path().join("new"), "G").unwrap();
        assert_eq!(record.pending(), [Pending { signature: b, last_height: 8 }]);
        assert_eq!(record.last_slot, 5);
        assert!(!record.was_torn);
        let other = Record::open(&folder.path().join("new"), "G").unwrap_err();
        assert!(other.what.contains("is in use"), "{other}");
    }

    /// Cut anywhere, the whole lines stay, and what was cut is told.
    #[test]
    fn a_line_that_was_cut_short_is_taken_out() {
        let folder = tempfile::tempdir().unwrap();
        let mut record = Record::open(folder.path(), "G").unwrap();
        record.append("sending", json!({ "signature": "a".repeat(87), "last_height": 7 })).unwrap();
        let path = record.path().to_owned();
        drop(record);
        let whole = fs::read(&path).unwrap();
        let first = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        for length in 1..whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            let record = Record::open(folder.path(), "G").unwrap();
            assert_eq!(record.was_torn, length != first, "{length}");
            let lines = lines(&record);
            assert_eq!(lines[0]["event"], "begins");
            let torn = &whole[if length < first { 0 } else { first }..length];
            let told = lines.get(1).map(|line| line["text"].as_str().unwrap().to_owned());
            assert_eq!(told.unwrap_or_default().as_bytes(), torn, "{length}");
            assert!(record.pending().is_empty());
        }
    }

    #[test]
    fn what_was_never_written_there_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let record = Record::open(folder.path(), "G").unwrap();
        let path = record.path().to_owned();
        drop(record);
        let good = fs::read_to_string(&path).unwrap();
        for (text, what) in [
            (format!("{good}no json\n"), "damaged in line 2: it is no JSON"),
            (format!("{good}{{}}\n"), "line 2: it has no event"),
            (format!("{good}{good}"), "line 2: a record begins"),
            (good.replace("\"G\"", "\"H\""), "of another cluster than G"),
            (good.replace("\"version\":1", "\"version\":2"), "a version that is not known"),
            ("{\"event\":\"landed\"}\n".into(), "line 1: a record begins"),
            (
                format!("{good}{{\"event\":\"sending\",\"signature\":\"unsent\",\"last_height\":1}}\n"),
                "line 2: it has no signature",
            ),
            (
                format!("{good}{{\"event\":\"sending\",\"signature\":\"{}\"}}\n", "a".repeat(87)),
                "line 2: it has no last_height",
            ),
        ] {
            fs::write(&path, &text).unwrap();
            let stop = Record::open(folder.path(), "G").unwrap_err();
            assert!(stop.what.contains(what), "{stop}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text, "nothing of it is lost");
        }
    }
}
