//! Photos as a technician's phone takes them, but drawn: container doors with their number, a seal with its number, and
//! EXIF that says when and where. Each says on its face that it is a simulation.

use std::io::Cursor;

use anyhow::{Context, Result};
use image::codecs::jpeg::JpegEncoder;
use image::{Rgb, RgbImage};
use segel_geo::Position;

/// What to draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scene {
    /// The whole door with the container number.
    Door,
    /// The seal close up.
    Seal,
    /// The locking rods.
    Rods,
    /// The truck from behind, with its plate.
    Truck,
}

/// What stands on the photo and in its EXIF.
#[derive(Debug, Clone)]
pub struct Shot<'a> {
    /// What it shows.
    pub scene: Scene,
    /// The container number.
    pub container: &'a str,
    /// The seal's printed number.
    pub seal_label: &'a str,
    /// The truck's plate.
    pub plate: &'a str,
    /// When it was taken.
    pub unix_s: i64,
    /// Where it was taken.
    pub place: Position,
    /// Whether the rope hangs open.
    pub open: bool,
}

const WIDTH: u32 = 1280;
const HEIGHT: u32 = 960;
const QUALITY: u8 = 82;
/// Sides of a snapshot.
const SNAPSHOT_PX: u32 = 96;

/// The photo as a JPEG with EXIF.
pub fn take(shot: &Shot) -> Result<Vec<u8>> {
    let mut picture = RgbImage::from_pixel(WIDTH, HEIGHT, paint_of(shot.container));
    match shot.scene {
        Scene::Door => draw_door(&mut picture, shot),
        Scene::Seal => draw_seal(&mut picture, shot),
        Scene::Rods => draw_rods(&mut picture, shot),
        Scene::Truck => draw_truck(&mut picture, shot),
    }
    write(
        &mut picture,
        24,
        HEIGHT - 44,
        3,
        Rgb([255, 255, 255]),
        "SIMULASI - SIMULATED",
    );
    grain(&mut picture, shot.unix_s);
    let mut jpeg = Cursor::new(Vec::new());
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY)
        .encode_image(&picture)
        .context("could not encode a drawn photo")?;
    Ok(with_exif(&jpeg.into_inner(), shot))
}

/// A small picture of nothing, for load: what it shows is not looked at, and many must go through.
pub fn snapshot() -> Result<Vec<u8>> {
    let mut picture = RgbImage::from_pixel(SNAPSHOT_PX, SNAPSHOT_PX, Rgb([90, 110, 120]));
    grain(&mut picture, 0);
    let mut jpeg = Cursor::new(Vec::new());
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY)
        .encode_image(&picture)
        .context("could not encode a small photo")?;
    Ok(jpeg.into_inner())
}

/// Every box has its own colour, always the same.
fn paint_of(container: &str) -> Rgb<u8> {
    const PAINTS: [[u8; 3]; 5] = [
        [120, 60, 42],
        [38, 82, 122],
        [44, 98, 74],
        [142, 96, 36],
        [86, 88, 94],
    ];
    let sum: usize = container.bytes().map(usize::from).sum();
    Rgb(PAINTS[sum % PAINTS.len()])
}

fn draw_door(picture: &mut RgbImage, shot: &Shot) {
    draw_ribs(picture, 90);
    for rod in [360, 560, 720, 920] {
        fill(picture, rod, 40, 14, HEIGHT - 80, Rgb([190, 190, 188]));
    }
    fill(picture, WIDTH / 2 - 3, 0, 6, HEIGHT, Rgb([20, 20, 22]));
    write(picture, 690, 120, 7, Rgb([245, 245, 240]), shot.container);
    draw_device(picture, 560, 560, 1, shot);
}

fn draw_seal(picture: &mut RgbImage, shot: &Shot) {
    draw_ribs(picture, 160);
    fill(picture, 300, 0, 60, HEIGHT, Rgb([190, 190, 188]));
    fill(picture, 920, 0, 60, HEIGHT, Rgb([190, 190, 188]));
    draw_device(picture, 400, 300, 3, shot);
}

fn draw_rods(picture: &mut RgbImage, shot: &Shot) {
    draw_ribs(picture, 120);
    for rod in [420, 800] {
        fill(picture, rod, 0, 40, HEIGHT, Rgb([190, 190, 188]));
        fill(picture, rod - 60, 520, 240, 34, Rgb([150, 150, 150]));
    }
    write(picture, 60, 80, 5, Rgb([245, 245, 240]), shot.container);
    draw_device(picture, 520, 600, 2, shot);
}

fn draw_truck(picture: &mut RgbImage, shot: &Shot) {
    fill(picture, 0, 0, WIDTH, 260, Rgb([150, 178, 204]));
    fill(picture, 0, 760, WIDTH, 200, Rgb([70, 70, 72]));
    fill(picture, 500, 720, 318, 90, Rgb([16, 16, 18]));
    write(picture, 524, 746, 5, Rgb([250, 250, 250]), shot.plate);
    for wheel in [180, 940] {
        fill(picture, wheel, 720, 170, 150, Rgb([24, 24, 24]));
    }
    write(picture, 420, 420, 6, Rgb([245, 245, 240]), shot.container);
}

fn draw_device(picture: &mut RgbImage, x: u32, y: u32, size: u32, shot: &Shot) {
    let rope = if shot.open { 40 * size } else { 4 * size };
    fill(
        picture,
        x + 20 * size,
        y - 40 * size,
        6 * size,
        40 * size,
        Rgb([210, 180, 40]),
    );
    fill(
        picture,
        x + 150 * size + rope / 4,
        y - 40 * size + rope,
        6 * size,
        40 * size,
        Rgb([210, 180, 40]),
    );
    fill(
        picture,
        x + 20 * size,
        y - 44 * size,
        136 * size,
        6 * size,
        Rgb([210, 180, 40]),
    );
    fill(picture, x, y, 180 * size, 90 * size, Rgb([34, 36, 40]));
    fill(
        picture,
        x + 8 * size,
        y + 30 * size,
        164 * size,
        30 * size,
        Rgb([240, 240, 236]),
    );
    write(
        picture,
        x + 14 * size,
        y + 38 * size,
        2 * size,
        Rgb([10, 10, 10]),
        shot.seal_label,
    );
    let light = if shot.open {
        Rgb([220, 60, 50])
    } else {
        Rgb([60, 200, 90])
    };
    fill(picture, x + 84 * size, y + 70 * size, 12 * size, 8 * size, light);
}

fn draw_ribs(picture: &mut RgbImage, every: u32) {
    for x in (0..WIDTH).step_by(every as usize) {
        shade(picture, x, every / 3);
    }
}

fn shade(picture: &mut RgbImage, x: u32, width: u32) {
    for column in x..(x + width).min(WIDTH) {
        for row in 0..HEIGHT {
            picture[(column, row)]
                .0
                .iter_mut()
                .for_each(|value| *value = value.saturating_sub(18));
        }
    }
}

fn fill(picture: &mut RgbImage, x: u32, y: u32, width: u32, height: u32, colour: Rgb<u8>) {
    for row in y.min(HEIGHT)..(y.saturating_add(height)).min(HEIGHT) {
        for column in x.min(WIDTH)..(x.saturating_add(width)).min(WIDTH) {
            picture[(column, row)] = colour;
        }
    }
}

/// A sensor's noise: two photos of one thing are never the same file.
fn grain(picture: &mut RgbImage, seed: i64) {
    let mut state = (seed as u64) | 1;
    for pixel in picture.pixels_mut() {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let noise = (state >> 61) as u8;
        pixel
            .0
            .iter_mut()
            .for_each(|value| *value = value.saturating_add(noise));
    }
}

fn write(picture: &mut RgbImage, x: u32, y: u32, size: u32, colour: Rgb<u8>, text: &str) {
    for (place, letter) in (0..).zip(text.chars()) {
        let rows = glyph(letter.to_ascii_uppercase());
        for (row, bits) in (0..).zip(rows) {
            for column in (0..5).filter(|column| bits >> (4 - column) & 1 == 1) {
                fill(
                    picture,
                    x + (place * 6 + column) * size,
                    y + row * size,
                    size,
                    size,
                    colour,
                );
            }
        }
    }
}

/// Five by seven dots for what stands on containers, plates and seals.
fn glyph(letter: char) -> [u8; 7] {
    match letter {
        '0' => [14, 17, 19, 21, 25, 17, 14],
        '1' => [4, 12, 4, 4, 4, 4, 14],
        '2' => [14, 17, 1, 2, 4, 8, 31],
        '3' => [31, 2, 4, 2, 1, 17, 14],
        '4' => [2, 6, 10, 18, 31, 2, 2],
        '5' => [31, 16, 30, 1, 1, 17, 14],
        '6' => [6, 8, 16, 30, 17, 17, 14],
        '7' => [31, 1, 2, 4, 8, 8, 8],
        '8' => [14, 17, 17, 14, 17, 17, 14],
        '9' => [14, 17, 17, 15, 1, 2, 12],
        'A' => [14, 17, 17, 31, 17, 17, 17],
        'B' => [30, 17, 17, 30, 17, 17, 30],
        'C' => [14, 17, 16, 16, 16, 17, 14],
        'D' => [28, 18, 17, 17, 17, 18, 28],
        'E' => [31, 16, 16, 30, 16, 16, 31],
        'F' => [31, 16, 16, 30, 16, 16, 16],
        'G' => [14, 17, 16, 23, 17, 17, 15],
        'H' => [17, 17, 17, 31, 17, 17, 17],
        'I' => [14, 4, 4, 4, 4, 4, 14],
        'J' => [7, 2, 2, 2, 2, 18, 12],
        'K' => [17, 18, 20, 24, 20, 18, 17],
        'L' => [16, 16, 16, 16, 16, 16, 31],
        'M' => [17, 27, 21, 21, 17, 17, 17],
        'N' => [17, 17, 25, 21, 19, 17, 17],
        'O' => [14, 17, 17, 17, 17, 17, 14],
        'P' => [30, 17, 17, 30, 16, 16, 16],
        'Q' => [14, 17, 17, 17, 21, 18, 13],
        'R' => [30, 17, 17, 30, 20, 18, 17],
        'S' => [15, 16, 16, 14, 1, 1, 30],
        'T' => [31, 4, 4, 4, 4, 4, 4],
        'U' => [17, 17, 17, 17, 17, 17, 14],
        'V' => [17, 17, 17, 17, 17, 10, 4],
        'W' => [17, 17, 17, 21, 21, 21, 10],
        'X' => [17, 17, 10, 4, 10, 17, 17],
        'Y' => [17, 17, 17, 10, 4, 4, 4],
        'Z' => [31, 1, 2, 4, 8, 16, 31],
        '-' => [0, 0, 0, 31, 0, 0, 0],
        _ => [0; 7],
    }
}

/// Puts an APP1 segment with EXIF behind the start of image (TIFF, little endian).
fn with_exif(jpeg: &[u8], shot: &Shot) -> Vec<u8> {
    let exif = exif(shot);
    let mut whole = Vec::with_capacity(jpeg.len() + exif.len() + 4);
    whole.extend(&jpeg[..2]);
    whole.extend([0xff, 0xe1]);
    whole.extend((exif.len() as u16 + 2).to_be_bytes());
    whole.extend(exif);
    whole.extend(&jpeg[2..]);
    whole
}

/// A field of a TIFF directory: tag, type, count and the bytes of its value.
struct Field(u16, u16, u32, Vec<u8>);

fn exif(shot: &Shot) -> Vec<u8> {
    const ASCII: u16 = 2;
    const LONG: u16 = 4;
    const RATIONAL: u16 = 5;
    let local = jiff::Timestamp::from_second(shot.unix_s + 7 * 3600).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let taken = format!("{}\0", local.strftime("%Y:%m:%d %H:%M:%S"));
    let camera = vec![
        Field(0x9003, ASCII, 20, taken.into_bytes()),
        Field(0x9011, ASCII, 7, b"+07:00\0".to_vec()),
    ];
    let north = if shot.place.lat < 0.0 { b"S\0" } else { b"N\0" };
    let east = if shot.place.lon < 0.0 { b"W\0" } else { b"E\0" };
    let place = vec![
        Field(1, ASCII, 2, north.to_vec()),
        Field(2, RATIONAL, 3, sexagesimal(shot.place.lat)),
        Field(3, ASCII, 2, east.to_vec()),
        Field(4, RATIONAL, 3, sexagesimal(shot.place.lon)),
    ];
    let pointer = |tag: u16, offset: u32| Field(tag, LONG, 1, offset.to_le_bytes().to_vec());
    // The main directory holds a maker and two pointers: its length is known before its neighbours are placed.
    let make = || Field(0x010f, ASCII, 10, b"Segel sim\0".to_vec());
    let main_length = directory(&[make(), pointer(0x8769, 0), pointer(0x8825, 0)], 8).len() as u32;
    let camera_at = 8 + main_length;
    let camera_bytes = directory(&camera, camera_at);
    let place_at = camera_at + camera_bytes.len() as u32;
    let main = directory(
        &[make(), pointer(0x8769, camera_at), pointer(0x8825, place_at)],
        8,
    );
    let header = *b"Exif\0\0II*\0\x08\0\0\0";
    [header.to_vec(), main, camera_bytes, directory(&place, place_at)].concat()
}

/// A directory that will stand at `offset`, with the values that do not fit in four bytes behind it.
fn directory(fields: &[Field], offset: u32) -> Vec<u8> {
    let mut values_at = offset + 2 + 12 * fields.len() as u32 + 4;
    let mut table = (fields.len() as u16).to_le_bytes().to_vec();
    let mut values = Vec::<u8>::new();
    for Field(tag, kind, count, bytes) in fields {
        table.extend(tag.to_le_bytes());
        table.extend(kind.to_le_bytes());
        table.extend(count.to_le_bytes());
        if bytes.len() <= 4 {
            let mut inline = bytes.clone();
            inline.resize(4, 0);
            table.extend(inline);
        } else {
            table.extend(values_at.to_le_bytes());
            values.extend(bytes);
            values_at += bytes.len() as u32;
        }
    }
    table.extend([0; 4]);
    table.extend(values);
    table
}

/// Degrees, minutes and hundredths of seconds as three fractions.
fn sexagesimal(degrees: f64) -> Vec<u8> {
    let hundredths = (degrees.abs() * 360_000.0).round() as u32;
    let parts = [
        (hundredths / 360_000, 1),
        (hundredths / 6_000 % 60, 1),
        (hundredths % 6_000, 100_u32),
    ];
    parts
        .iter()
        .flat_map(|(above, below)| [above.to_le_bytes(), below.to_le_bytes()].concat())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shot() -> Shot<'static> {
        Shot {
            scene: Scene::Door,
            container: "CSQU3054383",
            seal_label: "JT701-098231",
            plate: "H 1234 AB",
            unix_s: 1_764_000_000,
            place: Position {
                lat: -6.938889,
                lon: 110.423889,
            },
            open: false,
        }
    }

    #[test]
    fn every_scene_is_a_picture() {
        for scene in [Scene::Door, Scene::Seal, Scene::Rods, Scene::Truck] {
            let jpeg = take(&Shot { scene, ..shot() }).expect("drawn");
            let picture = image::load_from_memory(&jpeg).expect("a JPEG");
            assert_eq!((picture.width(), picture.height()), (WIDTH, HEIGHT), "{scene:?}");
        }
    }

    #[test]
    fn two_photos_of_one_thing_differ() {
        let later = Shot {
            unix_s: 1_764_000_001,
            ..shot()
        };
        assert_ne!(take(&shot()).expect("drawn"), take(&later).expect("drawn"));
    }

    /// 6 degrees 56 minutes 20.00 seconds south, 23:00 in Semarang.
    #[test]
    fn the_exif_says_when_and_where() {
        let jpeg = take(&shot()).expect("drawn");
        let text = String::from_utf8_lossy(&jpeg[..300]);
        assert!(text.contains("2025:11:24 23:00:00"), "{text}");
        let latitude: Vec<u8> = [6_u32, 1, 56, 1, 2000, 100]
            .iter()
            .flat_map(|part| part.to_le_bytes())
            .collect();
        assert!(jpeg.windows(latitude.len()).any(|window| window == latitude));
    }
}
