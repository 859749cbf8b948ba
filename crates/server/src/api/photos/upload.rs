//! Uploads that survive a lost signal: the bytes lie in a file of their own until the last one is here; then the photo is
//! looked at, stored durably and entered, once, however often the last piece is sent.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use axum::http::StatusCode;
use segel_custody::state;
use segel_geo::{Position, distance_m};
use segel_model::photo::PhotoFacts;
use segel_model::{BlobHash, Command, EventTime, PersonId, RecordedTime, SealId, TripId};
use segel_store::blob::BLOB_BYTES_MAX;
use segel_store::side::UploadRow;
use segel_store::{RecordKind, ReportQuery, Scope, SideRow};
use serde::{Deserialize, Serialize};

use crate::api::Api;
use crate::api::asking::Ask;
use crate::api::problem::Problem;
use crate::api::reading::View;
use crate::api::types::{Done, NewUpload, Upload};
use crate::ask::Side;
use crate::auth::secrets;
use crate::photos::{Looked, Unusable};

/// An upload may be taken up again for so long.
pub const RESUME_S: i64 = 7 * 24 * 3600;
/// How far in time a fix may lie from the moment a photo was taken, to say where the seal was.
const NEAR_S: i64 = 10 * 60;

/// Where photos are looked at, and who has an upload in hand.
#[derive(Default)]
pub struct Desk {
    looks: crate::photos::Desk,
    in_hand: Mutex<HashMap<String, Weak<tokio::sync::Mutex<()>>>>,
}

impl Desk {
    /// How many photos are looked at or wait for it, and how many may.
    pub fn waiting(&self) -> (usize, usize) {
        self.looks.waiting()
    }

    /// Looks at a photo in turn.
    pub async fn look(&self, bytes: Arc<Vec<u8>>, office_utc_offset_h: u8) -> Result<Looked, Unusable> {
        self.looks.look(bytes, office_utc_offset_h).await
    }

    /// The lock of an upload: two pieces of one must not be written at once.
    pub fn lock(&self, id: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut in_hand = self.in_hand.lock().unwrap_or_else(PoisonError::into_inner);
        in_hand.retain(|_, lock| lock.strong_count() > 0);
        if let Some(lock) = in_hand.get(id).and_then(Weak::upgrade) {
            return lock;
        }
        let lock = Arc::default();
        in_hand.insert(id.into(), Arc::downgrade(&lock));
        lock
    }
}

/// An upload as the store keeps it.
#[derive(Debug, Clone)]
pub struct Kept {
    row: UploadRow,
    body: KeptBody,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct KeptBody {
    sent: NewUpload,
    done: Option<Done>,
}

/// Refuses what cannot become a photo of this trip, before any byte is sent.
pub fn check_new(view: &View<'_>, trip: &state::Trip, sent: &NewUpload) -> Result<(), Problem> {
    let rules = view.rules();
    let edition = rules
        .edition(trip.edition)
        .unwrap_or_else(|| rules.in_force(trip.opened.at));
    let most = edition.photos.max_bytes.min(BLOB_BYTES_MAX);
    if sent.bytes == 0 || most < sent.bytes {
        return Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "photo_too_large",
            format!("Ukuran foto 1 sampai {most} byte."),
            format!("A photo has 1 to {most} bytes."),
        ));
    }
    if usize::from(edition.photos.max_per_trip) <= trip.photos.len()
        || !view.api.blobs().has_quota(TripId(sent.trip), sent.bytes)?
    {
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "too_many_photos",
            "Perjalanan ini sudah memuat sebanyak mungkin foto.",
            "This trip already holds as many photos as it may.",
        ));
    }
    sent.sha256.as_deref().map_or(Ok(()), |hex| {
        let known = BlobHash::from_hex(hex).is_some();
        known
            .then_some(())
            .ok_or_else(|| Problem::field("sha256", "Bukan SHA-256.", "not a SHA-256 in hexadecimal"))
    })
}

/// Begins an upload, or finds the one begun under the same name.
pub fn begin(api: &Api, id: String, person: PersonId, sent: NewUpload) -> Result<Upload, Problem> {
    if let Ok(kept) = find(api, &id, person) {
        return kept.show(api);
    }
    let folder = folder(api, "uploads");
    fs::create_dir_all(&folder)
        .and_then(|()| fs::write(folder.join(&id), b""))
        .and_then(|()| make_name_durable(api, &folder))
        .map_err(|failure| Problem::failed(&failure))?;
    let kept = Kept {
        row: UploadRow {
            id,
            person,
            at: api.now(),
            body: String::new(),
        },
        body: KeptBody { sent, done: None },
    };
    kept.save(api)?.show(api)
}

/// The file of an upload keeps its name through a power loss, and so does the folder of uploads.
fn make_name_durable(api: &Api, folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()?;
    File::open(api.store().folder().root())?.sync_all()
}

/// An upload of this person.
pub fn find(api: &Api, id: &str, person: PersonId) -> Result<Kept, Problem> {
    let row = api.reader().upload(id)?.filter(|row| row.person == person);
    let row = row.ok_or_else(Problem::not_found)?;
    let body = serde_json::from_str(&row.body).map_err(|failure| Problem::failed(&failure))?;
    Ok(Kept { row, body })
}

impl Kept {
    /// What became of it.
    pub fn done(&self) -> Option<&Done> {
        self.body.done.as_ref()
    }

    /// Whether the last byte is here.
    pub fn is_complete(&self, api: &Api) -> bool {
        self.offset(api) == self.body.sent.bytes
    }

    /// As the API shows it.
    pub fn show(&self, api: &Api) -> Result<Upload, Problem> {
        Ok(Upload {
            id: self.row.id.clone(),
            offset: self.offset(api),
            bytes: self.body.sent.bytes,
            until: self.row.at.plus_s(RESUME_S).into(),
            photo: self.body.done.clone(),
        })
    }

    fn offset(&self, api: &Api) -> u64 {
        if self.body.done.is_some() {
            return self.body.sent.bytes;
        }
        fs::metadata(self.path(api)).map_or(0, |file| file.len())
    }

    fn path(&self, api: &Api) -> PathBuf {
        folder(api, "uploads").join(&self.row.id)
    }

    /// Takes the next piece. A piece that was here before changes nothing.
    pub fn append(self, api: &Api, offset: u64, piece: &[u8]) -> Result<Self, Problem> {
        let here = self.offset(api);
        let end = offset.saturating_add(piece.len() as u64);
        if end <= here {
            return Ok(self);
        }
        if offset != here || self.body.sent.bytes < end {
            return Err(wrong_offset(here));
        }
        let mut open = OpenOptions::new();
        let file = open.create(true).append(true).open(self.path(api));
        // The answer says how many bytes are here, and whoever sent them goes on from there: they must be here after a power
        // loss, too, and not as zeros that only have the right length.
        file.and_then(|mut file| {
            file.write_all(piece)?;
            file.sync_data()
        })
        .map_err(|failure| Problem::failed(&failure))?;
        self.save(api)
    }

    /// Gives it up.
    pub fn drop(self, api: &Api) -> Result<(), Problem> {
        let _already_gone = fs::remove_file(self.path(api));
        Ok(api.store().drop_upload(&self.row.id)?)
    }

    fn save(mut self, api: &Api) -> Result<Self, Problem> {
        self.row.at = api.now();
        self.row.body = serde_json::to_string(&self.body).map_err(|failure| Problem::failed(&failure))?;
        api.store().put_upload(&self.row)?;
        Ok(self)
    }

    fn read(&self, api: &Api) -> Result<Vec<u8>, Problem> {
        let bytes = fs::read(self.path(api)).map_err(|failure| Problem::failed(&failure))?;
        let hash = secrets::hex(&<sha2::Sha256 as sha2::Digest>::digest(&bytes));
        match self.body.sent.sha256.as_deref() {
            Some(said) if !said.eq_ignore_ascii_case(&hash) => Err(other_hash()),
            _ => Ok(bytes),
        }
    }
}

fn wrong_offset(here: u64) -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "wrong_offset",
        format!("Server sudah memiliki {here} byte; lanjutkan dari sana."),
        format!("The server has {here} bytes; go on from there."),
    )
}

fn other_hash() -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "other_hash",
        "Isi yang diterima berbeda dari yang dikirim; unggah lagi dari awal.",
        "What arrived is not what was sent; upload it again from the start.",
    )
}

/// Looks at the photo, stores it durably and enters it. A file that is not taken is thrown away with its upload.
pub async fn finish(api: &Api, ask: Ask<()>, kept: Kept) -> Result<Upload, Problem> {
    let (kept, bytes, zone_h) = api
        .block(move |api| {
            let bytes = kept.read(api);
            let zone_h = office_zone(api, kept.body.sent.trip)?;
            keep_or_drop(api, kept, bytes).map(|(kept, bytes)| (kept, Arc::new(bytes), zone_h))
        })
        .await?;
    let looked = api.inner.photos.look(Arc::clone(&bytes), zone_h).await;
    let (kept, looked) = api
        .block(move |api| keep_or_drop(api, kept, looked.map_err(Problem::from)))
        .await?;
    let (kept, command, side) = api.block(move |api| store(api, kept, &bytes, &looked)).await?;
    let answer = ask
        .named(format!("upload {}", kept.row.id))
        .run_beside(api, command, side)
        .await;
    let upload = api.block(move |api| match answer {
        Ok(done) => note_done(api, kept, done),
        // A refusal is final; when Segel is only busy, the last piece is sent again.
        Err(problem) if problem.status().is_server_error() => Err(problem),
        Err(problem) => keep_or_drop::<Upload>(api, kept, Err(problem)).map(|(_, upload)| upload),
    });
    upload.await
}

/// What is crowded out may come again; what is refused is gone.
fn keep_or_drop<T>(api: &Api, kept: Kept, outcome: Result<T, Problem>) -> Result<(Kept, T), Problem> {
    match outcome {
        Ok(good) => Ok((kept, good)),
        Err(problem) => {
            if !problem.status().is_server_error() {
                kept.drop(api)?;
            }
            Err(problem)
        }
    }
}

fn note_done(api: &Api, mut kept: Kept, done: Done) -> Result<Upload, Problem> {
    kept.body.done = Some(done);
    let kept = kept.save(api)?;
    let _already_gone = fs::remove_file(kept.path(api));
    kept.show(api)
}

fn store(api: &Api, kept: Kept, bytes: &[u8], looked: &Looked) -> Result<(Kept, Command, Side), Problem> {
    let blob = api.blobs().put(bytes)?;
    if let Some(copy) = &looked.copy {
        keep_copy(api, &blob.hash, copy);
    }
    let sent = &kept.body.sent;
    let trip = TripId(sent.trip);
    let camera = looked.camera;
    let command = Command::AddPhoto {
        trip,
        step: sent.step.into(),
        kind: sent.kind.into(),
        facts: PhotoFacts {
            blob: blob.hash,
            media_type: looked.picture.media_type().into(),
            bytes: blob.size_bytes,
            taken: camera.taken,
            taken_at: camera.place,
            distance_to_seal_m: distance_to_seal_m(api, trip, camera.taken, camera.place)?,
            has_preview: looked.copy.is_some(),
        },
    };
    let side = Side {
        rows: vec![SideRow::BlobNamed {
            blob: blob.hash,
            trip,
            size_bytes: blob.size_bytes,
        }],
        ..Side::default()
    };
    Ok((kept, command, side))
}

/// Hours east of UTC at the trip's office; western Indonesia where it has none yet.
fn office_zone(api: &Api, trip: u64) -> Result<u8, Problem> {
    let view = View::new(api, Scope::Nation);
    let trip: Option<state::Trip> = view.mentioned(RecordKind::Trip, trip)?;
    let document = trip
        .and_then(|trip| trip.document)
        .map(|id| view.document(id))
        .transpose()?
        .flatten();
    let office = document.and_then(|document| api.rules().office(&document.paper.office));
    Ok(office.map_or(7, |office| office.utc_offset_h))
}

/// How far the camera stood from the seal, by the seal's fix nearest in time.
fn distance_to_seal_m(
    api: &Api,
    trip: TripId,
    taken: Option<RecordedTime>,
    place: Option<Position>,
) -> Result<Option<f32>, Problem> {
    let Some((taken, place)) = taken.zip(place) else {
        return Ok(None);
    };
    let view = View::new(api, Scope::Nation);
    let trip: Option<state::Trip> = view.mentioned(RecordKind::Trip, trip.0)?;
    let Some(seal) = trip.and_then(|trip| trip.seal) else {
        return Ok(None);
    };
    let seal_place = nearest_fix(api, seal, EventTime::from_unix_ms(taken.unix_ms))?;
    Ok(seal_place.map(|seal_place| distance_m(place, seal_place) as f32))
}

fn nearest_fix(api: &Api, seal: SealId, taken: EventTime) -> Result<Option<Position>, Problem> {
    let query = ReportQuery::of(seal, taken.plus_s(-NEAR_S), taken.plus_s(NEAR_S));
    let reports = api.reader().reports(&query)?.reports;
    let judging = reports.iter().filter_map(|stored| {
        let observed = &stored.staged.observed;
        let place = observed
            .place
            .filter(|place| place.use_ == segel_model::observed::FixUse::Judges)?;
        Some((observed.at.since_ms(taken).abs(), place.position))
    });
    Ok(judging
        .min_by_key(|(apart_ms, _)| *apart_ms)
        .map(|(_, position)| position))
}

/// The small copy, where it was kept.
pub fn kept_copy(api: &Api, hash: &BlobHash) -> Option<Vec<u8>> {
    fs::read(copy_path(api, hash)).ok()
}

/// Keeps a small copy. It is a cache, so a disk that refuses it costs time and nothing else.
pub fn keep_copy(api: &Api, hash: &BlobHash, copy: &[u8]) {
    let path = copy_path(api, hash);
    let part = path.with_extension(format!("{}.part", secrets::hex(&secrets::random::<4>())));
    let kept = fs::create_dir_all(folder(api, "previews"))
        .and_then(|()| fs::write(&part, copy))
        .and_then(|()| fs::rename(&part, &path));
    if let Err(failure) = kept {
        tracing::warn!(%failure, "a small copy could not be kept");
    }
}

fn copy_path(api: &Api, hash: &BlobHash) -> PathBuf {
    folder(api, "previews").join(format!("{hash}.jpg"))
}

fn folder(api: &Api, name: &str) -> PathBuf {
    api.store().folder().root().join(name)
}

/// Removes the files of uploads that nobody may take up any more.
pub fn sweep(api: &Api) -> std::io::Result<()> {
    let folder = folder(api, "uploads");
    if !folder.exists() {
        return Ok(());
    }
    for file in fs::read_dir(folder)? {
        let file = file?;
        let name = file.file_name();
        let known = name.to_str().map(|id| api.reader().upload(id));
        if matches!(known, Some(Ok(None)) | None) {
            fs::remove_file(file.path())?;
        }
    }
    Ok(())
}
