//! An HTTP server with one archive.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// Answers `/404` with that status, `/redirect/URL` with a redirect, `/held` when it is released, and other paths with the
/// archive.
pub(super) struct Server {
    origin: String,
    requests: Arc<Mutex<Vec<String>>>,
    held: Arc<Semaphore>,
}

impl Server {
    pub(super) async fn start(address: &str, archive: Vec<u8>) -> Self {
        let listener = TcpListener::bind((address, 0)).await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let server = Self { origin, requests: Arc::default(), held: Arc::new(Semaphore::new(0)) };
        let (requests, held) = (Arc::clone(&server.requests), Arc::clone(&server.held));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(respond(
                    stream,
                    archive.clone(),
                    Arc::clone(&requests),
                    Arc::clone(&held),
                ));
            }
        });
        server
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    pub(super) fn count(&self) -> usize {
        self.requests.lock().unwrap().len()
    }

    pub(super) fn release(&self) {
        self.held.add_permits(1);
    }
}

async fn respond(
    mut stream: TcpStream,
    archive: Vec<u8>,
    requests: Arc<Mutex<Vec<String>>>,
    held: Arc<Semaphore>,
) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut request).await.unwrap_or(0) == 0 {
            return;
        }
    }
    let request = String::from_utf8(request).unwrap();
    let path = request.split(' ').nth(1).unwrap().to_owned();
    requests.lock().unwrap().push(request);
    if path == "/held" {
        held.acquire().await.unwrap().forget();
    }
    let (status, body) = match path.strip_prefix("/redirect/") {
        Some(url) => (format!("302 Found\r\nLocation: {url}"), Vec::new()),
        None if path == "/404" => ("404 Not Found".to_owned(), b"<html>".to_vec()),
        None => ("200 OK".to_owned(), archive),
    };
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    // The client closes the connection if the archive is too large.
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(&body).await;
}
