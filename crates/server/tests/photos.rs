//! Photos: uploads that survive a lost signal, originals byte for byte, hostile files that hurt nobody.
//!
//! Real and hostile photos are other people's data and stay outside the project: `SEGEL_DATA` says where.

mod people;

use std::collections::BTreeMap;
use std::io::Cursor;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use image::{ImageFormat, Rgb, RgbImage};
use people::{House, Person, document, office, organisation, report, route, trip};
use segel_server::photos::preview::SIDE_MAX;
use segel_server::photos::sniff::Picture;
use segel_server::photos::{Unusable, exif, look};
use serde_json::json;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// A technician at a container, with the seal in hand.
struct Site<'a> {
    technician: Person<'a>,
    user: Person<'a>,
    officer: Person<'a>,
    trip: u64,
}

fn site(house: &House) -> Site<'_> {
    let supervisor = house.join(&house.customs_code, "supervisor");
    let admin = house.join(&house.provider_code, "admin");
    let provider = admin.get("/session").json["person"]["belongs"]["organisation"]
        .as_u64()
        .expect("a provider");
    let firm = supervisor
        .post("/organisations", json!({"name": "PT Impor", "kind": "importer"}))
        .id();
    let officer = supervisor.brings("officer", "customs_officer", office("060100"));
    let user = supervisor.brings("user", "service_user", organisation(firm));
    let technician = admin.brings("technician", "technician", organisation(provider));
    let seal = admin.post(
        "/seals",
        json!({
            "protocol": "osmand", "device": "86001", "label": "HP-1", "profile": "any",
            "certificate": {"number": "S-1", "issuer": "DJBC", "valid_until": "2031-12-31"}
        }),
    );
    let seal = seal.id();
    report(house, "86001", -6.9435, 110.4243);
    let document = user
        .post("/documents", document(None, "016805", "CSQU3054383"))
        .id();
    officer
        .post(&format!("/documents/{document}/verify"), json!({"approved": [0]}))
        .done();
    let route = user.post("/routes", route(None)).id();
    officer
        .post(&format!("/routes/{route}/approve"), json!({}))
        .done();
    let trip = user.post("/trips", trip(provider, "CSQU3054383")).id();
    let ask =
        |person: &Person<'_>, step: &str, body| person.post(&format!("/trips/{trip}/{step}"), body).done();
    ask(&user, "attach-document", json!({"document": document}));
    ask(&user, "submit", json!({}));
    ask(&user, "plan", json!({"route": route}));
    ask(
        &admin,
        "assign",
        json!({"seal": seal, "technician": technician.id}),
    );
    ask(
        &technician,
        "begin-install",
        json!({"container": "CSQU3054383", "seal_label": "HP-1", "place": {"lat": -6.9435, "lon": 110.4243}}),
    );
    Site {
        technician,
        user,
        officer,
        trip,
    }
}

impl Site<'_> {
    fn start(&self, bytes: &[u8], sha256: Option<&str>) -> String {
        let body = json!({"trip": self.trip, "step": "install", "kind": "seal_close_up", "bytes": bytes.len(), "sha256": sha256});
        self.technician.post("/uploads", body).done().json["id"]
            .as_str()
            .expect("a name")
            .to_owned()
    }

    fn send(&self, upload: &str, offset: usize, piece: &[u8]) -> people::Answer {
        let offset = offset.to_string();
        self.technician.call(
            "PATCH",
            &format!("/uploads/{upload}"),
            piece.to_vec(),
            &[("upload-offset", &offset)],
        )
    }

    fn whole(&self, bytes: &[u8]) -> people::Answer {
        self.send(&self.start(bytes, None), 0, bytes)
    }
}

fn jpeg(width: u32, height: u32) -> Vec<u8> {
    let picture = RgbImage::from_fn(width, height, |x, y| {
        Rgb([(x % 251) as u8, (y % 241) as u8, (x * y % 239) as u8])
    });
    let mut bytes = Cursor::new(Vec::new());
    picture
        .write_to(&mut bytes, ImageFormat::Jpeg)
        .expect("writing to memory");
    bytes.into_inner()
}

#[test]
fn an_upload_goes_on_where_the_signal_was_lost_and_enters_one_photo() {
    let house = House::open();
    let site = site(&house);
    let photo = jpeg(1600, 1200);
    let hash: String = Sha256::digest(&photo)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let upload = site.start(&photo, Some(&hash));
    let (first, rest) = photo.split_at(photo.len() / 3);
    let begun = site.send(&upload, 0, first).done();
    assert_eq!(
        (begun.header("upload-offset"), &begun.json["photo"]),
        (first.len().to_string().as_str(), &json!(null))
    );

    // The answer was lost, so the phone sends the same piece again; then it asks, then it guesses wrong.
    assert_eq!(site.send(&upload, 0, first).done().json["offset"], first.len());
    assert_eq!(
        site.technician.get(&format!("/uploads/{upload}")).done().json["offset"],
        first.len()
    );
    let gap = site.send(&upload, first.len() + 1, rest);
    assert_eq!((gap.status, gap.code()), (409, "wrong_offset"));
    assert_eq!(
        site.user.get(&format!("/uploads/{upload}")).status,
        404,
        "another's upload does not exist"
    );

    let done = site.send(&upload, first.len(), rest).done();
    let id = done.json["photo"]["id"].as_u64().expect("a photo");
    let again = site.send(&upload, first.len(), rest).done();
    assert_eq!(
        again.json["photo"], done.json["photo"],
        "the last piece sent twice is one photo"
    );
    let photos = site
        .officer
        .get(&format!("/trips/{}/photos", site.trip))
        .done()
        .json;
    assert_eq!(photos["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        (&photos["items"][0]["sha256"], &photos["items"][0]["media_type"]),
        (&json!(hash), &json!("image/jpeg"))
    );

    let original = site.officer.get(&format!("/photos/{id}/original"));
    assert_eq!(
        (original.status, original.header("content-type")),
        (200, "image/jpeg")
    );
    assert!(original.bytes == photo, "byte for byte");
    assert!(original.header("content-security-policy").contains("sandbox"));
    let copy = image::load_from_memory(&site.officer.get(&format!("/photos/{id}/preview")).bytes)
        .expect("a picture");
    assert_eq!((copy.width(), copy.height()), (1280, 960));
}

#[test]
fn a_small_copy_that_is_gone_is_made_again() {
    let house = House::open();
    let site = site(&house);
    let id = site.whole(&jpeg(300, 200)).done().json["photo"]["id"]
        .as_u64()
        .expect("a photo");
    let before = site.user.get(&format!("/photos/{id}/preview")).bytes;
    std::fs::remove_dir_all(house.folder().join("previews")).expect("the copies lie there");
    assert_eq!(site.user.get(&format!("/photos/{id}/preview")).bytes, before);
}

#[test]
fn what_arrives_differently_than_it_was_sent_is_thrown_away() {
    let house = House::open();
    let site = site(&house);
    let photo = jpeg(100, 80);
    let upload = site.start(&photo, Some(&"0".repeat(64)));
    let answer = site.send(&upload, 0, &photo);
    assert_eq!((answer.status, answer.code()), (422, "other_hash"));
    assert_eq!(site.technician.get(&format!("/uploads/{upload}")).status, 404);
}

#[test]
fn files_that_are_no_photos_are_refused_with_a_sentence() {
    let house = House::open();
    let site = site(&house);
    for (bytes, status, code) in [
        (b"<svg onload=alert(1)>".to_vec(), 415, "not_a_photo"),
        (b"\xff\xd8\xff\xe0 broken".to_vec(), 422, "photo_damaged"),
    ] {
        let answer = site.whole(&bytes);
        assert_eq!((answer.status, answer.code()), (status, code));
        assert_ne!(answer.json["detail"], json!(""));
    }
    let too_large = site.technician.post(
        "/uploads",
        json!({"trip": site.trip, "step": "install", "kind": "other", "bytes": 1_u64 << 40}),
    );
    assert_eq!((too_large.status, too_large.code()), (413, "photo_too_large"));
    assert_eq!(
        site.officer.get(&format!("/trips/{}/photos", site.trip)).json["items"],
        json!([])
    );
    let given_up = site.start(&jpeg(10, 10), None);
    assert_eq!(
        site.technician
            .call("DELETE", &format!("/uploads/{given_up}"), Vec::new(), &[])
            .status,
        204
    );
    assert_eq!(site.technician.get(&format!("/uploads/{given_up}")).status, 404);
}

#[test]
fn heic_is_kept_whole_and_said_to_have_no_preview() {
    let house = House::open();
    let site = site(&house);
    let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic and then the picture".to_vec();
    let id = site.whole(&heic).done().json["photo"]["id"]
        .as_u64()
        .expect("a photo");
    let photo = site.user.get(&format!("/photos/{id}")).done().json;
    assert_eq!(
        (&photo["has_preview"], &photo["media_type"]),
        (&json!(false), &json!("image/heic"))
    );
    assert_eq!(
        site.user.get(&format!("/photos/{id}/preview")).code(),
        "no_preview"
    );
    assert_eq!(site.user.get(&format!("/photos/{id}/original")).bytes, heic);
}

/// Other people's files; nothing, and the reason printed, where they are absent.
fn data(name: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let root = std::env::var_os("SEGEL_DATA").map_or(beside, PathBuf::from);
    let path = root.join("photos").join(name);
    if !path.exists() {
        println!("skipped: no {}; set SEGEL_DATA", path.display());
        return None;
    }
    Some(path)
}

/// The most memory this process has had, in MiB.
fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux says");
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .expect("Linux says how much");
    let kib: u64 = line
        .split_whitespace()
        .nth(1)
        .and_then(|kib| kib.parse().ok())
        .expect("a number");
    kib / 1024
}

#[test]
fn every_hostile_file_is_taken_within_bounds_or_refused_and_nothing_panics() {
    let Some(archive) = data("hostile_images.tar.xz") else {
        return;
    };
    let folder = TempDir::new().expect("a scratch folder");
    let unpacked = Command::new("tar")
        .arg("-xJf")
        .arg(&archive)
        .arg("-C")
        .arg(folder.path())
        .status();
    assert!(unpacked.expect("tar runs").success());
    let mut outcomes: BTreeMap<String, u32> = BTreeMap::new();
    let mut files = 0;
    for file in std::fs::read_dir(folder.path().join("hostile")).expect("they are in this folder") {
        let path = file.expect("a file").path();
        let bytes = std::fs::read(&path).expect("readable");
        let started = Instant::now();
        let looked = catch_unwind(|| look(&bytes, 7));
        let took = started.elapsed();
        assert!(took < Duration::from_secs(10), "{} took {took:?}", path.display());
        let outcome = match looked {
            Err(_) => "a decoder panicked: damaged".to_owned(),
            Ok(Err(why)) => format!("refused: {why:?}"),
            Ok(Ok(looked)) => {
                if let Some(copy) = &looked.copy {
                    let copy = image::load_from_memory(copy).expect("the copy is a sound JPEG");
                    assert!(copy.width().max(copy.height()) <= SIDE_MAX, "{}", path.display());
                }
                format!("taken: {}", looked.picture.media_type())
            }
        };
        *outcomes.entry(outcome).or_default() += 1;
        files += 1;
    }
    println!("{files} hostile files, peak {} MiB: {outcomes:#?}", peak_mib());
    assert_eq!(files, 550, "the set that was read is the set that was packed");
    assert!(peak_mib() < 700, "peak {} MiB", peak_mib());
}

#[test]
fn real_photos_say_when_and_where_they_were_taken() {
    let Some(folder) = data("real") else { return };
    let known = [
        // A fix of 0, 0 is no fix.
        "me_Issue_308.jpg",
        // Their EXIF is broken further on than another reader looks; broken EXIF is no EXIF.
        "me_Canon_PowerShot_S30_2_.jpg",
        "ex_tests_30-type_error.jpg",
    ];
    let manifest = std::fs::read_to_string(folder.join("MANIFEST.csv")).expect("the list beside them");
    let (mut places, mut times, mut wrong) = (0, 0, Vec::new());
    for line in manifest.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let bytes = std::fs::read(folder.join(fields[0])).expect("a listed photo is there");
        let facts = exif::read(&bytes, 7);
        if let (Ok(lat), Ok(lon)) = (fields[1].parse::<f64>(), fields[2].parse::<f64>()) {
            let near = facts
                .place
                .is_some_and(|place| (place.lat - lat).abs() < 1e-5 && (place.lon - lon).abs() < 1e-5);
            if near {
                places += 1
            } else {
                wrong.push(format!("{}: {lat}, {lon} but {:?}", fields[0], facts.place))
            }
        }
        let date = jiff::civil::DateTime::strptime("%Y:%m:%d %H:%M:%S", fields[3]);
        if let (Ok(date), true) = (date, fields[5].is_empty()) {
            let expected = jiff::tz::offset(7)
                .to_timestamp(date)
                .map(|at| at.as_millisecond())
                .ok();
            if facts.taken.map(|taken| taken.unix_ms) == expected {
                times += 1
            } else {
                wrong.push(format!("{}: {date} but {:?}", fields[0], facts.taken))
            }
        }
    }
    println!("{places} places and {times} times as the list says; otherwise: {wrong:#?}");
    let others: Vec<_> = wrong
        .iter()
        .map(|line| line.split(':').next().unwrap_or_default())
        .collect();
    assert_eq!((places, times, others), (10, 18, known.to_vec()));
}

/// What a look gives for a picture of each kind, so that the two tests above cannot pass by refusing everything.
#[test]
fn sound_pictures_are_taken() {
    let looked = look(&jpeg(40, 30), 7).expect("a picture");
    assert_eq!(looked.picture, Picture::Jpeg);
    assert!(looked.copy.is_some());
    assert_eq!(look(b"", 7), Err(Unusable::NoPicture));
}
