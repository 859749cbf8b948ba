//! What testers and certifiers read: each step by its title, what they are asked to do, and why a step failed. Indonesian first.

use segel_model::alarm::Bilingual;

use super::script::{Act, Step};

/// Both languages of a sentence.
pub fn both(id: impl Into<String>, en: impl Into<String>) -> Bilingual {
    Bilingual {
        id: id.into(),
        en: en.into(),
    }
}

/// What a step tests.
pub fn title(step: &Step) -> Bilingual {
    match step {
        Step::LogIn { .. } => both(
            "Menyambung dan menyebut namanya",
            "It connects and says who it is",
        ),
        Step::Interval {
            awake_s, asleep_s, ..
        } => both(
            format!("Menerima selang {awake_s} s (terjaga) dan {asleep_s} s (tidur), dan menepatinya"),
            format!("It takes an interval of {awake_s} s awake and {asleep_s} s asleep, and keeps it"),
        ),
        Step::Resend { .. } => both(
            "Mengirim ulang laporan yang tidak dijawab",
            "It sends again what is not acknowledged",
        ),
        Step::BlindArea { cut_s, .. } => both(
            format!("Daerah tanpa jaringan {cut_s} s: yang terekam dikirim kemudian sebagai rekaman"),
            format!("Blind area of {cut_s} s: what was recorded comes later, as recorded"),
        ),
        Step::Close { .. } => both("Melaporkan bahwa ia terkunci", "It tells that it is sealed"),
        Step::WrongPassword { .. } => both("Menolak kata sandi yang salah", "It refuses a wrong password"),
        Step::Unlock { .. } => both(
            "Membuka dengan kata sandi uji",
            "It opens under the test password",
        ),
        Step::Alarm { act, .. } => alarm(*act),
        Step::Frames => both(
            "Semua bingkai utuh dan sesuai bahasanya",
            "Every frame is whole and of its language",
        ),
    }
}

fn alarm(act: Act) -> Bilingual {
    match act {
        Act::CutRope => both(
            "Alarm: tali atau batang dipaksa",
            "Alarm: its rope or shackle is forced",
        ),
        Act::OpenCover => both("Alarm: penutup dibuka", "Alarm: its cover is opened"),
        Act::UnknownCard => both("Alarm: kartu tak dikenal", "Alarm: an unknown card"),
        Act::Shake => both("Alarm: guncangan", "Alarm: it is shaken"),
        Act::Light => both("Alarm: cahaya", "Alarm: light"),
        Act::OpenDoor => both("Alarm: pintu dibuka", "Alarm: the door is opened"),
    }
}

/// What the tester is asked to do, within so many seconds.
pub fn asked(step: &Step) -> Option<Bilingual> {
    let within = |id: &str, en: &str, limit_s: f64| {
        Some(both(
            format!("{id} (paling lama {limit_s} detik)."),
            format!("{en} (within {limit_s} seconds)."),
        ))
    };
    match *step {
        Step::LogIn { limit_s } => within("Nyalakan segel", "Switch the seal on", limit_s),
        Step::Close { limit_s } => within(
            "Tutup segel: masukkan tali atau batangnya sampai terkunci",
            "Close the seal: put its rope or shackle in until it locks",
            limit_s,
        ),
        Step::Alarm { act, limit_s } => {
            let (id, en) = asked_act(act);
            within(id, en, limit_s)
        }
        _ => None,
    }
}

const fn asked_act(act: Act) -> (&'static str, &'static str) {
    match act {
        Act::CutRope => (
            "Potong tali, atau paksa batangnya",
            "Cut the rope, or force the shackle",
        ),
        Act::OpenCover => ("Buka penutup belakang", "Open the back cover"),
        Act::UnknownCard => (
            "Tempelkan kartu yang tidak dikenal segel",
            "Hold a card to it that it does not know",
        ),
        Act::Shake => ("Guncang segel", "Shake the seal"),
        Act::Light => (
            "Bawa segel dari gelap ke terang",
            "Bring the seal from dark into light",
        ),
        Act::OpenDoor => ("Buka pintu yang dijaganya", "Open the door that it guards"),
    }
}
