//! Rows beside the journal: sessions end, secrets go, names are erased for good, limits hold.

mod common;

use common::{START, fresh};
use segel_model::report::Protocol;
use segel_model::{DeviceId, GrantId, PersonId, SealId, SecretHash};
use segel_store::side::{SESSIONS_MAX, SessionRow, Sweep, UploadRow};
use segel_store::{AccountRow, Answered, OddityRow, Opened, SecretKind, SecretRow, SideRow, SubjectRow};

fn hash(byte: u8) -> SecretHash {
    SecretHash([byte; 32])
}

fn account(opened: &Opened, person: u64, login: &str) {
    let row = AccountRow {
        person: PersonId(person),
        login: login.into(),
        password: "$argon2id$…".into(),
    };
    opened.store.write(&[SideRow::Account(row)]).expect("an account");
}

fn session(token: u8, person: u64, second: i64) -> SessionRow {
    SessionRow {
        token: hash(token),
        person: PersonId(person),
        csrf: hash(token + 100),
        agent: "Firefox".into(),
        created: START.plus_s(second),
        seen: START.plus_s(second),
        revoked: None,
    }
}

#[test]
fn a_name_at_the_door_is_compared_without_case_and_belongs_to_one() {
    let (_folder, opened) = fresh();
    account(&opened, 1, "Siti.Rahma");
    let found = opened
        .reader
        .account_by_login("siti.rahma")
        .expect("a read")
        .expect("the account");
    assert_eq!((found.person, found.login.as_str()), (PersonId(1), "Siti.Rahma"));
    let row = AccountRow {
        person: PersonId(2),
        login: "SITI.RAHMA".into(),
        password: String::new(),
    };
    opened
        .store
        .write(&[SideRow::Account(row)])
        .expect_err("the name is taken");
    assert_eq!(opened.reader.account_of(PersonId(2)).expect("a read"), None);
}

#[test]
fn wrong_passwords_count_until_a_right_one() {
    let (_folder, opened) = fresh();
    account(&opened, 1, "siti");
    opened.store.sign_in_failed(PersonId(1), START).expect("a note");
    opened
        .store
        .sign_in_failed(PersonId(1), START.plus_s(60))
        .expect("a note");
    let look = || {
        opened
            .reader
            .account_of(PersonId(1))
            .expect("a read")
            .expect("the account")
    };
    assert_eq!((look().failures, look().locked_until), (2, START.plus_s(60)));
    opened.store.sign_in_succeeded(PersonId(1)).expect("a note");
    assert_eq!((look().failures, look().locked_until.unix_ms), (0, 0));
}

#[test]
fn a_closed_account_ends_every_session_of_that_person_only() {
    let (_folder, opened) = fresh();
    account(&opened, 1, "siti");
    for row in [session(1, 1, 0), session(2, 1, 1), session(3, 2, 2)] {
        opened.store.open_session(&row).expect("a session");
    }
    let at = START.plus_s(9);
    opened
        .store
        .write(&[SideRow::AccountClosed {
            person: PersonId(1),
            at,
        }])
        .expect("closed");
    let revoked = |token| {
        opened
            .reader
            .session(&hash(token))
            .expect("a read")
            .expect("a session")
            .revoked
    };
    assert_eq!((revoked(1), revoked(2), revoked(3)), (Some(at), Some(at), None));
    assert_eq!(
        opened
            .reader
            .account_of(PersonId(1))
            .expect("a read")
            .expect("it")
            .closed,
        Some(at)
    );
    assert!(opened.store.revoke_session(&hash(3), at).expect("ended"));
    assert!(!opened.store.revoke_session(&hash(3), at).expect("over already"));
}

#[test]
fn the_oldest_session_beyond_the_limit_gives_way() {
    let (_folder, opened) = fresh();
    let count = u8::try_from(SESSIONS_MAX).expect("few") + 1;
    for token in 0..count {
        opened
            .store
            .open_session(&session(token, 1, i64::from(token)))
            .expect("a session");
    }
    assert_eq!(opened.reader.session(&hash(0)).expect("a read"), None);
    assert_eq!(
        opened.reader.sessions_of(PersonId(1)).expect("a list").len(),
        usize::from(count) - 1
    );
    opened
        .store
        .touch_session(&hash(1), START.plus_s(900))
        .expect("a note");
    opened
        .store
        .touch_session(&hash(1), START)
        .expect("an older note");
    assert_eq!(
        opened.reader.session(&hash(1)).expect("a read").expect("it").seen,
        START.plus_s(900)
    );
}

#[test]
fn an_erased_name_is_in_no_file_any_more() {
    let (folder, opened) = fresh();
    let body = "{\"name\":\"Budi Unerasable Santoso\"}".to_string();
    let subject = SubjectRow {
        hash: hash(5),
        kind: "driver".into(),
        body,
        at: START,
    };
    opened
        .store
        .write(&[SideRow::Subject(subject.clone())])
        .expect("a subject");
    opened.store.checkpoint().expect("a checkpoint");
    assert_eq!(opened.reader.subject(&hash(5)).expect("a read"), Some(subject));
    assert!(is_anywhere(folder.path(), b"Unerasable"));
    assert!(opened.store.erase_subject(&hash(5)).expect("erased"));
    assert!(!opened.store.erase_subject(&hash(5)).expect("gone already"));
    assert_eq!(opened.reader.subject(&hash(5)).expect("a read"), None);
    assert!(!is_anywhere(folder.path(), b"Unerasable"));
}

fn is_anywhere(folder: &std::path::Path, text: &[u8]) -> bool {
    let files = std::fs::read_dir(folder)
        .expect("the folder")
        .map(|file| file.expect("a file").path());
    let mut files = files.filter(|path| path.is_file());
    files.any(|path| {
        std::fs::read(path)
            .expect("bytes")
            .windows(text.len())
            .any(|window| window == text)
    })
}

#[test]
fn a_secret_is_replaced_and_goes_and_never_prints() {
    let (_folder, opened) = fresh();
    let secret = |name: &str, value: &str| SecretRow {
        seal: SealId(7),
        kind: SecretKind::Card,
        name: name.into(),
        grant: Some(GrantId(3)),
        at: START,
        value: value.into(),
    };
    let rows = [
        secret("0012345678", "a"),
        secret("0012345678", "b"),
        secret("0099999999", "c"),
    ];
    opened
        .store
        .write(&rows.clone().map(SideRow::Secret))
        .expect("secrets");
    let values = || -> Vec<String> {
        let secrets = opened
            .reader
            .secrets(SealId(7), SecretKind::Card)
            .expect("a read");
        secrets.into_iter().map(|secret| secret.value).collect()
    };
    assert_eq!(values(), ["b", "c"]);
    let gone = SideRow::SecretGone {
        seal: SealId(7),
        kind: SecretKind::Card,
        name: "0012345678".into(),
    };
    opened.store.write(&[gone]).expect("gone");
    assert_eq!(values(), ["c"]);
    assert_eq!(
        opened
            .reader
            .secrets(SealId(7), SecretKind::StaticPassword)
            .expect("a read"),
        []
    );
    assert_eq!(
        format!("{:?}", rows[0]),
        "SecretRow { seal: SealId(7), kind: Card, .. }"
    );
}

#[test]
fn the_first_answer_stands_and_old_ones_are_forgotten() {
    let (_folder, opened) = fresh();
    let answer = |text: &str| {
        SideRow::Answered(Answered {
            principal: "person:1".into(),
            key: "k-1".into(),
            question: hash(1),
            at: START,
            answer: text.into(),
        })
    };
    opened
        .store
        .write(&[answer("first"), answer("second")])
        .expect("answers");
    let look = |principal: &str| {
        let found = opened.reader.answered(principal, "k-1").expect("a read");
        found.map(|answered| answered.answer)
    };
    assert_eq!(
        (look("person:1").as_deref(), look("person:2")),
        (Some("first"), None)
    );
    let older_than = |second| Sweep {
        answers: START.plus_s(second),
        sessions: START,
        uploads: START,
    };
    assert_eq!(opened.store.sweep(&older_than(0)).expect("a sweep"), 0);
    assert_eq!(opened.store.sweep(&older_than(1)).expect("a sweep"), 1);
    assert_eq!(look("person:1"), None);
}

#[test]
fn an_upload_is_resumed_until_it_is_dropped() {
    let (_folder, opened) = fresh();
    let upload = |body: &str| UploadRow {
        id: "u-1".into(),
        person: PersonId(1),
        at: START,
        body: body.into(),
    };
    opened.store.put_upload(&upload("1")).expect("begun");
    opened.store.put_upload(&upload("2")).expect("gone on");
    assert_eq!(opened.reader.upload("u-1").expect("a read"), Some(upload("2")));
    assert_eq!(opened.reader.stale_uploads(START, 10).expect("a list"), []);
    assert_eq!(
        opened.reader.stale_uploads(START.plus_s(1), 10).expect("a list"),
        [upload("2")]
    );
    opened.store.drop_upload("u-1").expect("dropped");
    assert_eq!(opened.reader.upload("u-1").expect("a read"), None);
}

#[test]
fn nonsense_is_counted_by_device_and_sort() {
    let (_folder, opened) = fresh();
    let oddity = |device: Option<&str>, count, second| {
        SideRow::Oddity(OddityRow {
            protocol: Protocol::Jointech,
            device: device.map(|device| DeviceId(device.into())),
            what: "unknown_command".into(),
            count,
            at: START.plus_s(second),
            bytes: vec![second as u8],
        })
    };
    let rows = [
        oddity(Some("7591225008"), 2, 0),
        oddity(None, 1, 1),
        oddity(Some("7591225008"), 3, 2),
    ];
    opened.store.write(&rows).expect("counts");
    let counts = opened.reader.oddities(10).expect("a list");
    assert_eq!(counts.len(), 2);
    assert_eq!(
        (
            counts[0].device.as_str(),
            counts[0].count,
            counts[0].bytes.as_slice()
        ),
        ("7591225008", 5, &[2][..])
    );
    assert_eq!((counts[0].first, counts[0].last), (START, START.plus_s(2)));
    assert_eq!((counts[1].device.as_str(), counts[1].count), ("", 1));
}

/// A reader at work keeps the log; the next checkpoint after it empties it. Commits go on meanwhile.
#[test]
fn what_was_erased_under_a_readers_eyes_goes_with_the_next_checkpoint() {
    let (folder, opened) = fresh();
    let body = "{\"name\":\"Sri Unerasable\"}".to_string();
    let subject = SubjectRow {
        hash: hash(5),
        kind: "driver".into(),
        body,
        at: START,
    };
    opened
        .store
        .write(&[SideRow::Subject(subject)])
        .expect("a subject");
    let other = rusqlite::Connection::open(folder.path().join("segel.db")).expect("the file");
    other
        .execute_batch("BEGIN; SELECT count(*) FROM journal;")
        .expect("a long read");
    assert!(opened.store.erase_subject(&hash(5)).expect("erased"));
    opened.store.commit(&common::reports_of(1, 1)).expect("a commit");
    assert!(is_anywhere(folder.path(), b"Unerasable"));
    other.execute_batch("COMMIT").expect("the end of the read");
    opened.store.checkpoint().expect("a checkpoint");
    assert!(!is_anywhere(folder.path(), b"Unerasable"));
}
