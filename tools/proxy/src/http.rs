//! Requests to the cluster: a connection for each.

use anyhow::{Context as _, Result, ensure};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// Where requests go.
pub struct Target {
    authority: String,
    path: String,
}

impl Target {
    /// Reads `http://host:port/path`.
    pub fn parse(url: &str) -> Result<Self> {
        let rest = url.strip_prefix("http://").with_context(|| {
            format!("`{url}` is not of the form http://host:port: a cluster on this machine is meant")
        })?;
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        ensure!(!authority.is_empty(), "`{url}` names no host");
        let authority =
            if authority.contains(':') { authority.to_owned() } else { format!("{authority}:80") };
        Ok(Self { authority, path: format!("/{path}") })
    }

    /// Posts JSON; status and body of the answer.
    pub async fn post(&self, body: Bytes) -> Result<(StatusCode, Bytes)> {
        let answer = self.send("POST", body).await?;
        let status = answer.status();
        Ok((status, answer.into_body().collect().await?.to_bytes()))
    }

    /// Asks one question.
    pub async fn ask(&self, question: &Value) -> Result<Value> {
        let (_, body) = self.post(Bytes::from(serde_json::to_vec(question)?)).await?;
        Ok(serde_json::from_slice(&body)?)
    }

    async fn send(&self, method: &str, body: Bytes) -> Result<Response<Incoming>> {
        let stream = TcpStream::connect(&self.authority)
            .await
            .with_context(|| format!("the cluster at {} does not answer", self.authority))?;
        stream.set_nodelay(true)?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection); // its errors are those of the request
        let request = Request::builder()
            .method(method)
            .uri(&self.path)
            .header(HOST, &self.authority)
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(body))?;
        Ok(sender.send_request(request).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        let read = |url| Target::parse(url).map(|target| (target.authority, target.path)).ok();
        let pair = |authority: &str, path: &str| Some((authority.to_owned(), path.to_owned()));
        assert_eq!(read("http://127.0.0.1:8899"), pair("127.0.0.1:8899", "/"));
        assert_eq!(read("http://node/rpc/v1"), pair("node:80", "/rpc/v1"));
        for url in ["", "127.0.0.1:8899", "https://node", "http://", "http:///rpc"] {
            assert_eq!(read(url), None, "{url}");
        }
    }
}
