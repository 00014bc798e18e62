//! A store on a raw socket, for what a well-behaved server does not do.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    task::JoinHandle,
};

/// Takes one connection. Answers at once or never, reads to the end, and gives all it got.
pub(crate) async fn raw_store(answer: Option<String>) -> (String, JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let got = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let (mut got, mut piece) = (Vec::new(), vec![0; 65_536]);
        let mut answer = answer;
        loop {
            match socket.read(&mut piece).await {
                Ok(0) | Err(_) => return got,
                Ok(read) => got.extend_from_slice(&piece[..read]),
            }
            if let Some(answer) = answer.take() {
                socket.write_all(answer.as_bytes()).await.unwrap();
            }
        }
    });
    (url, got)
}
