//! Photos and documents under the name of their content.

mod common;

use std::time::{Duration, SystemTime};

use common::fresh;
use segel_model::document::{Day, DocumentKind, Paper};
use segel_model::{BlobHash, DocumentId, Event, OfficeCode, OrganisationId, ServerTime, TripId};
use segel_store::blob::{BLOB_BYTES_MAX, TRIP_BLOB_BYTES_MAX};
use segel_store::{Opened, SideRow, StoreError};

fn name(opened: &Opened, blob: BlobHash, trip: u64, size_bytes: u64) {
    let row = SideRow::BlobNamed {
        blob,
        trip: TripId(trip),
        size_bytes,
    };
    opened.store.write(&[row]).expect("named");
}

#[test]
fn a_file_is_found_under_the_hash_of_its_content() {
    let (_folder, opened) = fresh();
    let blob = opened.blobs.put(b"abc").expect("stored");
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!((blob.hash.to_string().as_str(), blob.size_bytes), (abc, 3));
    assert_eq!(
        opened.blobs.get(&blob.hash).expect("a read").as_deref(),
        Some(&b"abc"[..])
    );
    assert_eq!(
        opened.blobs.put_from(&mut &b"abc"[..]).expect("stored again"),
        blob
    );
    assert_eq!(opened.blobs.get(&BlobHash([0; 32])).expect("a read"), None);
    assert!(opened.blobs.exists(&blob.hash) && !opened.blobs.exists(&BlobHash([0; 32])));
}

#[test]
fn pieces_make_the_same_file_and_half_a_file_leaves_nothing() {
    let (folder, opened) = fresh();
    let mut upload = opened.blobs.begin().expect("begun");
    upload.write(b"ab").expect("a piece");
    upload.write(b"c").expect("a piece");
    assert_eq!(upload.size_bytes(), 3);
    let whole = upload.finish().expect("stored");
    assert_eq!(whole, opened.blobs.put(b"abc").expect("stored"));
    let mut half = opened.blobs.begin().expect("begun");
    half.write(b"xyz").expect("a piece");
    drop(half);
    let left = std::fs::read_dir(folder.path().join("blobs"))
        .expect("the folder")
        .count();
    assert_eq!(left, 1, "the folder of the whole file alone");
}

#[test]
fn a_file_one_byte_beyond_the_limit_is_refused() {
    let (_folder, opened) = fresh();
    let mut upload = opened.blobs.begin().expect("begun");
    let most = vec![0; BLOB_BYTES_MAX as usize];
    upload.write(&most).expect("just as much");
    let error = upload.write(&[0]).expect_err("one byte more");
    assert!(
        matches!(
            error,
            StoreError::TooLarge {
                limit: BLOB_BYTES_MAX,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_trips_quota_counts_what_its_entries_name() {
    let (_folder, opened) = fresh();
    let fits = |trip, bytes| opened.blobs.has_quota(TripId(trip), bytes).expect("a look");
    name(&opened, BlobHash([1; 32]), 1, TRIP_BLOB_BYTES_MAX - 10);
    assert!(fits(1, 10) && !fits(1, 11));
    assert!(fits(2, BLOB_BYTES_MAX) && !fits(2, BLOB_BYTES_MAX + 1));
}

#[test]
fn the_sweep_takes_what_nobody_named_and_nothing_young() {
    let (folder, opened) = fresh();
    let kept = opened.blobs.put(b"named").expect("stored").hash;
    let orphan = opened.blobs.put(b"orphan").expect("stored").hash;
    name(&opened, kept, 1, 5);
    age(&folder, &[kept, orphan], 7200);
    assert_eq!(opened.blobs.sweep(hours_ago(3)).expect("a sweep"), 0);
    assert!(opened.blobs.exists(&orphan));
    assert_eq!(opened.blobs.sweep(hours_ago(1)).expect("a sweep"), 1);
    assert!(opened.blobs.exists(&kept) && !opened.blobs.exists(&orphan));
}

#[test]
fn a_file_stored_again_is_young_again() {
    let (folder, opened) = fresh();
    let blob = opened.blobs.put(b"twice").expect("stored").hash;
    age(&folder, &[blob], 7200);
    opened.blobs.put(b"twice").expect("stored again");
    assert_eq!(opened.blobs.sweep(hours_ago(1)).expect("a sweep"), 0);
    age(&folder, &[blob], 7200);
    assert_eq!(opened.blobs.sweep(hours_ago(1)).expect("a sweep"), 1);
}

/// A scan belongs to no trip, and nobody but its document's entry names it.
#[test]
fn the_scan_of_a_document_is_named_by_its_entry_and_stays() {
    let (folder, opened) = fresh();
    let scan = opened.blobs.put(b"a scan").expect("stored").hash;
    age(&folder, &[scan], 7200);
    let event = Event::DocumentRegistered {
        document: DocumentId(1),
        paper: paper(scan),
    };
    opened
        .store
        .commit(&common::entry_of(1, 1, vec![event]))
        .expect("a commit");
    assert_eq!(opened.blobs.sweep(hours_ago(1)).expect("a sweep"), 0);
    assert_eq!(opened.reader.named_blobs_after(None, 10).expect("a list"), [scan]);
}

fn paper(scan: BlobHash) -> Paper {
    Paper {
        kind: DocumentKind::Bc12,
        number: "001234".into(),
        date: Day {
            year: 2026,
            month: 1,
            day: 7,
        },
        valid_until: None,
        office: OfficeCode("060100".into()),
        destination_office: OfficeCode("040300".into()),
        tps_origin: "TPKS".into(),
        tps_destination: "KOJA".into(),
        bc11: None,
        submission_number: None,
        owner: OrganisationId(2),
        lines: Vec::new(),
        scan: Some(scan),
    }
}

/// Makes files as old as if they had been written so many seconds ago.
fn age(folder: &tempfile::TempDir, blobs: &[BlobHash], seconds: u64) {
    for blob in blobs {
        let name = blob.to_string();
        let path = folder.path().join("blobs").join(&name[..2]).join(&name);
        let file = std::fs::File::open(path).expect("the file");
        file.set_modified(SystemTime::now() - Duration::from_secs(seconds))
            .expect("an older time");
    }
}

fn hours_ago(hours: u64) -> ServerTime {
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .expect("after 1970");
    ServerTime::from_unix_ms((now.as_millis() as u64 - hours * 3_600_000) as i64)
}
