//! What requests carry: bodies within a limit, and names that can be looked up.

use std::path::Path;

use axum::body::Body;
use axum::http::StatusCode;
use futures_util::StreamExt as _;
use tokio::io::AsyncWriteExt as _;
use zeroize::Zeroizing;

use super::problem::Problem;
use crate::error::Error;

/// The whole body, of at most `most` bytes. It is forgotten with what is returned.
pub(super) async fn bytes(body: Body, most: usize) -> Result<Zeroizing<Vec<u8>>, Problem> {
    let mut bytes = Zeroizing::new(Vec::new());
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| cut())?;
        if bytes.len() + piece.len() > most {
            return Err(large(most as u64));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

/// The body as a file in a folder, of at most `most` bytes.
pub(super) async fn file(body: Body, most: u64, folder: &Path) -> Result<tempfile::NamedTempFile, Problem> {
    let temporary = tempfile::NamedTempFile::new_in(folder).map_err(Error::file(folder))?;
    let opened = temporary.reopen().map_err(Error::file(temporary.path()))?;
    let (mut file, mut written) = (tokio::fs::File::from_std(opened), 0u64);
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| cut())?;
        written += piece.len() as u64;
        if written > most {
            return Err(large(most));
        }
        file.write_all(&piece).await.map_err(Error::file(temporary.path()))?;
    }
    file.flush().await.map_err(Error::file(temporary.path()))?;
    Ok(temporary)
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

fn large(most: u64) -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", format!("the body has more than {most} bytes"))
}
