//! A mail server that takes mails over STARTTLS from whoever knows the password.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// A mail that was taken.
#[derive(Clone, Debug)]
pub(super) struct Mail {
    pub(super) from: String,
    pub(super) to: Vec<String>,
    pub(super) lines: Vec<String>,
}

pub(super) struct MailServer {
    pub(super) addr: SocketAddr,
    taken: Arc<Mutex<Vec<Mail>>>,
    _serving: JoinSet<()>,
}

impl MailServer {
    /// One whose certificate it writes to `mail.crt` of a folder.
    pub(super) async fn start(folder: &Path) -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(folder.join("mail.crt"), made.cert.pem()).unwrap();
        let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap();
        let config =
            config.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let taken: Arc<Mutex<Vec<Mail>>> = Arc::default();
        let all = Arc::clone(&taken);
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let mut stream = BufReader::new(stream);
                // In the clear nothing is taken but the wish to encrypt.
                stream.write_all(b"220 mail.test\r\n").await.unwrap();
                let wants_tls = loop {
                    let mut line = String::new();
                    if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                        break false;
                    }
                    match line.trim_end() {
                        "STARTTLS" => break true,
                        hello if hello.starts_with("EHLO") => {
                            stream.write_all(b"250-mail.test\r\n250 STARTTLS\r\n").await.unwrap();
                        }
                        _ => stream.write_all(b"530 encrypt first\r\n").await.unwrap(),
                    }
                };
                if wants_tls {
                    stream.write_all(b"220 go on\r\n").await.unwrap();
                    if let Ok(stream) = acceptor.accept(stream.into_inner()).await {
                        talk(BufReader::new(stream), &all).await;
                    }
                }
            }
        });
        Self { addr, taken, _serving: serving }
    }

    pub(super) fn taken(&self) -> Vec<Mail> {
        self.taken.lock().unwrap().clone()
    }
}

async fn talk<S: AsyncRead + AsyncWrite + Unpin>(mut stream: BufReader<S>, all: &Mutex<Vec<Mail>>) {
    let mut mail = Mail { from: String::new(), to: Vec::new(), lines: Vec::new() };
    let mut is_known = false;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
            return;
        }
        let line = line.trim_end();
        let answer = match line.split_once([' ', ':']) {
            Some(("EHLO", _)) => "250-mail.test\r\n250 AUTH PLAIN LOGIN",
            Some(("AUTH", word)) => {
                is_known = word == format!("PLAIN {}", STANDARD.encode("\0gateway\0the password"));
                if is_known { "235 welcome" } else { "535 who are you" }
            }
            _ if !is_known => "530 sign in first",
            Some(("MAIL", from)) => {
                mail.from = from.to_owned();
                "250 ok"
            }
            Some(("RCPT", to)) => {
                mail.to.push(to.to_owned());
                "250 ok"
            }
            None if line == "DATA" => {
                stream.write_all(b"354 go on\r\n").await.unwrap();
                loop {
                    let mut line = String::new();
                    stream.read_line(&mut line).await.unwrap();
                    if line == ".\r\n" {
                        break;
                    }
                    mail.lines.push(line.trim_end().to_owned());
                }
                all.lock().unwrap().push(mail.clone());
                "250 taken"
            }
            _ => "221 bye",
        };
        stream.write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
    }
}
