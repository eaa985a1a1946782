//! `/metrics` and `/healthz` over HTTP: two pages, for whoever can reach the address, and nothing that changes anything.
//!
//! A request has a longest head and a longest time, its body is not read, and so many connections at once are served and no more.

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use hyper::{Method, Request, Response, StatusCode, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::health::Board;

/// How long a connection may take, from its beginning to its end.
const PATIENCE: Duration = Duration::from_secs(10);
/// Most bytes of a request's head.
const LONGEST: usize = 16 << 10;
/// Connections at once. One more waits.
const MOST: usize = 32;

/// Answers until `stop` is done.
pub async fn serve(listener: TcpListener, board: Arc<Board>, stop: impl Future<Output = ()>) {
    let room = Arc::new(Semaphore::new(MOST));
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = async {
            // The semaphore is never closed.
            let place = Arc::clone(&room).acquire_owned().await;
            (listener.accept().await, place)
        };
        tokio::select! {
            () = &mut stop => return,
            (accepted, place) = accepted => match accepted {
                Ok((stream, _)) => {
                    let board = Arc::clone(&board);
                    tokio::spawn(async move {
                        connection(stream, board).await;
                        drop(place);
                    });
                }
                // No file descriptors are left, most likely.
                Err(error) => {
                    tracing::warn!(%error, "no connection was accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
        }
    }
}

async fn connection(stream: TcpStream, board: Arc<Board>) {
    let answer = service_fn(move |request: Request<Incoming>| {
        let board = Arc::clone(&board);
        async move { Ok::<_, Infallible>(answer(&request, &board)) }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(PATIENCE).max_buf_size(LONGEST).keep_alive(false);
    let served = builder.serve_connection(TokioIo::new(stream), answer);
    // Whoever asks wrongly or slowly gets no more than a closed connection.
    match tokio::time::timeout(PATIENCE, served).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "a request was not answered"),
        Err(_) => tracing::debug!("a request took too long"),
    }
}

fn answer(request: &Request<Incoming>, board: &Board) -> Response<Full<Bytes>> {
    let (status, kind, text) = match (request.method(), request.uri().path()) {
        (&Method::GET | &Method::HEAD, "/metrics") => {
            (StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", board.page())
        }
        (&Method::GET | &Method::HEAD, "/healthz") => {
            let faults = board.faults();
            let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
            let page = json!({ "healthy": faults.is_empty(), "faults": faults });
            (status, "application/json", format!("{page}\n"))
        }
        (&Method::GET | &Method::HEAD, _) => {
            (StatusCode::NOT_FOUND, "text/plain; charset=utf-8", "/metrics and /healthz are here\n".into())
        }
        _ => (StatusCode::METHOD_NOT_ALLOWED, "text/plain; charset=utf-8", "GET, and nothing else\n".into()),
    };
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, hyper::header::HeaderValue::from_static("no-store"));
    if status == StatusCode::METHOD_NOT_ALLOWED {
        headers.insert(ALLOW, hyper::header::HeaderValue::from_static("GET, HEAD"));
    }
    response
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::sync::oneshot;

    use super::super::health::Limits;
    use super::*;

    /// What a server with this silence answers to some bytes.
    async fn ask(silence: Duration, request: &[u8]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let board = Arc::new(Board::new(Limits { lag: 1, silence }, None));
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(serve(listener, board, async {
            let _ = stopped.await;
        }));
        let mut stream = TcpStream::connect(address).await.unwrap();
        // The server may close before it has read everything.
        let _ = stream.write_all(request).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        stop.send(()).unwrap();
        serving.await.unwrap();
        String::from_utf8(answer).unwrap()
    }

    #[tokio::test]
    async fn two_pages() {
        let patient = Duration::from_secs(60);
        let page = ask(patient, b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n").await;
        assert!(page.starts_with("HTTP/1.1 200 OK\r\n") && page.contains("version=0.0.4"), "{page}");
        assert!(page.contains("\nassay_keeper_healthy 1\n"), "{page}");
        let well = ask(patient, b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await;
        assert!(well.starts_with("HTTP/1.1 200 OK\r\n"), "{well}");
        assert!(well.ends_with("{\"faults\":[],\"healthy\":true}\n"), "{well}");
        let ill = ask(Duration::ZERO, b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await;
        assert!(ill.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{ill}");
        assert!(ill.contains("\"name\":\"no answer\"") && ill.contains("\"healthy\":false"), "{ill}");
    }

    #[tokio::test]
    async fn nothing_else() {
        let patient = Duration::from_secs(60);
        for (request, status) in [
            (b"GET / HTTP/1.1\r\nhost: x\r\n\r\n".to_vec(), "HTTP/1.1 404 "),
            (
                b"POST /metrics HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999\r\n\r\n".to_vec(),
                "HTTP/1.1 405 ",
            ),
            (b"GET /metrics\r\n\r\n".to_vec(), "HTTP/1.1 400 "),
            ([b"GET /metrics HTTP/1.1\r\nx: ".to_vec(), vec![b'y'; 2 * LONGEST]].concat(), "HTTP/1.1 431 "),
        ] {
            let answer = ask(patient, &request).await;
            assert!(answer.starts_with(status), "{status}: {answer}");
        }
    }
}
