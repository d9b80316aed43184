//! A connection to a name server. Many messages are in flight at once; each is signed and each answer is verified.
//!
//! Answers may arrive in any order. Their ids tell to which message they belong. Nothing is retried here.

use super::message::{DnsAnswer, UnsignedMessage};
use crate::apply::retry::{Moment, Retry, random};
use domain::base::Message;
use domain::rdata::tsig::Time48;
use domain::tsig::{ClientSequence, ClientTransaction, Key, ValidationError};
use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::{Arc, mpsc};
use std::thread;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NoAnswer {
    /// The message was not sent.
    Unsent(String),
    /// The message may have arrived.
    Unanswered(String),
    /// The server does not accept the key, in general or for this message.
    Refused,
    /// The answer cannot be trusted.
    Untrusted(String),
}

/// The most messages and bytes in flight. The bytes fit into the buffer of any socket, so that the two sides never wait for
/// each other to read.
const MOST_MESSAGES: usize = 64;
const MOST_BYTES: usize = 32 * 1024;

/// A connection that is opened when it is needed.
pub(super) struct Connection {
    /// `HOST:PORT`.
    server: String,
    key: Option<Arc<Key>>,
    retry: Retry,
    stream: Option<TcpStream>,
    /// The id of the last message.
    last_id: u16,
    /// Whether an answer was signed with the key, so that the key is right.
    has_verified: bool,
}

/// A message in flight.
struct InFlightMessage {
    at: usize,
    bytes: usize,
    transaction: Option<ClientTransaction<Arc<Key>>>,
}

/// The id of a message, its bytes with their length, and what verifies the answer.
type SignedMessage = (u16, Vec<u8>, Option<ClientTransaction<Arc<Key>>>);

impl Connection {
    pub(super) fn new(server: String, key: Option<Arc<Key>>, retry: Retry) -> Self {
        let last_id = u16::try_from(random() & 0xffff).expect("16 bits fit");
        Connection { server, key, retry, stream: None, last_id, has_verified: false }
    }

    /// Whether it is open: it was used, and nothing has failed since.
    pub(super) fn is_open(&self) -> bool {
        self.stream.is_some()
    }

    /// Whether messages are signed.
    pub(super) fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// Whether an answer was signed with the key, so that the key is right.
    pub(super) fn has_verified(&self) -> bool {
        self.has_verified
    }

    /// Sends all messages and returns their answers in order.
    pub(super) fn exchange(&mut self, messages: &[&UnsignedMessage]) -> Vec<Result<DnsAnswer, NoAnswer>> {
        let mut answers: Vec<Option<Result<DnsAnswer, NoAnswer>>> = Vec::new();
        answers.resize_with(messages.len(), || None);
        let mut sent = BTreeMap::new();
        let broken = self.send_and_receive(messages, &mut sent, &mut answers).err().unwrap_or_default();
        if !broken.is_empty() {
            self.stream = None;
        }
        for InFlightMessage { at, .. } in sent.into_values() {
            answers[at] = Some(Err(NoAnswer::Unanswered(broken.clone())));
        }
        answers.into_iter().map(|answer| answer.unwrap_or_else(|| Err(NoAnswer::Unsent(broken.clone())))).collect()
    }

    fn send_and_receive(
        &mut self,
        messages: &[&UnsignedMessage],
        sent: &mut BTreeMap<u16, InFlightMessage>,
        answers: &mut [Option<Result<DnsAnswer, NoAnswer>>],
    ) -> Result<(), String> {
        self.stream()?;
        let mut unsent = messages.iter().enumerate().peekable();
        let mut bytes_in_flight = 0;
        while unsent.peek().is_some() || !sent.is_empty() {
            while sent.len() < MOST_MESSAGES && (bytes_in_flight < MOST_BYTES || sent.is_empty()) {
                let Some((at, message)) = unsent.next() else { break };
                let (id, bytes, transaction) = self.sign(message)?;
                // A message is in flight from its first byte on.
                bytes_in_flight += bytes.len();
                sent.insert(id, InFlightMessage { at, bytes: bytes.len(), transaction });
                self.send(&bytes)?;
            }
            let answer = self.receive()?;
            let Some(InFlightMessage { at, bytes, transaction }) = sent.remove(&answer.header().id()) else {
                return Err("the server sent an answer to an unknown message".into());
            };
            bytes_in_flight -= bytes;
            let has_verified = &mut self.has_verified;
            answers[at] = Some(verify(answer, |answer| match &transaction {
                Some(transaction) => transaction.answer(answer, Time48::now()).inspect(|()| *has_verified = true),
                None => Ok(()),
            }));
        }
        Ok(())
    }

    /// Sends one message and passes every answer to `each`, until `each` returns true.
    pub(super) fn sequence(
        &mut self,
        message: &UnsignedMessage,
        mut each: impl FnMut(&DnsAnswer) -> bool,
    ) -> Result<(), NoAnswer> {
        let mut message = message.clone();
        message.header_mut().set_id(self.next_id());
        let key = self.key.clone();
        let mut sequence =
            key.map(|key| ClientSequence::request(key, &mut message, Time48::now()).expect("the message buffer grows"));
        let broken = |connection: &mut Self, reason| {
            connection.stream = None;
            NoAnswer::Unanswered(reason)
        };
        framed(&message).and_then(|bytes| self.send(&bytes)).map_err(|reason| broken(self, reason))?;
        loop {
            let answer = self.receive().map_err(|reason| broken(self, reason))?;
            let has_verified = &mut self.has_verified;
            let answer = verify(answer, |answer| match &mut sequence {
                Some(sequence) => sequence.answer(answer, Time48::now()).inspect(|()| *has_verified = true),
                None => Ok(()),
            })?;
            if each(&answer) {
                return Ok(());
            }
        }
    }

    fn next_id(&mut self) -> u16 {
        self.last_id = self.last_id.wrapping_add(1);
        self.last_id
    }

    fn sign(&mut self, message: &UnsignedMessage) -> Result<SignedMessage, String> {
        let mut message = message.clone();
        let id = self.next_id();
        message.header_mut().set_id(id);
        let transaction = self
            .key
            .clone()
            .map(|key| ClientTransaction::request(key, &mut message, Time48::now()).expect("the message buffer grows"));
        Ok((id, framed(&message)?, transaction))
    }

    fn send(&mut self, bytes: &[u8]) -> Result<(), String> {
        let server = self.server.clone();
        self.stream()?
            .write_all(bytes)
            .map_err(|error| format!("`{server}` does not accept messages: {}", error_text(&error)))
    }

    fn receive(&mut self) -> Result<DnsAnswer, String> {
        let server = self.server.clone();
        let mut stream = self.stream()?;
        let mut read = |bytes: &mut [u8]| {
            stream.read_exact(bytes).map_err(|error| format!("`{server}` does not answer: {}", error_text(&error)))
        };
        let mut len = [0; 2];
        read(&mut len)?;
        let mut bytes = vec![0; u16::from_be_bytes(len).into()];
        read(&mut bytes)?;
        Message::from_octets(bytes).map_err(|_| format!("`{server}` sent an invalid DNS message"))
    }

    /// The stream, for one message or answer.
    fn stream(&mut self) -> Result<TimedStream<'_>, String> {
        if self.stream.is_none() {
            self.stream = Some(connect(&self.server, &self.retry)?);
        }
        Ok(TimedStream { stream: self.stream.as_mut().expect("it was opened"), end: self.retry.answer_end() })
    }
}

/// A stream until a moment, however slowly the server sends or receives.
struct TimedStream<'s> {
    stream: &'s mut TcpStream,
    end: Moment,
}

impl Read for TimedStream<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        self.stream.set_read_timeout(Some(self.end.left()?))?;
        self.stream.read(bytes)
    }
}

impl Write for TimedStream<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.stream.set_write_timeout(Some(self.end.left()?))?;
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.stream.flush()
    }
}

fn framed(message: &UnsignedMessage) -> Result<Vec<u8>, String> {
    let message = message.as_slice();
    let len = u16::try_from(message.len()).map_err(|_| "a message is longer than 64 KiB".to_owned())?;
    Ok([&len.to_be_bytes(), message].concat())
}

/// Connects to the first address of the server that accepts it.
fn connect(server: &str, retry: &Retry) -> Result<TcpStream, String> {
    let addresses = addresses(server, retry.answer_end(), |server| Ok(server.to_socket_addrs()?.collect()))
        .map_err(|error| format!("`{server}` has no address: {}", error_text(&error)))?;
    let mut reason = format!("`{server}` has no address");
    for address in addresses {
        match retry.answer_end().left().and_then(|time| TcpStream::connect_timeout(&address, time)) {
            Ok(stream) => return stream.set_nodelay(true).map(|()| stream).map_err(|error| error_text(&error)),
            Err(error) => reason = format!("`{server}` cannot be reached: {}", error_text(&error)),
        }
    }
    Err(reason)
}

/// The addresses of `HOST:PORT`. The resolver of the system has timeouts of its own, which may be longer, so it runs in a thread
/// that is not waited for after `end`.
fn addresses(
    server: &str,
    end: Moment,
    resolve: impl FnOnce(&str) -> io::Result<Vec<SocketAddr>> + Send + 'static,
) -> io::Result<Vec<SocketAddr>> {
    if let Ok(address) = server.parse() {
        return Ok(vec![address]);
    }
    let (sender, receiver) = mpsc::channel();
    let server = server.to_owned();
    // Nobody receives what comes too late.
    thread::Builder::new().spawn(move || sender.send(resolve(&server)))?;
    receiver.recv_timeout(end.left()?).unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// The text of an error, without the number that some systems add.
fn error_text(error: &std::io::Error) -> String {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::ConnectionRefused => "connection refused".into(),
        ErrorKind::WouldBlock | ErrorKind::TimedOut => "timeout".into(),
        ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => "connection closed".into(),
        _ => error.to_string().to_lowercase(),
    }
}

/// The answer if its signature is valid. An unsigned error is accepted, because nothing depends on it.
fn verify(
    mut answer: DnsAnswer,
    validate: impl FnOnce(&mut DnsAnswer) -> Result<(), ValidationError>,
) -> Result<DnsAnswer, NoAnswer> {
    use domain::base::iana::Rcode;
    match validate(&mut answer) {
        Ok(()) => Ok(answer),
        Err(ValidationError::ServerUnsigned)
            if !matches!(answer.header().rcode(), Rcode::NOERROR | Rcode::NXDOMAIN) =>
        {
            Ok(answer)
        }
        Err(ValidationError::ServerBadTime { .. } | ValidationError::BadTime) => {
            Err(NoAnswer::Untrusted("the clocks of server and client differ by more than five minutes".into()))
        }
        Err(ValidationError::ServerBadKey | ValidationError::ServerBadSig) => {
            // Knot also answers this for a known key that is not in its access list.
            Err(NoAnswer::Refused)
        }
        Err(error) => Err(NoAnswer::Untrusted(format!("the answer is not signed with the key ({error})"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_resolver_that_does_not_answer_is_not_waited_for() {
        let end = || Moment::after(Duration::from_millis(50));
        let (sender, never) = mpsc::channel::<()>();
        let hangs = move |_: &str| {
            let _ = never.recv();
            Ok(Vec::new())
        };
        let error = addresses("ns1.example.net:53", end(), hangs).unwrap_err();
        assert_eq!((error.kind(), error_text(&error).as_str()), (io::ErrorKind::TimedOut, "timeout"));
        drop(sender);
        let known: SocketAddr = "192.0.2.1:53".parse().unwrap();
        assert_eq!(addresses("ns1.example.net:53", end(), move |_| Ok(vec![known])).unwrap(), [known]);
        assert_eq!(
            addresses("192.0.2.1:53", end(), |_| unreachable!("an address needs no resolver")).unwrap(),
            [known]
        );
    }
}
