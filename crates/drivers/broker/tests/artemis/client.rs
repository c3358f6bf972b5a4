//! Somebody else at the broker, such as a service of MOSIP, who shares no code with the driver.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::PASSWORD;

pub(crate) struct Client {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Client {
    pub(crate) async fn open(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let mut client = Self {
            stream,
            read: Vec::new(),
        };
        let login = format!("accept-version:1.2\nhost:/\nlogin:artemis\npasscode:{PASSWORD}");
        client.send("CONNECT", &login, "").await;
        assert!(client.next().await.starts_with("CONNECTED"));
        client
    }

    pub(crate) async fn send(&mut self, command: &str, headers: &str, body: &str) {
        let frame = format!("{command}\n{headers}\n\n{body}\0");
        self.stream.write_all(frame.as_bytes()).await.unwrap();
    }

    /// The next frame, as text.
    pub(crate) async fn next(&mut self) -> String {
        loop {
            if let Some(end) = self.read.iter().position(|byte| *byte == 0) {
                let frame: Vec<u8> = self.read.drain(..=end).collect();
                let text = String::from_utf8_lossy(&frame).into_owned();
                return text.trim_matches(['\n', '\0']).to_owned();
            }
            assert_ne!(self.stream.read_buf(&mut self.read).await.unwrap(), 0);
        }
    }

    /// Puts a message into a queue.
    pub(crate) async fn put(&mut self, queue: &str, body: &str) {
        let to =
            format!("destination:{queue}\ndestination-type:ANYCAST\npersistent:true\nreceipt:put");
        self.send("SEND", &to, body).await;
        assert!(self.next().await.starts_with("RECEIPT"));
    }

    /// Reads a queue from now on, one message after another, without ever acknowledging one.
    pub(crate) async fn read(&mut self, queue: &str) {
        let from = format!("destination:{queue}\nid:reader\nack:client-individual");
        self.send("SUBSCRIBE", &from, "").await;
    }

    /// Has the broker do something, and gives its answer.
    pub(crate) async fn manage(
        &mut self,
        resource: &str,
        operation: &str,
        parameters: &str,
    ) -> String {
        // an address of its own for each: other tests ask the same broker, and an answer goes to one reader
        static ASKED: AtomicUsize = AtomicUsize::new(0);
        let address = format!("answers.{}", ASKED.fetch_add(1, Ordering::Relaxed));
        let answers = format!("destination:{address}\nid:answers\nsubscription-type:ANYCAST");
        self.send("SUBSCRIBE", &answers, "").await;
        let ask = format!(
            "destination:activemq.management\nreply-to:{address}\n_AMQ_ResourceName:{resource}\n_AMQ_OperationName:{operation}"
        );
        self.send("SEND", &ask, parameters).await;
        let answer = self.next().await;
        self.send("UNSUBSCRIBE", "id:answers", "").await;
        answer
    }
}
