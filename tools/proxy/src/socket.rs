//! Subscriptions over WebSockets: messages pass in order, late or not at all.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{Sink, SinkExt as _, Stream, StreamExt as _};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::faults::Event;
use crate::shared::Shared;

/// Messages under way in one direction, before the sender has to wait.
const UNDER_WAY: usize = 4_096;

/// Serves one client until either side goes or it is cut off.
pub async fn serve(shared: Arc<Shared>, stream: TcpStream) {
    let Ok(client) = tokio_tungstenite::accept_async(stream).await else { return };
    // A client whose cluster is gone sees what it would see without a proxy: a closed connection.
    let Ok((cluster, _)) = tokio_tungstenite::connect_async(&shared.websocket).await else { return };
    let (to_client, from_client) = client.split();
    let (to_cluster, from_cluster) = cluster.split();
    tokio::select! {
        () = carry(&shared, from_client, to_cluster) => {}
        () = carry(&shared, from_cluster, to_client) => {}
        () = shared.until_cut() => shared.counters.count(Event::Cut),
    }
}

/// Carries messages one way. Each is due by itself, so that many late ones are no later than one.
async fn carry(
    shared: &Shared,
    mut from: impl Stream<Item = Result<Message, Error>> + Unpin,
    mut to: impl Sink<Message> + Unpin,
) {
    let (queue, mut due) = mpsc::channel::<(Instant, Message)>(UNDER_WAY);
    let read = async move {
        while let Some(Ok(message)) = from.next().await {
            let (faults, _) = shared.faults();
            if is_notification(&message) && shared.dice.fall(faults.lost_notifications) {
                shared.counters.count(Event::LostNotification);
                continue;
            }
            if faults.lag_ms > 0 {
                shared.counters.count(Event::Late);
            }
            if queue.send((Instant::now() + Duration::from_millis(faults.lag_ms), message)).await.is_err() {
                break;
            }
        }
    };
    let write = async {
        while let Some((instant, message)) = due.recv().await {
            tokio::time::sleep_until(instant).await;
            if to.send(message).await.is_err() {
                break;
            }
        }
    };
    tokio::join!(read, write);
}

fn is_notification(message: &Message) -> bool {
    let Message::Text(text) = message else { return false };
    // A request has a number, and an answer no method.
    serde_json::from_str::<Value>(text)
        .is_ok_and(|value| value.get("method").is_some() && value.get("id").is_none())
}
