//! Questions over HTTP/1.1, one after another on each connection.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Mutex;

use serde_json::{Value, json};

use super::state::{State, lock};

/// Longest question: a hundred addresses are far below.
const LONGEST: u64 = 1 << 20;

/// Answers until the client leaves, or sends what is no question.
pub(super) fn serve(stream: TcpStream, state: &Mutex<State>) {
    let Ok(writer) = stream.try_clone() else { return };
    let (mut reader, mut writer) = (BufReader::new(stream), writer);
    while let Some(question) = question(&mut reader) {
        let answer = answer(&question, state).to_string();
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            answer.len()
        );
        if writer.write_all((head + &answer).as_bytes()).is_err() {
            return;
        }
    }
}

fn question(reader: &mut BufReader<TcpStream>) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.by_ref().take(LONGEST).read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some(value) = line.to_ascii_lowercase().trim().strip_prefix("content-length:") {
            length = value.trim().parse().ok().filter(|length| *length <= LONGEST)?;
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = Vec::new();
    reader.by_ref().take(length).read_to_end(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

fn answer(question: &Value, state: &Mutex<State>) -> Value {
    let part = |name| question.get(name).unwrap_or(&Value::Null);
    let method = part("method").as_str().unwrap_or_default();
    let (field, answer) = match lock(state).answer(method, part("params")) {
        Ok(answer) => ("result", answer),
        Err(error) => ("error", error),
    };
    json!({ "jsonrpc": "2.0", "id": part("id"), field: answer })
}
