//! A small upright copy of a photo, to show. It can be made again from the original at any time, so it is a cache.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageFormat, ImageReader, Limits};

use super::Unusable;
use super::sniff::Picture;

/// The longer side of a copy: sharp on a phone, some 200 kB.
pub const SIDE_MAX: u32 = 1280;
/// The most pixels of an original: what phones take, and 150 MB once decoded.
pub const PIXELS_MAX: u64 = 50_000_000;
/// The longest side of an original: no camera has more, and decoders keep rows.
pub const ORIGINAL_SIDE_MAX: u32 = 16_384;
/// The most memory a decoder may take.
pub const DECODER_MAX_BYTES: u64 = 256 << 20;
/// Of the copy: artefacts that nobody sees on a phone.
const QUALITY: u8 = 80;

/// The copy as JPEG; nothing where the picture is of a kind we keep but cannot decode.
///
/// # Errors
/// Where the picture is too large to decode, or damaged.
pub fn make(bytes: &[u8], picture: Picture, orientation: u8) -> Result<Option<Vec<u8>>, Unusable> {
    let format = match picture {
        Picture::Jpeg => ImageFormat::Jpeg,
        Picture::Png => ImageFormat::Png,
        Picture::WebP => ImageFormat::WebP,
        Picture::Heic => return Ok(None),
    };
    check_size(bytes, format)?;
    let decoded = decode(bytes, format)?;
    let small = if SIDE_MAX < decoded.width().max(decoded.height()) {
        decoded.thumbnail(SIDE_MAX, SIDE_MAX)
    } else {
        decoded
    };
    encode(&upright(small, orientation)).map(Some)
}

/// Looks at the header before anything is decoded.
fn check_size(bytes: &[u8], format: ImageFormat) -> Result<(), Unusable> {
    let size = ImageReader::with_format(Cursor::new(bytes), format).into_dimensions();
    let (width, height) = size.map_err(|_| Unusable::Damaged)?;
    let pixels = u64::from(width) * u64::from(height);
    let fits = pixels <= PIXELS_MAX && width.max(height) <= ORIGINAL_SIDE_MAX;
    if pixels == 0 {
        return Err(Unusable::Damaged);
    }
    fits.then_some(()).ok_or(Unusable::TooManyPixels)
}

fn decode(bytes: &[u8], format: ImageFormat) -> Result<DynamicImage, Unusable> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(ORIGINAL_SIDE_MAX);
    limits.max_image_height = Some(ORIGINAL_SIDE_MAX);
    limits.max_alloc = Some(DECODER_MAX_BYTES);
    reader.limits(limits);
    reader.decode().map_err(|failure| match failure {
        image::ImageError::Limits(_) => Unusable::TooManyPixels,
        _ => Unusable::Damaged,
    })
}

/// Turns a picture as EXIF counts.
fn upright(picture: DynamicImage, orientation: u8) -> DynamicImage {
    match orientation {
        2 => picture.fliph(),
        3 => picture.rotate180(),
        4 => picture.flipv(),
        5 => picture.rotate90().fliph(),
        6 => picture.rotate90(),
        7 => picture.rotate270().fliph(),
        8 => picture.rotate270(),
        _ => picture,
    }
}

fn encode(picture: &DynamicImage) -> Result<Vec<u8>, Unusable> {
    let mut jpeg = Vec::new();
    let colours = picture.to_rgb8();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY)
        .encode_image(&colours)
        .map_err(|_| Unusable::Damaged)?;
    Ok(jpeg)
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage};

    use super::*;

    const RED: Rgb<u8> = Rgb([200, 20, 20]);
    const BLUE: Rgb<u8> = Rgb([20, 20, 200]);

    /// Left half red, right half blue.
    fn png(width: u32, height: u32) -> Vec<u8> {
        let picture = RgbImage::from_fn(width, height, |x, _| if x < width / 2 { RED } else { BLUE });
        let mut bytes = Cursor::new(Vec::new());
        picture
            .write_to(&mut bytes, ImageFormat::Png)
            .expect("writing to memory");
        bytes.into_inner()
    }

    fn copy(bytes: &[u8], orientation: u8) -> DynamicImage {
        let copy = make(bytes, Picture::Png, orientation)
            .expect("a picture")
            .expect("a copy");
        image::load_from_memory_with_format(&copy, ImageFormat::Jpeg).expect("a JPEG")
    }

    #[test]
    fn a_large_picture_is_made_small_and_a_small_one_is_left_as_it_is() {
        let large = copy(&png(2000, 1000), 1);
        assert_eq!((large.width(), large.height()), (1280, 640));
        let small = copy(&png(100, 60), 1);
        assert_eq!((small.width(), small.height()), (100, 60));
    }

    #[test]
    fn a_picture_taken_with_the_phone_on_its_side_is_turned_upright() {
        let turned = copy(&png(100, 60), 6).to_rgb8();
        assert_eq!((turned.width(), turned.height()), (60, 100));
        let (top, bottom) = (turned.get_pixel(30, 10), turned.get_pixel(30, 90));
        assert!(150 < top[0] && top[2] < 100, "red is on top: {top:?}");
        assert!(bottom[0] < 100 && 150 < bottom[2], "blue is below: {bottom:?}");
    }

    #[test]
    fn a_bomb_is_refused_by_its_header() {
        let mut bomb = png(1, 1);
        bomb[16..24].copy_from_slice(&[0, 0, 0xc3, 0x50, 0, 0, 0xc3, 0x50]); // 50,000 by 50,000
        let checked = crc(&bomb[12..29]);
        bomb[29..33].copy_from_slice(&checked.to_be_bytes());
        assert_eq!(make(&bomb, Picture::Png, 1), Err(Unusable::TooManyPixels));
    }

    #[test]
    fn what_only_begins_like_a_picture_is_damaged_and_heic_has_no_copy() {
        assert_eq!(
            make(b"\xff\xd8\xff\xe0 hello", Picture::Jpeg, 1),
            Err(Unusable::Damaged)
        );
        assert_eq!(make(&png(10, 10)[..40], Picture::Png, 1), Err(Unusable::Damaged));
        assert_eq!(make(b"anything", Picture::Heic, 1), Ok(None));
    }

    /// The checksum of PNG chunks.
    fn crc(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0_u32, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
                (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
            })
        })
    }
}
