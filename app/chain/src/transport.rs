//! One request and its answer, over HTTP.
//!
//! An answer has a longest length, and is read into what was asked for: JSON of any form can take a hundred times its length in memory,
//! so only short answers are taken as that.

use std::time::Duration;

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::refusal::Refusal;
use crate::text::clean;

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Most bytes of an answer of any form.
const SHORT: u64 = 256 << 10;
/// Most bytes of an answer that is read into what was asked for.
const LONG: u64 = 64 << 20;
/// How often a question is asked that a busy server did not answer, and the first wait in between, which doubles.
const ATTEMPTS: u32 = 4;
const WAIT: Duration = Duration::from_millis(300);

/// A server's address, and what asks there.
pub(crate) struct Transport {
    agent: ureq::Agent,
    url: String,
    host: String,
    /// Most bytes of an answer that is read into what was asked for.
    pub(crate) longest: u64,
}

/// An answer: a result, or an error.
#[derive(Deserialize)]
#[serde(bound(deserialize = "T: DeserializeOwned, E: DeserializeOwned"))]
struct Document<T, E> {
    result: Option<T>,
    error: Option<E>,
}

impl Transport {
    /// To the server at `url`. Nothing is asked yet, and redirects are not followed: what is sent is for this server.
    pub(crate) fn new(url: &str) -> Self {
        Self::patient(url, PATIENCE)
    }

    /// The same, with its own time for one answer.
    pub(crate) fn patient(url: &str, patience: Duration) -> Self {
        let host = host(url);
        // A proxy of the environment's has no way to this machine.
        let proxy = if is_here(&host) { None } else { ureq::Proxy::try_from_env() };
        let config = ureq::Agent::config_builder().timeout_global(Some(patience)).max_redirects(0);
        let config = config.http_status_as_error(false).proxy(proxy);
        Self { agent: config.build().new_agent(), url: url.into(), host, longest: LONG }
    }

    /// The server's address on this machine, where it is here and its address holds nothing else.
    pub(crate) fn local(&self) -> Option<String> {
        let local = format!("http://{}", self.host);
        (is_here(&self.host) && self.url.trim_end_matches('/') == local).then_some(local)
    }

    /// Whether the server is on this machine.
    pub(crate) fn is_here(&self) -> bool {
        is_here(&self.host)
    }

    /// The result of a method. A server that is busy is asked again.
    pub(crate) fn ask(&self, method: &'static str, parameters: &Value) -> Result<Value> {
        patiently(|| self.ask_once(method, parameters))
    }

    /// The result of a method, asked once: for what has effects.
    pub(crate) fn ask_once(&self, method: &'static str, parameters: &Value) -> Result<Value> {
        let (status, body) = self.post(method, parameters, SHORT)?;
        self.short(method, status, &body)
    }

    /// A result that may be long, read into `T` and nothing else. A server that is busy is asked again.
    pub(crate) fn ask_long<T: DeserializeOwned>(
        &self,
        method: &'static str,
        parameters: &Value,
    ) -> Result<T> {
        patiently(|| {
            let (status, body) = self.post(method, parameters, self.longest)?;
            if u64::try_from(body.len()).is_ok_and(|length| length <= SHORT) {
                return self.short(method, status, &body);
            }
            match serde_json::from_slice::<Document<T, IgnoredAny>>(&body) {
                Ok(Document { result: Some(result), error: None }) => Ok(result),
                Ok(_) => Err(self.answer(method, "an error that is longer than any of Solana's")),
                Err(error) => Err(self.unread(method, status, &error)),
            }
        })
    }

    /// The result of a method that answers nothing, `null`, for what it does not know; read into `T`, so it may be long. A server that is busy is
    /// asked again.
    pub(crate) fn ask_nullable<T: DeserializeOwned>(
        &self,
        method: &'static str,
        parameters: &Value,
    ) -> Result<Option<T>> {
        patiently(|| {
            let (status, body) = self.post(method, parameters, self.longest)?;
            if u64::try_from(body.len()).is_ok_and(|length| length <= SHORT) {
                return match serde_json::from_slice::<Document<T, Value>>(&body) {
                    Ok(Document { error: Some(error), .. }) => Err(self.error(method, status, &error)),
                    Ok(Document { result, error: None }) => Ok(result),
                    Err(error) => Err(self.unread(method, status, &error)),
                };
            }
            match serde_json::from_slice::<Document<T, IgnoredAny>>(&body) {
                Ok(Document { result, error: None }) => Ok(result),
                Ok(_) => Err(self.answer(method, "an error that is longer than any of Solana's")),
                Err(error) => Err(self.unread(method, status, &error)),
            }
        })
    }

    fn short<T: DeserializeOwned>(&self, method: &'static str, status: u16, body: &[u8]) -> Result<T> {
        match serde_json::from_slice::<Document<T, Value>>(body) {
            Ok(Document { error: Some(error), .. }) => Err(self.error(method, status, &error)),
            Ok(Document { result: Some(result), .. }) => Ok(result),
            Ok(_) => Err(self.answer(method, "neither a result nor an error")),
            Err(error) => Err(self.unread(method, status, &error)),
        }
    }

    fn post(&self, method: &'static str, parameters: &Value, most: u64) -> Result<(u16, Vec<u8>)> {
        let request =
            json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": parameters }).to_string();
        let failed = |error: ureq::Error| match error {
            ureq::Error::BodyExceedsLimit(_) => Error::LongAnswer { host: self.host.clone(), method, most },
            error => Error::Unreachable { host: self.host.clone(), what: reason(&error) },
        };
        let sent = self.agent.post(&self.url).header("content-type", "application/json").send(request);
        let mut response = sent.map_err(failed)?;
        let status = response.status().as_u16();
        if (300..400).contains(&status) {
            let place = response.headers().get("location").and_then(|place| place.to_str().ok());
            return Err(
                self.answer(method, &format!("a redirect to {}", destination(place.unwrap_or_default())))
            );
        }
        let body = response.body_mut().with_config().limit(most).read_to_vec().map_err(failed)?;
        Ok((status, body))
    }

    fn unread(&self, method: &'static str, status: u16, error: &serde_json::Error) -> Error {
        match status {
            200 if error.is_data() => self.answer(method, "another form than Solana's"),
            200 => self.answer(method, "no JSON"),
            _ => {
                let message = format!("status {status}");
                Error::Rpc { host: self.host.clone(), method, code: status.into(), message }
            }
        }
    }

    /// A server's own error; or that of a transaction that it executed for a trial, which is data of the error.
    fn error(&self, method: &'static str, status: u16, error: &Value) -> Error {
        let data = error.get("data");
        if let Some(reason) = data.and_then(|data| data.get("err")).filter(|err| !err.is_null()) {
            let logs = strings(data.and_then(|data| data.get("logs")));
            return Error::Refused(Box::new(Refusal::read(reason, &logs, &[])));
        }
        let message = match error.get("message").and_then(Value::as_str) {
            Some(message) => clean(message),
            None => clean(&error.to_string()),
        };
        let code = error.get("code").and_then(Value::as_i64).unwrap_or_else(|| status.into());
        Error::Rpc { host: self.host.clone(), method, code, message }
    }

    /// The server answered `method` with `what`, which is none of its answers.
    pub(crate) fn answer(&self, method: &'static str, what: &str) -> Error {
        Error::Answer { host: self.host.clone(), method, what: what.into() }
    }
}

fn patiently<T>(mut ask: impl FnMut() -> Result<T>) -> Result<T> {
    let mut wait = WAIT;
    for _ in 1..ATTEMPTS {
        match ask() {
            Err(error) if is_passing(&error) => {}
            result => return result,
        }
        std::thread::sleep(wait);
        wait *= 2;
    }
    ask()
}

/// Name and port of an address. A path or a query may be somebody's key, and a name before an `@` is.
pub(crate) fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    authority.rsplit('@').next().unwrap_or(authority).to_owned()
}

/// Where a redirect leads: to which server, or elsewhere on this one.
fn destination(place: &str) -> String {
    match place.split_once("://") {
        Some((scheme, _)) => clean(&format!("{scheme}://{}", host(place))),
        None => "another path of its own".into(),
    }
}

/// Whether it is this machine.
fn is_here(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    ["127.0.0.1", "localhost", "[::1]"].contains(&name)
}

/// What happened to a request, without the address that it was sent to.
fn reason(error: &ureq::Error) -> String {
    match error {
        ureq::Error::BadUri(_) => "the address is malformed".into(),
        other => clean(&other.to_string()),
    }
}

/// Whether a server asks for patience: it is busy, or behind what was seen already.
fn is_passing(error: &Error) -> bool {
    match error {
        Error::Rpc { code, .. } => matches!(code, 429 | 502 | 503 | 504 | -32005 | -32016),
        _ => false,
    }
}

/// The texts of a list.
pub(crate) fn strings(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_what_may_be_a_key() {
        for (url, shown) in [
            ("http://127.0.0.1:8899", "127.0.0.1:8899"),
            ("https://x.example/secret?api-key=1", "x.example"),
            ("https://x.example?api-key=1", "x.example"),
            ("https://me:secret@x.example:1/", "x.example:1"),
        ] {
            assert_eq!(host(url), shown);
        }
        assert_eq!(destination("https://me:a@x.example/key"), "https://x.example");
        assert_eq!(destination("/key"), "another path of its own");
    }
}
