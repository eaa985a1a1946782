//! What requests carry: bodies within a limit, and names that can be looked up.

use std::path::Path;

use axum::body::{Body, BodyDataStream};
use axum::extract::rejection::PathRejection;
use axum::http::StatusCode;
use futures_util::StreamExt as _;
use tokio::io::AsyncWriteExt as _;
use zeroize::Zeroizing;

use super::problem::Problem;
use crate::error::Error;

/// Bytes of a body that is too large that are taken for the client to hear so.
const IGNORED: usize = 16 << 20;

/// The whole body, of at most `most` bytes. Where its head says its length, its bytes are at one place here, and forgotten
/// with what is returned; what the connection read them into is not wiped.
pub(super) async fn bytes(body: Body, most: usize) -> Result<Zeroizing<Vec<u8>>, Problem> {
    // Room for all at once: a list that grows leaves copies behind.
    let expected = usize::try_from(axum::body::HttpBody::size_hint(&body).lower()).unwrap_or(usize::MAX);
    let mut pieces = body.into_data_stream();
    if expected > most {
        return Err(large(pieces, most as u64).await);
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(expected));
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| cut())?;
        if bytes.len() + piece.len() > most {
            return Err(large(pieces, most as u64).await);
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

/// The body as a file in a folder, of at most `most` bytes.
pub(super) async fn file(body: Body, most: u64, folder: &Path) -> Result<tempfile::NamedTempFile, Problem> {
    let expected = axum::body::HttpBody::size_hint(&body).lower();
    let mut pieces = body.into_data_stream();
    if expected > most {
        return Err(large(pieces, most).await);
    }
    let temporary = tempfile::NamedTempFile::new_in(folder).map_err(Error::file(folder))?;
    let opened = temporary.reopen().map_err(Error::file(temporary.path()))?;
    let (mut file, mut written) = (tokio::fs::File::from_std(opened), 0u64);
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| cut())?;
        written += piece.len() as u64;
        if written > most {
            return Err(large(pieces, most).await);
        }
        file.write_all(&piece).await.map_err(Error::file(temporary.path()))?;
    }
    file.flush().await.map_err(Error::file(temporary.path()))?;
    Ok(temporary)
}

/// What a path names; nothing where it is no text.
pub(super) fn named(name: Result<axum::extract::Path<String>, PathRejection>) -> String {
    name.map_or_else(|_| String::new(), |axum::extract::Path(name)| name)
}

/// Whether this is a SHA-256 as addresses have it.
pub(super) fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn cut() -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "body",
        "the body ended before its end, or is not encoded as its head says",
    )
}

/// Takes what still comes, up to a bound, and throws it away: a client whose connection closes while it writes sees no answer.
async fn large(mut pieces: BodyDataStream, most: u64) -> Problem {
    let mut left = IGNORED;
    while let Some(Ok(piece)) = pieces.next().await {
        let Some(less) = left.checked_sub(piece.len()) else { break };
        left = less;
    }
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", format!("the body has more than {most} bytes"))
}
