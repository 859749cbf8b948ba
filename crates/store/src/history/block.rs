//! A block: up to `BLOCK_REPORTS` reports of neighbouring seals, taken apart into columns, with one hash over what they
//! say. The hash covers the reports, not the bytes they were packed into, so that packing may change and proofs stay.

use segel_model::Observed;
use sha2::{Digest, Sha256};

use crate::chain::Hash;
use crate::error::Doing;
use crate::reports::Stored;
use crate::staged::seal_number;
use crate::{Staged, StoreError};

use super::columns::{Columns, Together};
use crate::bytes::{Cursor, damaged, put_number};

/// How many reports a block holds: enough for columns to be smooth, few enough to be read in two milliseconds.
pub const BLOCK_REPORTS: usize = 2048;

/// The form this code writes; the first byte of a body.
const FORM: u8 = 1;

/// Starts every hash over a block.
const DOMAIN: &[u8] = b"segel block 1\0";

/// The order of reports in a run: by seal, then as they came.
pub(crate) fn place(stored: &Stored) -> (u64, u64, u32) {
    (seal_number(&stored.staged), stored.commit, stored.staged.ordinal)
}

/// The hash over what reports say.
pub(crate) fn hash<'a>(reports: impl IntoIterator<Item = &'a Stored>) -> Result<Hash, StoreError> {
    let mut hash = Sha256::new_with_prefix(DOMAIN);
    let mut bytes = Vec::with_capacity(512);
    for report in reports {
        bytes.clear();
        bytes = postcard::to_extend(&(report.commit, &report.staged), bytes).doing("hash a report")?;
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(&bytes);
    }
    Ok(hash.finalize().into())
}

/// Packs reports.
pub(crate) fn encode(reports: Vec<Stored>) -> Result<Vec<u8>, StoreError> {
    let mut body = vec![FORM];
    put_number(&mut body, reports.len() as u64);
    let mut columns = Columns::new();
    for Stored { commit, mut staged } in reports {
        let told = forget_key(&mut staged.observed);
        columns.push(&(commit, told, staged))?;
    }
    columns.write(&mut body)?;
    Ok(body)
}

/// Unpacks them.
pub(crate) fn decode(body: &[u8]) -> Result<Vec<Stored>, StoreError> {
    let mut cursor = Cursor(body);
    if cursor.byte()? != FORM {
        return Err(damaged(&"its form is not known"));
    }
    let count = cursor.count(BLOCK_REPORTS)?;
    let mut columns = Together::read(&mut cursor)?;
    let reports: Vec<Stored> = (0..count).map(|_| next(&mut columns)).collect::<Result<_, _>>()?;
    if cursor.0.is_empty() && columns.is_empty() {
        Ok(reports)
    } else {
        Err(damaged(&"something is left over"))
    }
}

fn next(columns: &mut Together) -> Result<Stored, StoreError> {
    let (commit, told, mut staged): (u64, bool, Staged) = columns.next()?;
    if told {
        staged.observed.key = usual_key(&staged.observed).ok_or_else(|| damaged(&"a key without a time"))?;
    }
    Ok(Stored { commit, staged })
}

/// The key by which repeats are known is a hash of fields that stand beside it: eight bytes that no packing shortens. Where
/// it is that hash it is left out and told anew when read.
fn forget_key(observed: &mut Observed) -> bool {
    let told = usual_key(observed) == Some(observed.key);
    if told {
        observed.key = 0;
    }
    told
}

/// The hash as it was when this form was made; part of the form, whatever becomes of the rule that judges repeats.
fn usual_key(observed: &Observed) -> Option<u64> {
    let time = observed.device_time?;
    let serial = observed.serial.map_or(u64::MAX, u64::from);
    let words = [
        1,
        observed.seal?.0,
        time.unix_ms as u64,
        serial,
        observed.kind as u64,
    ];
    let bytes = words.iter().flat_map(|word| word.to_le_bytes());
    let mixed = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    Some((mixed ^ (mixed >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;
    use segel_geo::Position;
    use segel_model::observed::{AreaMarks, CorridorPlace, FixUse, PieceOutside, Place, Side, Standing};
    use segel_model::report::{FixSource, Lock, Protocol, ReportKind};
    use segel_model::signal::SignalSet;
    use segel_model::{DeviceId, DeviceTime, EventTime, SealId, ServerTime, TripId};

    use super::*;

    /// Compares by what is written, so that a number that is none equals itself.
    fn said(reports: &[Stored]) -> Vec<Vec<u8>> {
        let bytes = |report: &Stored| postcard::to_allocvec(&(report.commit, &report.staged)).expect("bytes");
        reports.iter().map(bytes).collect()
    }

    fn corridor() -> impl Strategy<Value = CorridorPlace> {
        let piece = option::of((any::<f32>(), any::<u32>()));
        (any::<f32>(), any::<f32>(), any::<u32>(), piece).prop_map(
            |(outside_m, progress_m, segment, piece)| CorridorPlace {
                outside_m,
                side: if 0.0 < outside_m {
                    Side::Outside
                } else {
                    Side::Inside
                },
                piece: piece.map(|(outside_m, outside_ms)| PieceOutside {
                    outside_m,
                    outside_ms,
                }),
                progress_m,
                segment,
            },
        )
    }

    fn degrees() -> impl Strategy<Value = f64> {
        let minutes = (-108_000_000..108_000_000_i64).prop_map(|count| {
            let (whole, part) = (count.abs() / 600_000, count.abs() % 600_000);
            count.signum() as f64 * (whole as f64 + part as f64 / 600_000.0)
        });
        prop_oneof![
            any::<f64>(),
            minutes,
            (-180_000_000..180_000_000_i64).prop_map(|count| count as f64 / 1e6)
        ]
    }

    fn place() -> impl Strategy<Value = Place> {
        let areas = (any::<bool>(), option::of(any::<u8>()));
        (
            degrees(),
            degrees(),
            option::of(any::<f32>()),
            option::of(corridor()),
            areas,
        )
            .prop_map(|(lat, lon, speed_kmh, corridor, (origin, forbidden))| Place {
                position: Position { lat, lon },
                source: FixSource::Cell,
                speed_kmh,
                course_deg: speed_kmh,
                use_: FixUse::Inaccurate,
                still: corridor.map(|_| origin),
                corridor,
                areas: AreaMarks {
                    origin,
                    forbidden,
                    ..AreaMarks::default()
                },
            })
    }

    fn observed() -> impl Strategy<Value = Observed> {
        let times = (
            any::<i64>(),
            option::of(any::<i64>()),
            any::<i64>(),
            option::of(any::<i64>()),
        );
        let numbers = (
            option::of(any::<u32>()),
            any::<u64>(),
            any::<u32>(),
            option::of(any::<u8>()),
        );
        let ids = (option::of(0..9_u64), option::of(any::<u64>()), any::<bool>());
        (ids, times, numbers, option::of(place())).prop_map(|(ids, times, numbers, place)| {
            let mut observed = Observed {
                seal: ids.0.map(SealId),
                trip: ids.1.map(TripId),
                kind: ReportKind::Happening,
                standing: Standing::Late,
                device_time: times.1.map(DeviceTime::from_unix_ms),
                at: EventTime::from_unix_ms(times.0),
                received: ServerTime::from_unix_ms(times.2),
                backfill: ids.2,
                serial: numbers.0,
                key: numbers.1,
                signals: SignalSet(numbers.2),
                place,
                battery_percent: numbers.3,
                charging: ids.2,
                lock: Lock {
                    rope: Some(ids.2),
                    motor: None,
                    cover: place.map(|_| false),
                },
                look_again: times.3.map(ServerTime::from_unix_ms),
            };
            if numbers.2 % 2 == 0 {
                observed.key = usual_key(&observed).unwrap_or(numbers.1);
            }
            observed
        })
    }

    fn stored() -> impl Strategy<Value = Stored> {
        let peer = option::of((any::<[u8; 16]>(), any::<bool>(), any::<u16>()));
        let raw = prop_oneof![
            vec(any::<u8>(), 0..80),
            vec(any::<u8>(), 62..63),
            vec(any::<u8>(), 300..310)
        ];
        (any::<u64>(), any::<u32>(), raw, observed(), peer, "\\PC{0,12}").prop_map(
            |(commit, ordinal, raw, observed, peer, note)| {
                let staged = Staged {
                    ordinal,
                    protocol: Protocol::Osmand,
                    profile: "phone".into(),
                    decoder_version: 3,
                    device: DeviceId(note.chars().rev().collect()),
                    peer: peer.map(|(ip, four, port)| {
                        let v4 = [ip[0], ip[1], ip[2], ip[3]];
                        if four {
                            SocketAddr::from((v4, port))
                        } else {
                            SocketAddr::from((ip, port))
                        }
                    }),
                    received: observed.received,
                    raw,
                    observed,
                    note,
                };
                Stored { commit, staged }
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_reports_read_back_as_they_were_written(reports in vec(stored(), 0..60)) {
            let read = decode(&encode(reports.clone()).expect("bytes")).expect("reports");
            prop_assert_eq!(said(&read), said(&reports));
            prop_assert_eq!(hash(&read).expect("a hash"), hash(&reports).expect("a hash"));
        }

        #[test]
        fn a_damaged_block_is_an_error_or_other_reports_and_never_a_panic(
            reports in vec(stored(), 1..20),
            at in any::<prop::sample::Index>(),
            flip in 1..=255_u8,
            cut in any::<bool>(),
        ) {
            let mut body = encode(reports.clone()).expect("bytes");
            let at = at.index(body.len());
            if cut { body.truncate(at) } else { body[at] ^= flip }
            if let Ok(read) = decode(&body) {
                prop_assert!(!cut, "cut at {at}, {} reports read of {}", read.len(), reports.len());
            }
        }
    }

    #[test]
    fn a_changed_report_changes_the_hash() {
        let mut runner = proptest::test_runner::TestRunner::deterministic();
        let tree = vec(stored(), 2..3).new_tree(&mut runner).expect("reports");
        let mut reports = proptest::strategy::ValueTree::current(&tree);
        let before = hash(&reports).expect("a hash");
        reports[1].staged.observed.charging ^= true;
        assert_ne!(hash(&reports).expect("a hash"), before);
    }
}
