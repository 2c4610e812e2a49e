//! A mail of ours to its server (RFC 6409), step by step, so that what came of it is known: before the last
//! dot nothing was taken, behind it nobody knows until the server answers.

use super::{Credential, MailFault, Pace, Server};
use lettre::Address;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader,
    ReadBuf,
};
use tokio::net::TcpStream;

/// How TLS begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpTls {
    /// At once (port 465).
    Implicit,
    /// By STARTTLS (port 587); a server that does not know it is not spoken with.
    StartTls,
}

/// A server that takes our mails.
#[derive(Debug, Clone)]
pub struct SmtpAccount {
    /// The server.
    pub server: Server,
    /// How TLS begins.
    pub tls: SmtpTls,
    /// Who signs in and how; none where the server knows us by our address.
    pub login: Option<(String, Credential)>,
    /// What we call ourselves in EHLO.
    pub own_name: String,
    /// How long is waited.
    pub pace: Pace,
}

/// What came of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handed {
    /// The server has it.
    Taken,
    /// It has not, and may have later.
    Later(MailFault),
    /// It has not, and will not, with its code.
    Refused(u16),
    /// All was handed over and no answer came.
    Unknown,
}

/// Time for all of a mail; the lease of a message holds longer.
const SUBMIT_SECONDS_MAX: u64 = 100;
/// Longest answer before TLS, in bytes.
const ANSWER_BYTES_MAX: u64 = 8_192;

/// Hands a mail over. `from` is empty for `<>`.
pub async fn submit(account: &SmtpAccount, from: &str, to: &str, mail: &[u8]) -> Handed {
    let (Ok(from), Ok(to)) = (address(from), to.parse::<Address>()) else {
        // RFC 5321 §4.2.3: 553, mailbox name not allowed.
        return Handed::Refused(553);
    };
    let mut is_over = false;
    let handing = hand_over(account, from, to, mail, &mut is_over);
    match tokio::time::timeout(Duration::from_secs(SUBMIT_SECONDS_MAX), handing).await {
        Ok(Ok(handed)) => handed,
        Ok(Err(_)) | Err(_) if is_over => Handed::Unknown,
        Ok(Err(fault)) => Handed::Later(fault),
        Err(_) => Handed::Later(MailFault::Silent),
    }
}

fn address(text: &str) -> Result<Option<Address>, MailFault> {
    match text {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| MailFault::Protocol),
    }
}

async fn hand_over(
    account: &SmtpAccount,
    from: Option<Address>,
    to: Address,
    mail: &[u8],
    is_over: &mut bool,
) -> Result<Handed, MailFault> {
    let pace = &account.pace;
    let mut line = connect(account).await?;
    if let Some((user, credential)) = &account.login {
        let (mechanisms, secret): (&[Mechanism], _) = match credential {
            Credential::Password(secret) => (&[Mechanism::Plain, Mechanism::Login], secret),
            Credential::Bearer(secret) => (&[Mechanism::Xoauth2], secret),
        };
        let credentials = Credentials::new(user.clone(), secret.clone());
        let signed_in = pace.answered(line.auth(mechanisms, &credentials)).await?;
        // The fault is ours and not the mail's: it waits.
        if !signed_in.is_ok_and(|answer| answer.is_positive()) {
            return Err(MailFault::Login);
        }
    }
    let steps =
        [Mail::new(from, vec![]).to_string(), Rcpt::new(to, vec![]).to_string(), Data.to_string()];
    for step in steps {
        let answer = pace.answered(line.command(step)).await?;
        if let Some(handed) = refused(answer)? {
            // It has said what it does with the mail, whatever becomes of the farewell.
            let _ = pace.answered(line.abort()).await;
            return Ok(handed);
        }
    }
    *is_over = true;
    let limit = pace.for_bytes(u64::try_from(mail.len()).unwrap_or(0));
    let answer =
        tokio::time::timeout(limit, line.message(mail)).await.map_err(|_| MailFault::Silent)?;
    let handed = refused(answer)?.unwrap_or(Handed::Taken);
    // The mail is taken or not, whatever becomes of the farewell.
    let _ = pace.answered(line.quit()).await;
    Ok(handed)
}

/// `None` where the server goes along.
fn refused(
    answer: Result<Response, lettre::transport::smtp::Error>,
) -> Result<Option<Handed>, MailFault> {
    match answer {
        Ok(answer) if answer.is_positive() => Ok(None),
        Ok(_) => Ok(Some(Handed::Later(MailFault::Refused))),
        Err(error) if error.is_permanent() => {
            let code = error.status().map_or(550, u16::from);
            Ok(Some(Handed::Refused(code)))
        }
        Err(error) if error.is_transient() => Ok(Some(Handed::Later(MailFault::Refused))),
        Err(_) => Err(MailFault::Closed),
    }
}

async fn connect(account: &SmtpAccount) -> Result<AsyncSmtpConnection, MailFault> {
    let pace = &account.pace;
    let plain = account.server.connect_plain(pace).await?;
    let (plain, greeting): (TcpStream, &'static [u8]) = match account.tls {
        SmtpTls::Implicit => (plain, b""),
        // RFC 3207 §4.2: behind TLS there is no greeting, which the library waits for.
        SmtpTls::StartTls => (start_tls(plain, &account.own_name, pace).await?, b"220 \r\n"),
    };
    let secure = account.server.secure(plain, pace).await?;
    let (reading, writing) = tokio::io::split(secure);
    let stream = Greeted { reading: Box::new(greeting.chain(reading)), writing: Box::new(writing) };
    let name = ClientId::Domain(account.own_name.clone());
    let connecting = AsyncSmtpConnection::connect_with_transport(Box::new(stream), &name);
    pace.answered(connecting).await?.map_err(|error| {
        // It answered, and not kindly: 421, 554.
        let is_answer = error.is_transient() || error.is_permanent() || error.is_response();
        if is_answer { MailFault::Refused } else { MailFault::Closed }
    })
}

/// Speaks in the clear up to STARTTLS. Nothing that is read here is believed: behind TLS all is asked again.
async fn start_tls(stream: TcpStream, own_name: &str, pace: &Pace) -> Result<TcpStream, MailFault> {
    let mut stream = BufReader::new(stream);
    answer(&mut stream, pace, 220).await?;
    for (command, code) in [(format!("EHLO {own_name}\r\n"), 250), ("STARTTLS\r\n".to_owned(), 220)]
    {
        let written = pace.answered(stream.get_mut().write_all(command.as_bytes())).await?;
        written.map_err(|_| MailFault::Closed)?;
        answer(&mut stream, pace, code).await?;
    }
    // What was sent ahead in the clear would be taken for what is said under TLS.
    if stream.buffer().is_empty() { Ok(stream.into_inner()) } else { Err(MailFault::Tls) }
}

async fn answer(
    stream: &mut BufReader<TcpStream>,
    pace: &Pace,
    code: u16,
) -> Result<(), MailFault> {
    let mut room = stream.take(ANSWER_BYTES_MAX);
    loop {
        let mut line = Vec::new();
        pace.answered(room.read_until(b'\n', &mut line)).await?.map_err(|_| MailFault::Closed)?;
        if !line.ends_with(b"\n") {
            return Err(MailFault::Closed);
        }
        let is_it = line.starts_with(code.to_string().as_bytes());
        match line.get(3) {
            Some(b'-') => {}
            _ if is_it => return Ok(()),
            _ => return Err(MailFault::Refused),
        }
    }
}

/// A connection whose greeting may have been read already.
struct Greeted {
    reading: Box<dyn AsyncRead + Send + Sync + Unpin>,
    writing: Box<dyn AsyncWrite + Send + Sync + Unpin>,
}

impl fmt::Debug for Greeted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Greeted")
    }
}

impl AsyncTokioStream for Greeted {
    /// Nobody asks for it.
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok((Ipv4Addr::UNSPECIFIED, 0).into())
    }
}

impl AsyncRead for Greeted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.reading).poll_read(cx, into)
    }
}

impl AsyncWrite for Greeted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.writing).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.writing).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.writing).poll_shutdown(cx)
    }
}
