//! A connection to a name server: many messages on the way at once, each signed, each answer checked.
//!
//! An answer finds its message by number, in whatever order they come. Nothing is sent twice here.

use super::message::{Answer, Draft};
use crate::apply::patience;
use domain::base::Message;
use domain::rdata::tsig::Time48;
use domain::tsig::{ClientSequence, ClientTransaction, Key, ValidationError};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lost {
    /// The message was not sent.
    Unsent(String),
    /// It may have arrived.
    Unanswered(String),
    /// Server and client do not know each other.
    Stranger(String),
}

/// How many messages, and how many bytes, may be unanswered. The bytes fit into any socket's buffer, so that both sides
/// never wait for each other to read.
const MESSAGES: usize = 64;
const BYTES: usize = 32 * 1024;

/// A connection that opens itself when it is needed.
pub(super) struct Line {
    /// `HOST:PORT`.
    server: String,
    key: Option<Arc<Key>>,
    timeout: Duration,
    stream: Option<TcpStream>,
    /// The last number given to a message.
    last: u16,
}

/// A message on the way.
struct Sent {
    at: usize,
    bytes: usize,
    transaction: Option<ClientTransaction<Arc<Key>>>,
}

impl Line {
    pub(super) fn new(server: String, key: Option<Arc<Key>>, timeout: Duration) -> Self {
        let last = u16::try_from(patience::random() & 0xffff).expect("16 bits fit");
        Line { server, key, timeout, stream: None, last }
    }

    /// Sends all messages and returns their answers in order.
    pub(super) fn exchange(&mut self, drafts: &[Draft]) -> Vec<Result<Answer, Lost>> {
        let mut answers: Vec<Option<Result<Answer, Lost>>> = Vec::new();
        answers.resize_with(drafts.len(), || None);
        let mut sent = BTreeMap::new();
        let broken = self.converse(drafts, &mut sent, &mut answers).err().unwrap_or_default();
        if !broken.is_empty() {
            self.stream = None;
        }
        for Sent { at, .. } in sent.into_values() {
            answers[at] = Some(Err(Lost::Unanswered(broken.clone())));
        }
        answers.into_iter().map(|answer| answer.unwrap_or_else(|| Err(Lost::Unsent(broken.clone())))).collect()
    }

    fn converse(
        &mut self,
        drafts: &[Draft],
        sent: &mut BTreeMap<u16, Sent>,
        answers: &mut [Option<Result<Answer, Lost>>],
    ) -> Result<(), String> {
        self.stream()?;
        let mut todo = drafts.iter().enumerate().peekable();
        let mut underway = 0;
        while todo.peek().is_some() || !sent.is_empty() {
            while sent.len() < MESSAGES && (underway < BYTES || sent.is_empty()) {
                let Some((at, draft)) = todo.next() else { break };
                let (id, bytes, transaction) = self.sign(draft);
                // A message is under way from its first byte on.
                underway += bytes.len();
                sent.insert(id, Sent { at, bytes: bytes.len(), transaction });
                self.send(&bytes)?;
            }
            let answer = self.receive()?;
            let Some(Sent { at, bytes, transaction }) = sent.remove(&answer.header().id()) else {
                return Err("the server answered what was not asked".into());
            };
            underway -= bytes;
            answers[at] = Some(check(answer, |answer| match &transaction {
                Some(transaction) => transaction.answer(answer, Time48::now()),
                None => Ok(()),
            }));
        }
        Ok(())
    }

    /// Sends one message and hands every answer to `each` until that says it was the last.
    pub(super) fn sequence(&mut self, draft: &Draft, mut each: impl FnMut(&Answer) -> bool) -> Result<(), Lost> {
        let mut draft = draft.clone();
        draft.header_mut().set_id(self.next());
        let key = self.key.clone();
        let mut sequence = key.map(|key| {
            ClientSequence::request(key, &mut draft, Time48::now()).expect("a message has room for a signature")
        });
        let broken = |line: &mut Self, reason| {
            line.stream = None;
            Lost::Unanswered(reason)
        };
        self.send(&framed(&draft)).map_err(|reason| broken(self, reason))?;
        loop {
            let answer = self.receive().map_err(|reason| broken(self, reason))?;
            let answer = check(answer, |answer| match &mut sequence {
                Some(sequence) => sequence.answer(answer, Time48::now()),
                None => Ok(()),
            })?;
            if each(&answer) {
                return Ok(());
            }
        }
    }

    fn next(&mut self) -> u16 {
        self.last = self.last.wrapping_add(1);
        self.last
    }

    fn sign(&mut self, draft: &Draft) -> (u16, Vec<u8>, Option<ClientTransaction<Arc<Key>>>) {
        let mut draft = draft.clone();
        let id = self.next();
        draft.header_mut().set_id(id);
        let transaction = self.key.clone().map(|key| {
            ClientTransaction::request(key, &mut draft, Time48::now()).expect("a message has room for a signature")
        });
        (id, framed(&draft), transaction)
    }

    fn send(&mut self, bytes: &[u8]) -> Result<(), String> {
        let server = self.server.clone();
        self.stream()?.write_all(bytes).map_err(|error| format!("`{server}` takes no message: {}", plain(&error)))
    }

    fn receive(&mut self) -> Result<Answer, String> {
        let server = self.server.clone();
        let stream = self.stream()?;
        let mut read = |bytes: &mut [u8]| {
            stream.read_exact(bytes).map_err(|error| format!("`{server}` does not answer: {}", plain(&error)))
        };
        let mut len = [0; 2];
        read(&mut len)?;
        let mut bytes = vec![0; u16::from_be_bytes(len).into()];
        read(&mut bytes)?;
        Message::from_octets(bytes).map_err(|_| format!("`{server}` sent no DNS message"))
    }

    fn stream(&mut self) -> Result<&mut TcpStream, String> {
        if self.stream.is_none() {
            self.stream = Some(connect(&self.server, self.timeout)?);
        }
        Ok(self.stream.as_mut().expect("it was opened"))
    }
}

fn framed(draft: &Draft) -> Vec<u8> {
    let message = draft.as_slice();
    let len = u16::try_from(message.len()).expect("a message is cut before 64 KiB");
    [&len.to_be_bytes(), message].concat()
}

/// Tries every address of the server.
fn connect(server: &str, timeout: Duration) -> Result<TcpStream, String> {
    let addresses =
        server.to_socket_addrs().map_err(|error| format!("`{server}` has no address: {}", plain(&error)))?;
    let mut reason = format!("`{server}` has no address");
    for address in addresses {
        match TcpStream::connect_timeout(&address, timeout) {
            Ok(stream) => {
                let set = stream
                    .set_nodelay(true)
                    .and_then(|()| stream.set_read_timeout(Some(timeout)))
                    .and_then(|()| stream.set_write_timeout(Some(timeout)));
                return set.map(|()| stream).map_err(|error| plain(&error));
            }
            Err(error) => reason = format!("`{server}` cannot be reached: {}", plain(&error)),
        }
    }
    Err(reason)
}

/// The sentence of an error, without the number that some systems add.
fn plain(error: &std::io::Error) -> String {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::ConnectionRefused => "nobody listens there".into(),
        ErrorKind::WouldBlock | ErrorKind::TimedOut => "it takes too long".into(),
        ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => {
            "it closed the connection".into()
        }
        _ => error.to_string().to_lowercase(),
    }
}

/// The answer if its signature is right. An unsigned refusal is believed: it promises nothing.
fn check(
    mut answer: Answer,
    validate: impl FnOnce(&mut Answer) -> Result<(), ValidationError>,
) -> Result<Answer, Lost> {
    use domain::base::iana::Rcode;
    match validate(&mut answer) {
        Ok(()) => Ok(answer),
        Err(ValidationError::ServerUnsigned)
            if !matches!(answer.header().rcode(), Rcode::NOERROR | Rcode::NXDOMAIN) =>
        {
            Ok(answer)
        }
        Err(ValidationError::ServerBadTime { .. } | ValidationError::BadTime) => {
            Err(Lost::Stranger("the clocks of server and client differ by more than five minutes".into()))
        }
        Err(ValidationError::ServerBadKey | ValidationError::ServerBadSig) => {
            // Knot says so too of a key that it knows and that its access list does not name.
            Err(Lost::Stranger("the key is wrong or has no right to do this (NOTAUTH)".into()))
        }
        Err(error) => Err(Lost::Stranger(format!("the answer is not signed with our key ({error})"))),
    }
}
