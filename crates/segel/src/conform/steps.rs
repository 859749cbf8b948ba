//! The steps: what is done to the seal, what it must do, and what it did.

use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

use anyhow::Result;
use segel_model::alarm::Bilingual;
use segel_model::order::{Outcome, SealCommand};
use segel_model::report::Protocol;
use segel_model::{DeviceTime, ServerTime};
use segel_server::profiles::Sense;
use tokio::time::Instant;

use super::script::{Act, Script, Step};
use super::stand::{Heard, Said, Stand};
use super::words::{asked, both};

/// Whoever does by hand what a step asks for.
pub trait Tester {
    /// Told what to do, in words and as a thing to do.
    fn told(&mut self, wanted: &Wanted, say: &Bilingual);
}

/// What the tester is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    SwitchOn,
    Close,
    Do(Act),
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    Passed,
    Failed(Bilingual),
    /// The profile says that this seal cannot do it, or the tester gave no password.
    NotApplicable(Bilingual),
}

/// A step that was done.
#[derive(Debug, Clone, PartialEq)]
pub struct Done {
    pub step: Step,
    pub verdict: Verdict,
    pub began: ServerTime,
    pub ended: ServerTime,
    /// Lines of the frame log that belong to it, from and until.
    pub lines: (usize, usize),
    /// The frames that decided it, as they came.
    pub proofs: Vec<Vec<u8>>,
}

/// A run through the script.
struct Run<'a> {
    stand: Stand,
    password: Option<String>,
    tester: &'a mut dyn Tester,
    /// The newest time that the seal's own clock said.
    newest: Option<DeviceTime>,
    proofs: Vec<Vec<u8>>,
}

/// How much later than its interval a report may come: a seal looks for satellites first.
const LATE_FACTOR: f64 = 1.5;
/// And so much on top, for a slow network.
const LATE_S: f64 = 10.0;
/// Frames shown with a step.
const PROOFS_MAX: usize = 12;

/// Does every step in its order.
pub async fn run(
    stand: Stand,
    script: &Script,
    password: Option<String>,
    tester: &mut dyn Tester,
) -> Result<(Stand, Vec<Done>)> {
    let mut run = Run {
        stand,
        password,
        tester,
        newest: None,
        proofs: Vec::new(),
    };
    let mut done = Vec::new();
    for step in &script.step {
        done.push(run.step(step).await?);
    }
    Ok((run.stand, done))
}

impl Run<'_> {
    async fn step(&mut self, step: &Step) -> io::Result<Done> {
        let (began, from) = (self.stand.now(), self.stand.log.len());
        let verdict = match self.not_applicable(step) {
            Some(why) => Verdict::NotApplicable(why),
            None => {
                self.tell(step);
                self.verdict(step).await?
            }
        };
        // What is owed for the last thing heard goes out before the next step.
        self.stand.release();
        self.listen(Instant::now()).await?;
        Ok(Done {
            step: step.clone(),
            verdict,
            began,
            ended: self.stand.now(),
            lines: (from, self.stand.log.len()),
            proofs: std::mem::take(&mut self.proofs),
        })
    }

    fn tell(&mut self, step: &Step) {
        let wanted = match step {
            Step::LogIn { .. } => Wanted::SwitchOn,
            Step::Close { .. } => Wanted::Close,
            Step::Alarm { act, .. } => Wanted::Do(*act),
            _ => return,
        };
        if let Some(say) = asked(step) {
            self.tester.told(&wanted, &say);
        }
    }

    /// Why a step asks for what this seal cannot do, if it does.
    fn not_applicable(&self, step: &Step) -> Option<Bilingual> {
        let profile = self.stand.profile;
        let takes = |order: &str| profile.orders().contains(&order);
        let feels = |sense: Sense| profile.senses.contains(&sense);
        let no = |missing: bool, id: &str, en: &str| missing.then(|| both(id, en));
        match step {
            Step::LogIn { .. } | Step::Resend { .. } | Step::Frames => None,
            Step::Interval { .. } => no(
                !takes("interval"),
                "bahasanya tidak mengenal perintah selang",
                "its language has no order for the interval",
            ),
            Step::BlindArea { .. } => no(
                !marks_recorded(profile.protocol),
                "bahasanya tidak menandai rekaman",
                "its language does not mark what was recorded",
            ),
            Step::Close { .. } => no(
                !feels(Sense::Rope) && !feels(Sense::Motor),
                "ia tidak merasakan kuncinya",
                "it does not feel its lock",
            ),
            Step::WrongPassword { .. } | Step::Unlock { .. } if !takes("unlock_static") => Some(both(
                "bahasanya tidak mengenal perintah membuka",
                "its language has no order to open it",
            )),
            Step::WrongPassword { .. } | Step::Unlock { .. } => no(
                self.password.is_none(),
                "kata sandi uji tidak diberikan",
                "no test password was given",
            ),
            Step::Alarm { act, .. } => no(
                !feels(act.sense()),
                "menurut profil ia tidak merasakannya",
                "by its profile it does not feel that",
            ),
        }
    }

    async fn verdict(&mut self, step: &Step) -> io::Result<Verdict> {
        match *step {
            Step::LogIn { limit_s } => self.log_in(limit_s).await,
            Step::Interval {
                awake_s,
                asleep_s,
                limit_s,
            } => self.interval(awake_s, asleep_s, limit_s).await,
            Step::Resend { limit_s } => self.resend(limit_s).await,
            Step::BlindArea { cut_s, limit_s } => self.blind_area(cut_s, limit_s).await,
            Step::Close { limit_s } => self.close(limit_s).await,
            Step::WrongPassword { limit_s } => self.wrong_password(limit_s).await,
            Step::Unlock { limit_s } => self.unlock(limit_s).await,
            Step::Alarm { act, limit_s } => self.alarm(act, limit_s).await,
            Step::Frames => Ok(self.frames()),
        }
    }

    async fn log_in(&mut self, limit_s: f64) -> io::Result<Verdict> {
        let came = self.said(within(limit_s), |_| true).await?.is_some();
        Ok(passed_if(
            came,
            || {
                format!(
                    "tidak ada laporan yang terbaca dalam {limit_s} detik; periksa alamat, port, dan profilnya"
                )
            },
            || format!("no report could be read within {limit_s} s; check address, port and profile"),
        ))
    }

    /// The order is sent right after a report: a sleeping seal hears nothing before.
    async fn interval(&mut self, awake_s: u32, asleep_s: u32, limit_s: f64) -> io::Result<Verdict> {
        let command = SealCommand::Interval { awake_s, asleep_s };
        match self.order(&command, within(limit_s)).await? {
            Ended::Outcome(Outcome::Done) => {}
            ended => return Ok(Verdict::Failed(ended.why())),
        }
        let gap_s = f64::from(awake_s) * LATE_FACTOR + LATE_S;
        let fresh = |said: &Said| !said.report.backfill;
        for _ in 0..2 {
            if self.said(within(gap_s), fresh).await?.is_none() {
                return Ok(Verdict::Failed(both(
                    format!("menerima selang itu, tetapi tidak melapor dalam {gap_s} detik sesudahnya"),
                    format!("it took the interval, and then did not report within {gap_s} s"),
                )));
            }
        }
        Ok(Verdict::Passed)
    }

    async fn resend(&mut self, limit_s: f64) -> io::Result<Verdict> {
        let until = within(limit_s);
        let (mut held, mut silent) = (BTreeSet::new(), true);
        self.stand.hold();
        while let Some(said) = self.said(until, |_| true).await? {
            silent = false;
            if said.wants_answer && !held.insert(key(&said)) {
                return Ok(Verdict::Passed);
            }
        }
        if !silent && held.is_empty() {
            return Ok(Verdict::NotApplicable(both(
                "tidak satu pun laporannya meminta jawaban",
                "none of its reports asks for an answer",
            )));
        }
        Ok(Verdict::Failed(both(
            format!("yang tidak dijawab tidak dikirim ulang dalam {limit_s} detik"),
            format!("what was not acknowledged did not come again within {limit_s} s"),
        )))
    }

    async fn blind_area(&mut self, cut_s: f64, limit_s: f64) -> io::Result<Verdict> {
        let before = self.newest;
        self.stand.cut();
        tokio::time::sleep(Duration::from_secs_f64(cut_s)).await;
        self.stand.mend().await?;
        let recorded = |said: &Said| {
            let later = before.is_none_or(|before| said.report.time.is_some_and(|time| before < time));
            said.report.backfill && later
        };
        let came = self.said(within(limit_s), recorded).await?.is_some();
        Ok(passed_if(
            came,
            || format!("dalam {limit_s} detik sesudah jaringan kembali tidak datang rekaman dari masa itu"),
            || format!("within {limit_s} s after the network came back nothing recorded in that time came"),
        ))
    }

    async fn close(&mut self, limit_s: f64) -> io::Result<Verdict> {
        let closed = |said: &Said| has(said, &["sealed"]) || said.report.lock.motor == Some(true);
        let came = self.said(within(limit_s), closed).await?.is_some();
        Ok(passed_if(
            came,
            || format!("dalam {limit_s} detik tidak ada laporan bahwa ia terkunci"),
            || format!("within {limit_s} s no report said that it is sealed"),
        ))
    }

    async fn wrong_password(&mut self, limit_s: f64) -> io::Result<Verdict> {
        let password = self.password.as_deref().map(another).unwrap_or_default();
        let command = SealCommand::UnlockStatic { password };
        Ok(match self.order(&command, within(limit_s)).await? {
            Ended::Outcome(Outcome::Refused { .. }) => Verdict::Passed,
            Ended::Outcome(Outcome::Done) => Verdict::Failed(both(
                "terbuka dengan kata sandi yang salah",
                "a wrong password opened it",
            )),
            ended => Verdict::Failed(ended.why()),
        })
    }

    async fn unlock(&mut self, limit_s: f64) -> io::Result<Verdict> {
        let until = within(limit_s);
        let password = self.password.clone().unwrap_or_default();
        let command = SealCommand::UnlockStatic { password };
        match self.order(&command, until).await? {
            Ended::Outcome(Outcome::Done) => {}
            ended => return Ok(Verdict::Failed(ended.why())),
        }
        let opened = |said: &Said| has(said, &["unsealed"]) || said.report.lock.motor == Some(false);
        let came = self.said(until, opened).await?.is_some();
        Ok(passed_if(
            came,
            || "menjawab bahwa ia membuka, tetapi tidak melaporkan pembukaannya".into(),
            || "it answered that it opened, and no report tells of the opening".into(),
        ))
    }

    async fn alarm(&mut self, act: Act, limit_s: f64) -> io::Result<Verdict> {
        let wanted = act.signals();
        let came = self.said(within(limit_s), |said| has(said, wanted)).await?;
        let words = wanted.join(", ");
        Ok(passed_if(
            came.is_some(),
            || format!("dalam {limit_s} detik tidak datang isyarat: {words}"),
            || format!("within {limit_s} s none of these signals came: {words}"),
        ))
    }

    fn frames(&mut self) -> Verdict {
        let odd = &self.stand.oddities;
        let names: BTreeSet<&str> = odd.iter().map(|(_, oddity)| oddity.what.as_str()).collect();
        let (count, names) = (odd.len(), names.into_iter().collect::<Vec<_>>().join(", "));
        let shown = odd.iter().map(|(_, oddity)| oddity.bytes.clone());
        self.proofs.extend(shown.take(PROOFS_MAX));
        passed_if(
            count == 0,
            || format!("{count} bagian rusak atau tidak dikenal: {names}"),
            || format!("{count} parts are broken or unknown: {names}"),
        )
    }

    /// Sends an order once the seal has spoken, and waits for its end.
    async fn order(&mut self, command: &SealCommand, until: Instant) -> io::Result<Ended> {
        if self.said(until, |_| true).await?.is_none() {
            return Ok(Ended::Silent);
        }
        let order = match self.stand.send(command) {
            Ok(order) => order,
            Err(refused) => return Ok(Ended::NotSent(refused.why)),
        };
        while let Some(heard) = self.stand.heard(until).await? {
            match heard {
                Heard::Said(said) => self.note(&said),
                Heard::Answered(answered, outcome) if answered == order => {
                    return Ok(Ended::Outcome(outcome));
                }
                Heard::Answered(..) => {}
            }
        }
        Ok(Ended::Outcome(Outcome::NoAnswer))
    }

    /// The first report that fits, until a moment; those before it are noted and pass by.
    async fn said(&mut self, until: Instant, fits: impl Fn(&Said) -> bool) -> io::Result<Option<Said>> {
        while let Some(heard) = self.stand.heard(until).await? {
            let Heard::Said(said) = heard else { continue };
            let found = fits(&said);
            self.note(&said);
            if found {
                return Ok(Some(said));
            }
        }
        Ok(None)
    }

    /// Takes in what lies there already.
    async fn listen(&mut self, until: Instant) -> io::Result<()> {
        self.said(until, |_| false).await.map(|_| ())
    }

    /// Keeps the last frames as proofs, and the newest time.
    fn note(&mut self, said: &Said) {
        self.newest = self.newest.max(said.report.time);
        if self.proofs.len() == PROOFS_MAX {
            self.proofs.remove(0);
        }
        self.proofs.push(said.raw.clone());
    }
}

/// How an order ended, if it was sent at all.
enum Ended {
    Outcome(Outcome),
    NotSent(&'static str),
    Silent,
}

impl Ended {
    /// Why it is not what was wanted.
    fn why(&self) -> Bilingual {
        match self {
            Self::Outcome(Outcome::Done) => both("dijawab sudah", "it answered that it did it"),
            Self::Outcome(Outcome::Refused { answer }) => {
                both(format!("ditolak: {answer}"), format!("it refused: {answer}"))
            }
            Self::Outcome(Outcome::NoAnswer) => {
                both("tidak menjawab perintah", "it did not answer the order")
            }
            Self::Outcome(Outcome::NotSpoken { why } | Outcome::Withheld { why }) => not_sent(why),
            Self::NotSent(why) => not_sent(why),
            Self::Silent => both(
                "tidak melapor, jadi perintah tidak dapat dikirim",
                "it did not report, so that no order could be sent",
            ),
        }
    }
}

fn not_sent(why: &str) -> Bilingual {
    both(
        format!("perintah tidak terkirim: {why}"),
        format!("the order was not sent: {why}"),
    )
}

fn passed_if(holds: bool, id: impl FnOnce() -> String, en: impl FnOnce() -> String) -> Verdict {
    if holds {
        Verdict::Passed
    } else {
        Verdict::Failed(both(id(), en()))
    }
}

fn within(limit_s: f64) -> Instant {
    Instant::now() + Duration::from_secs_f64(limit_s)
}

fn has(said: &Said, names: &[&str]) -> bool {
    said.report
        .signals
        .iter()
        .any(|signal| names.contains(&signal.name()))
}

/// By what a record is known when it comes again: its device, time, number and sort. Its frame may say by then that it was
/// kept.
fn key(said: &Said) -> (String, Option<i64>, Option<u32>, u8) {
    let report = &said.report;
    let time = report.time.map(|time| time.unix_ms);
    (report.device.0.clone(), time, report.serial, report.kind as u8)
}

/// Another password of the same form.
fn another(password: &str) -> String {
    let next = |letter: char| match letter {
        '0'..='8' | 'a'..='y' | 'A'..='Y' => char::from(letter as u8 + 1),
        '9' => '0',
        'z' => 'a',
        _ => 'A',
    };
    password.chars().map(next).collect()
}

/// Whether a language marks what was recorded while there was no network.
const fn marks_recorded(protocol: Protocol) -> bool {
    matches!(
        protocol,
        Protocol::Jointech | Protocol::Gt06 | Protocol::Jt808 | Protocol::Queclink | Protocol::Meitrack
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_password_has_the_same_form_and_is_another() {
        assert_eq!(another("888888"), "999999");
        assert_eq!(another("a9Zz0#"), "b0Aa1A");
    }
}
