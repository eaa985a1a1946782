//! One call of gRPC with a stream each way, over HTTP/2: messages of protobuf, each behind a byte of flags and its length.
//!
//! By hand: the usual crate brings fourteen packages for what is one call here, `h2` two.

use std::future::poll_fn;
use std::sync::Arc;

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use h2::client::{ResponseFuture, SendRequest};
use h2::{RecvStream, SendStream};
use http::{HeaderMap, Request, StatusCode, Version};
use prost::Message;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::super::source::{LONGEST, PATIENCE};

/// Bytes of a message's flags and its length.
const HEAD: usize = 5;
/// Bytes that the server may send ahead.
const WINDOW: u32 = 8 << 20;
/// Longest text of a server's that is shown.
const SHOWN: usize = 200;

/// A call that stands. Dropped, it ends.
pub(super) struct Call {
    sending: SendStream<Bytes>,
    receiving: Receiving,
    buffer: BytesMut,
    /// What moves the connection's frames.
    connection: JoinHandle<()>,
}

enum Receiving {
    /// The server may answer only once it has heard something.
    Head(ResponseFuture),
    Body(RecvStream),
}

impl Drop for Call {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

impl Call {
    /// Opens a call of `path` on the server at `url`, which may want to see a token.
    pub(super) async fn open(url: &str, path: &str, token: Option<&str>) -> Result<Self, String> {
        let (scheme, rest) = url.split_once("://").ok_or("an address begins with http:// or https://")?;
        let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
        let uri = format!("{scheme}://{authority}{path}");
        let request = Request::post(uri).version(Version::HTTP_2);
        let mut request = request
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .header("user-agent", concat!("assay/", env!("CARGO_PKG_VERSION")));
        if let Some(token) = token {
            request = request.header("x-token", token);
        }
        let request = request.body(()).map_err(|error| error.to_string())?;
        let is_safe = scheme == "https";
        let port = if is_safe { 443 } else { 80 };
        let opening = async {
            let (host, port) = match authority.rsplit_once(':').map(|(host, port)| (host, port.parse())) {
                Some((host, Ok(port))) => (host, port),
                _ => (authority, port),
            };
            let host = host.trim_start_matches('[').trim_end_matches(']');
            let stream = TcpStream::connect((host, port)).await.map_err(|error| error.to_string())?;
            stream.set_nodelay(true).map_err(|error| error.to_string())?;
            match is_safe {
                true => Self::over(tls(host, stream).await?, request).await,
                false => Self::over(stream, request).await,
            }
        };
        timeout(PATIENCE, opening).await.map_err(|_| "no answer".to_owned())?
    }

    async fn over(
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        request: Request<()>,
    ) -> Result<Self, String> {
        let failed = |error: h2::Error| error.to_string();
        let mut builder = h2::client::Builder::new();
        builder.initial_window_size(WINDOW).initial_connection_window_size(WINDOW).enable_push(false);
        let (client, connection) = builder.handshake(stream).await.map_err(failed)?;
        let connection = tokio::spawn(async move {
            // Whoever reads or writes is told of what went wrong.
            let _ = connection.await;
        });
        let mut client: SendRequest<Bytes> = client.ready().await.map_err(failed)?;
        let (head, sending) = client.send_request(request, false).map_err(failed)?;
        Ok(Self { sending, receiving: Receiving::Head(head), buffer: BytesMut::new(), connection })
    }

    /// Sends a message, to a server that reads.
    pub(super) async fn send(&mut self, message: &impl Message) -> Result<(), String> {
        let length = message.encoded_len();
        let mut frame = BytesMut::with_capacity(HEAD + length);
        frame.put_u8(0); // not compressed
        frame.put_u32(u32::try_from(length).map_err(|error| error.to_string())?);
        message.encode(&mut frame).map_err(|error| error.to_string())?;
        let sent = timeout(PATIENCE, self.send_bytes(frame.freeze())).await;
        sent.map_err(|_| "the server takes nothing".to_owned())?
    }

    async fn send_bytes(&mut self, mut bytes: Bytes) -> Result<(), String> {
        let failed = |error: h2::Error| error.to_string();
        while !bytes.is_empty() {
            self.sending.reserve_capacity(bytes.len());
            let room = poll_fn(|context| self.sending.poll_capacity(context)).await;
            let room = room.ok_or("the server has ended the call")?.map_err(failed)?;
            let part = bytes.split_to(room.min(bytes.len()));
            self.sending.send_data(part, false).map_err(failed)?;
        }
        Ok(())
    }

    /// The next message; an error where there is none any more. Nothing is lost where it is given up before it comes.
    pub(super) async fn next<M: Message + Default>(&mut self) -> Result<M, String> {
        loop {
            if let Some(message) = self.buffered()? {
                return M::decode(message).map_err(|_| "a message is not the protocol's".to_owned());
            }
            match &mut self.receiving {
                Receiving::Head(head) => {
                    let response = head.await.map_err(|error| error.to_string())?;
                    if response.status() != StatusCode::OK {
                        return Err(format!("the server says {}", response.status()));
                    }
                    if response.headers().contains_key("grpc-status") {
                        return Err(ended(response.headers()));
                    }
                    self.receiving = Receiving::Body(response.into_body());
                }
                Receiving::Body(body) => match body.data().await {
                    Some(bytes) => {
                        let bytes = bytes.map_err(|error| error.to_string())?;
                        self.buffer.extend_from_slice(&bytes);
                        let released = body.flow_control().release_capacity(bytes.len());
                        released.map_err(|error| error.to_string())?;
                    }
                    None => {
                        let trailers = body.trailers().await.map_err(|error| error.to_string())?;
                        return Err(trailers.map_or_else(|| "the server closed it".into(), |all| ended(&all)));
                    }
                },
            }
        }
    }

    /// A message that is here as a whole.
    fn buffered(&mut self) -> Result<Option<BytesMut>, String> {
        let Some(mut head) = self.buffer.get(..HEAD) else { return Ok(None) };
        let (flags, length) = (head.get_u8(), head.get_u32());
        if flags != 0 {
            return Err("a message is compressed, which was not asked for".into());
        }
        let length = usize::try_from(length).ok().filter(|length| *length <= LONGEST);
        let length = length.ok_or("a message is longer than any account that is watched")?;
        if self.buffer.len() < HEAD + length {
            return Ok(None);
        }
        self.buffer.advance(HEAD);
        Ok(Some(self.buffer.split_to(length)))
    }
}

/// How a call ended, as the server says it.
fn ended(headers: &HeaderMap) -> String {
    let text = |name| {
        let value = headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        value.chars().filter(|letter| !letter.is_control()).take(SHOWN).collect::<String>()
    };
    format!("the server ended it: status {} {}", text("grpc-status"), text("grpc-message")).trim_end().into()
}

async fn tls(
    host: &str,
    stream: TcpStream,
) -> Result<impl AsyncRead + AsyncWrite + Unpin + Send + 'static, String> {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().map_err(|error| error.to_string())?;
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let name = ServerName::try_from(host.to_owned()).map_err(|error| error.to_string())?;
    let connected = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
    connected.map_err(|error| error.to_string())
}
