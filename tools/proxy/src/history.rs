//! What the cluster answered before, to be answered again.

use std::collections::{HashMap, VecDeque};

use serde_json::Value;

/// Answers remembered of one request, and requests remembered.
const ANSWERS: usize = 256;
const REQUESTS: usize = 4_096;
/// Longest answer that is remembered, in bytes of JSON: a list of all accounts of a large program is not.
const LONGEST: usize = 1 << 20;

/// Answers by request, oldest first, each with the slot in which it was given.
#[derive(Default)]
pub struct History(HashMap<String, VecDeque<(u64, Value)>>);

/// What a request's options call the slot that an answer is to be of at least.
const LEAST: &str = "minContextSlot";

/// A request apart from its number and the slot that it asks for at least: two clients who ask the same get the same.
pub fn key(method: &str, parameters: &Value) -> String {
    let mut parameters = parameters.clone();
    let options = parameters.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut);
    options.for_each(|options| drop(options.remove(LEAST)));
    format!("{method} {parameters}")
}

/// The slot that an answer is to be of at least; 0 where a request names none.
pub fn least(parameters: &Value) -> u64 {
    let named = parameters.as_array().into_iter().flatten().filter_map(|one| one.get(LEAST)?.as_u64());
    named.max().unwrap_or(0)
}

impl History {
    /// Remembers an answer of `bytes` bytes.
    pub fn note(&mut self, key: String, slot: u64, answer: &Value, bytes: usize) {
        if bytes > LONGEST || (self.0.len() >= REQUESTS && !self.0.contains_key(&key)) {
            return;
        }
        let answers = self.0.entry(key).or_default();
        match answers.back_mut() {
            Some((last, remembered)) if *last == slot => *remembered = answer.clone(),
            _ => answers.push_back((slot, answer.clone())),
        }
        if answers.len() > ANSWERS {
            answers.pop_front();
        }
    }

    /// The last answer given up to `slot`, or the first one ever.
    pub fn at(&self, key: &str, slot: u64) -> Option<&Value> {
        let answers = self.0.get(key)?;
        let before = answers.iter().rev().find(|(given, _)| *given <= slot);
        before.or(answers.front()).map(|(_, answer)| answer)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_last_answer_up_to_a_slot_is_given_or_the_first() {
        let mut history = History::default();
        for (slot, answer) in [(10, 1), (12, 2), (12, 3), (20, 4)] {
            history.note("a".into(), slot, &json!(answer), 1);
        }
        for (slot, answer) in [(9, 1), (10, 1), (11, 1), (12, 3), (19, 3), (20, 4), (99, 4)] {
            assert_eq!(history.at("a", slot), Some(&json!(answer)), "{slot}");
        }
        assert_eq!(history.at("b", 99), None);
    }

    #[test]
    fn memory_is_bounded() {
        let mut history = History::default();
        history.note("long".into(), 1, &json!(1), LONGEST + 1);
        assert_eq!(history.at("long", 1), None);
        for slot in 0..2 * ANSWERS as u64 {
            history.note("a".into(), slot, &json!(slot), 1);
        }
        assert_eq!(history.at("a", 0), Some(&json!(ANSWERS)));
        for request in 0..2 * REQUESTS {
            history.note(request.to_string(), 1, &json!(1), 1);
        }
        assert_eq!(history.0.len(), REQUESTS);
    }
}
