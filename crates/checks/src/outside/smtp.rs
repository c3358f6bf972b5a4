//! The mail server: whether it greets. Nobody logs in and no mail is sent.

use mosipctl_reach::{Direct, Reach};
use mosipctl_spec::environment::externals::Smtp;
use tokio::io::AsyncReadExt;

use super::{PATIENCE, in_words};
use crate::finding::{Check, Finding};

const CHECK: Check = Check::Smtp;
/// What a mail server says first when it is ready (RFC 5321, 4.2).
const READY: &str = "220";
/// The longest line of a reply (RFC 5321, 4.5.3.1.5).
const LINE: usize = 512;
const REMEDY: &str = "check `spec.externals.messageGateway.smtp`, and that this machine reaches it";

pub(super) async fn look(smtp: Option<&Smtp>) -> Finding {
    let Some(smtp) = smtp else {
        return Finding::skipped(
            CHECK,
            "mail server",
            "the environment names none, so the mock is used",
        );
    };
    let what = format!("mail server at {}:{}", smtp.host, smtp.port);
    let greeting = tokio::time::timeout(PATIENCE, greeting(smtp));
    let answered = greeting
        .await
        .unwrap_or_else(|_| Err("no answer in time".to_owned()));
    match answered {
        Err(why) => Finding::failed(CHECK, what, why, REMEDY),
        Ok(None) => Finding::warning(
            CHECK,
            what,
            "it takes connections; it encrypts from the first byte, so its greeting was not read",
            "send yourself a mail through it once",
        ),
        Ok(Some(line)) if line.starts_with(READY) => {
            Finding::passed(CHECK, what, "it greets; nobody logged in, no mail was sent")
        }
        Ok(Some(line)) => Finding::failed(CHECK, what, format!("it says `{line}`"), REMEDY),
    }
}

/// The first line; none when it cannot be read as it is.
async fn greeting(smtp: &Smtp) -> Result<Option<String>, String> {
    let way = Direct::new(&smtp.host, smtp.port);
    let mut stream = way.connect().await.map_err(|error| in_words(&error))?;
    if smtp.ssl {
        return Ok(None);
    }
    let mut line = Vec::new();
    while line.len() < LINE && !line.ends_with(b"\n") {
        match stream.read_u8().await {
            Ok(byte) => line.push(byte),
            Err(error) => return Err(format!("it ended the connection: {error}")),
        }
    }
    Ok(Some(String::from_utf8_lossy(&line).trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;

    use super::*;
    use crate::finding::Outcome;

    async fn says(greeting: &'static str) -> Finding {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(greeting.as_bytes()).await.unwrap();
        });
        look(Some(&Smtp {
            host: "127.0.0.1".to_owned(),
            port,
            from: "mosip@example.org".to_owned(),
            starttls: true,
            ssl: false,
            username: None,
            password: None,
        }))
        .await
    }

    #[tokio::test]
    async fn a_server_that_greets_passes_and_another_is_quoted() {
        assert_eq!(
            says("220 mail.example.org ESMTP\r\n").await.outcome,
            Outcome::Passed
        );
        let finding = says("554 go away\r\n").await;
        assert_eq!(finding.outcome, Outcome::Failed);
        assert!(finding.detail.contains("554 go away"), "{}", finding.detail);
    }

    #[tokio::test]
    async fn without_a_mail_server_nothing_passed() {
        assert_eq!(look(None).await.outcome, Outcome::Skipped);
    }
}
