//! Name servers that take updates as RFC 2136 says: BIND, Knot, `PowerDNS` and others.
//!
//! What is read is read in two steps. Plain questions, many at once, say what seems to stand at a name; an update with
//! conditions and no changes then asks the server whether exactly that stands there. The second answer is atomic, no
//! wildcard fools it, and it needs no right to transfer the zone.

pub mod key;
mod line;
mod message;

use super::patience::Patience;
use super::zone::{Ask, Change, Edit, Failure, Held, Standing, Zone};
use crate::name::DnsName;
use crate::record::{RecordSets, RecordType};
use domain::base::iana::Rcode;
use domain::tsig::Key;
use line::{Line, Lost};
use message::{Answer, Draft};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A zone on such a server.
pub struct Server {
    zone: DnsName,
    line: Line,
    patience: Patience,
}

/// How many pairs one message asks about.
const BATCH: usize = 48;
/// Into how many parts a batch is cut if not all of it was confirmed.
const PARTS: usize = 6;
/// How many names are asked for everything at once.
const CLOSE: usize = 500;

/// What is believed to stand at the pair of a question.
type Belief = (usize, Standing);

impl Server {
    /// The zone on the server at `HOST:PORT`; messages are signed if there is a key.
    pub fn new(zone: DnsName, server: String, key: Option<Arc<Key>>, patience: Patience) -> Self {
        Server { zone, line: Line::new(server, key, patience.answer), patience }
    }

    /// Asks until everything is answered. Questions change nothing, so they may be sent again.
    fn ask(&mut self, drafts: &[Draft]) -> Result<Vec<Answer>, Failure> {
        let mut answers: Vec<Option<Answer>> = drafts.iter().map(|_| None).collect();
        let mut open: Vec<usize> = (0..drafts.len()).collect();
        let mut next = 0;
        while !open.is_empty() {
            let again: Vec<Draft> = open.iter().map(|at| drafts[*at].clone()).collect();
            let before = open.len();
            let mut reason = String::new();
            let mut left = Vec::new();
            for (at, answer) in open.into_iter().zip(self.line.exchange(&again)) {
                match answer {
                    Ok(answer) if message::rcode(&answer) == Rcode::SERVFAIL => {
                        reason = "the server failed (SERVFAIL)".into();
                        left.push(at);
                    }
                    Ok(answer) => answers[at] = Some(answer),
                    Err(Lost::Unsent(why) | Lost::Unanswered(why)) => {
                        reason = why;
                        left.push(at);
                    }
                    Err(Lost::Stranger(why)) => return Err(Failure::Refused(why)),
                }
            }
            open = left;
            next = if open.len() < before { 0 } else { next + 1 };
            if next >= self.patience.tries {
                return Err(Failure::Busy(reason, None));
            }
            if !open.is_empty() {
                self.patience.wait(next.max(1), std::time::Duration::ZERO);
            }
        }
        Ok(answers.into_iter().flatten().collect())
    }

    /// What the server answers to the question what each name holds of a type.
    fn query(&mut self, questions: &[(&DnsName, RecordType)]) -> Result<Vec<RecordSets>, Failure> {
        let drafts: Vec<Draft> = questions.iter().map(|(name, kind)| message::query(name, *kind)).collect();
        let answers = self.ask(&drafts)?;
        let held = |((name, kind), answer): (&(&DnsName, RecordType), Answer)| match message::rcode(&answer) {
            Rcode::NOERROR | Rcode::NXDOMAIN => Ok(message::held(&answer, name, *kind)),
            code => Err(refusal(code)),
        };
        questions.iter().zip(answers).map(held).collect()
    }

    /// Whether every condition in each group holds.
    fn confirm(&mut self, groups: &[Vec<Edit>]) -> Result<Vec<bool>, Failure> {
        let drafts: Vec<Draft> = groups.iter().map(|edits| message::update(&self.zone, edits)).collect();
        let answers = self.ask(&drafts)?;
        let truth = |answer: Answer| match message::rcode(&answer) {
            Rcode::NOERROR => Ok(true),
            code if is_condition(code) => Ok(false),
            code => Err(refusal(code)),
        };
        answers.into_iter().map(truth).collect()
    }

    /// Has beliefs confirmed, many in one message, and cuts into parts what is not true as a whole. What is not true
    /// on its own is returned.
    fn settle(
        &mut self,
        asks: &[Ask],
        beliefs: Vec<Belief>,
        found: &mut [Option<Standing>],
    ) -> Result<Vec<usize>, Failure> {
        let mut denied = Vec::new();
        let mut groups: Vec<Vec<Belief>> = chunks(beliefs, BATCH);
        while !groups.is_empty() {
            let edits: Vec<Vec<Edit>> = groups
                .iter()
                .map(|group| group.iter().flat_map(|(at, standing)| conditions(&asks[*at], standing)).collect())
                .collect();
            let truths = self.confirm(&edits)?;
            let mut smaller = Vec::new();
            for (group, truth) in groups.into_iter().zip(truths) {
                match &group[..] {
                    _ if truth => group.into_iter().for_each(|(at, standing)| found[at] = Some(standing)),
                    [(at, _)] => denied.push(*at),
                    _ => {
                        let size = group.len().div_ceil(PARTS);
                        smaller.extend(chunks(group, size));
                    }
                }
            }
            groups = smaller;
        }
        Ok(denied)
    }

    /// Which of the changes that the server says it made it did not make: some policies drop single records without a
    /// word, and a CNAME beside other records is ignored.
    fn doubt(&mut self, changes: &[Change], said: Vec<usize>) -> Result<Vec<usize>, Failure> {
        let after = |edit: &Edit| {
            let (records, _) = edit.after.as_ref()?;
            Some(Edit { name: edit.name.clone(), before: records.clone().into(), after: None })
        };
        let mut undone = Vec::new();
        let mut groups = chunks(said, BATCH);
        while !groups.is_empty() {
            let edits = |group: &Vec<usize>| group.iter().flat_map(|at| &changes[*at].0).filter_map(after).collect();
            let truths = self.confirm(&groups.iter().map(edits).collect::<Vec<_>>())?;
            let untrue = groups.into_iter().zip(truths).filter(|(_, truth)| !truth).map(|(group, _)| group);
            let (single, many): (Vec<_>, Vec<_>) = untrue.partition(|group| group.len() == 1);
            undone.extend(single.concat());
            groups = many.into_iter().flat_map(|group| chunks(group, 1)).collect();
        }
        Ok(undone)
    }

    /// Looks closely at single names: asks for every type, and has what was answered confirmed, or that it was only a
    /// wildcard's answer.
    fn look_closely(
        &mut self,
        asks: &[Ask],
        open: &[usize],
        found: &mut [Option<Standing>],
    ) -> Result<Vec<usize>, Failure> {
        let names: Vec<&DnsName> =
            open.iter().flat_map(|at| asks[*at].pair.host.iter().chain([&asks[*at].pair.marker])).collect();
        let questions: Vec<(&DnsName, RecordType)> =
            names.iter().flat_map(|name| RecordType::ALL.map(|kind| (*name, kind))).collect();
        let mut seen: BTreeMap<&DnsName, RecordSets> = BTreeMap::new();
        for ((name, _), records) in questions.iter().zip(self.query(&questions)?) {
            seen.entry(name).or_default().merge(records);
        }
        let mut guesses: Vec<(&DnsName, Held)> = Vec::new();
        for name in names {
            let records = seen.remove(name).unwrap_or_default();
            // A CNAME and something else cannot both stand there: one of them is a wildcard's or was just replaced.
            let possible = (!records.is_empty() && records.check().is_ok()).then(|| Held::from(records));
            guesses.extend(possible.into_iter().chain([Held::Nothing, Held::Others]).map(|held| (name, held)));
        }
        let condition =
            |(name, held): &(&DnsName, Held)| vec![Edit { name: (*name).clone(), before: held.clone(), after: None }];
        let groups: Vec<Vec<Edit>> = guesses.iter().map(condition).collect();
        let mut truths: BTreeMap<&DnsName, Held> = BTreeMap::new();
        for ((name, held), truth) in guesses.into_iter().zip(self.confirm(&groups)?) {
            if truth {
                truths.entry(name).or_insert(held);
            }
        }
        let mut unsettled = Vec::new();
        for at in open {
            let pair = &asks[*at].pair;
            let host = pair.host.as_ref().map_or(Some(Held::Nothing), |host| truths.get(host).cloned());
            match (host, truths.get(&pair.marker)) {
                (Some(host), Some(marker)) => found[*at] = Some(Standing { host, marker: marker.clone() }),
                _ => unsettled.push(*at),
            }
        }
        Ok(unsettled)
    }
}

impl Zone for Server {
    fn read(&mut self, asks: &[Ask]) -> Result<Vec<Standing>, Failure> {
        let mut found: Vec<Option<Standing>> = vec![None; asks.len()];
        let questions: Vec<_> = asks.iter().map(|ask| (&ask.pair.marker, RecordType::Txt)).collect();
        let mut beliefs = Vec::new();
        let mut open = Vec::new();
        for (at, marker) in self.query(&questions)?.into_iter().enumerate() {
            if marker == *asks[at].guess.marker.records() {
                beliefs.push((at, asks[at].guess.clone()));
            } else if marker.is_empty() {
                beliefs.push((at, Standing::FREE));
            } else if asks[at].pair.host.is_none() {
                beliefs.push((at, Standing { host: Held::Nothing, marker: marker.into() }));
            } else {
                open.push(at);
            }
        }
        open.extend(self.settle(asks, beliefs, &mut found)?);
        for _ in 0..self.patience.tries {
            let mut unsettled = Vec::new();
            for few in open.chunks(CLOSE) {
                unsettled.extend(self.look_closely(asks, few, &mut found)?);
            }
            open = unsettled;
        }
        match open.first() {
            Some(at) => {
                let name = asks[*at].pair.host.as_ref().unwrap_or(&asks[*at].pair.marker);
                Err(Failure::Unknown(format!("`{name}` changes faster than it can be read")))
            }
            None => Ok(found.into_iter().flatten().collect()),
        }
    }

    fn write(&mut self, changes: &[Change]) -> Vec<Result<(), Failure>> {
        let drafts: Vec<Draft> = changes.iter().map(|Change(edits)| message::update(&self.zone, edits)).collect();
        let outcome = |answer: Result<Answer, Lost>| match answer {
            Ok(answer) => match message::rcode(&answer) {
                Rcode::NOERROR => Ok(()),
                Rcode::SERVFAIL => Err(Failure::Unknown("the server failed (SERVFAIL)".into())),
                code if is_condition(code) => Err(Failure::Moved),
                code => Err(refusal(code)),
            },
            Err(Lost::Unsent(reason)) => Err(Failure::Busy(reason, None)),
            Err(Lost::Unanswered(reason)) => Err(Failure::Unknown(reason)),
            Err(Lost::Stranger(reason)) => Err(Failure::Refused(reason)),
        };
        let mut outcomes: Vec<_> = self.line.exchange(&drafts).into_iter().map(outcome).collect();
        let said: Vec<usize> = (0..changes.len()).filter(|at| outcomes[*at].is_ok()).collect();
        match self.doubt(changes, said) {
            Ok(undone) => {
                let reason = "the server says NOERROR and did nothing: the key is wrong or has no right to do this";
                for at in undone {
                    outcomes[at] = Err(Failure::Unknown(reason.into()));
                }
            }
            Err(failure) => {
                for outcome in outcomes.iter_mut().filter(|outcome| outcome.is_ok()) {
                    *outcome = Err(Failure::Unknown(failure.to_string()));
                }
            }
        }
        outcomes
    }

    fn list(&mut self) -> Result<Vec<(DnsName, RecordSets)>, Failure> {
        let mut found: BTreeMap<DnsName, RecordSets> = BTreeMap::new();
        let mut bounds = 0;
        let mut code = Rcode::NOERROR;
        let sent = self.line.sequence(&message::transfer(&self.zone), |answer| {
            code = message::rcode(answer);
            bounds += message::bounds(answer);
            for (name, records) in message::records(answer) {
                found.entry(name).or_default().merge(records);
            }
            code != Rcode::NOERROR || bounds > 1
        });
        match sent {
            Ok(()) if code == Rcode::NOERROR => Ok(found.into_iter().collect()),
            Ok(()) => Err(refusal(code)),
            Err(Lost::Stranger(reason)) => Err(Failure::Refused(reason)),
            Err(Lost::Unsent(reason) | Lost::Unanswered(reason)) => Err(Failure::Busy(reason, None)),
        }
    }
}

fn conditions(ask: &Ask, standing: &Standing) -> impl Iterator<Item = Edit> {
    let edit = |name: &DnsName, held: &Held| Edit { name: name.clone(), before: held.clone(), after: None };
    let host = ask.pair.host.as_ref().map(|host| edit(host, &standing.host));
    host.into_iter().chain([edit(&ask.pair.marker, &standing.marker)])
}

fn chunks<T>(items: Vec<T>, size: usize) -> Vec<Vec<T>> {
    let mut items = items.into_iter().peekable();
    let mut chunks = Vec::new();
    while items.peek().is_some() {
        chunks.push(items.by_ref().take(size).collect());
    }
    chunks
}

/// Whether a code says that a condition does not hold.
fn is_condition(code: Rcode) -> bool {
    matches!(code, Rcode::YXDOMAIN | Rcode::YXRRSET | Rcode::NXDOMAIN | Rcode::NXRRSET)
}

/// What a code says that no second try will change.
fn refusal(code: Rcode) -> Failure {
    Failure::Refused(match code {
        // Knot says the second of these where others say the first.
        Rcode::REFUSED | Rcode::NOTAUTH => format!("the key is wrong or has no right to do this ({code})"),
        Rcode::NOTIMP => format!("the server takes no updates ({code})"),
        Rcode::NOTZONE => format!("the server does not hold the zone ({code})"),
        code => format!("the server answers {code}"),
    })
}
