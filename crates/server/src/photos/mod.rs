//! Photos as files from strangers: what they are by their bytes, what their camera says, a small copy to show.
//!
//! The original is never altered. Whatever is looked at here may be hostile: every look has a limit in bytes, pixels,
//! memory and time, and none of them can fail for a photo that is only odd.

pub mod exif;
pub mod preview;
pub mod sniff;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use exif::CameraFacts;
use sniff::Picture;

/// Photos looked at at once: each may take a core and 256 MiB.
pub const LOOKS_AT_ONCE: usize = 2;
/// Photos that may wait for their turn with all their bytes in memory; more are told to come back.
pub const LOOKS_WAITING: usize = 14;
/// The longest a look may take; a large photo takes half a second.
pub const LOOK_LIMIT: Duration = Duration::from_secs(20);

/// A photo that was looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Looked {
    /// What it is.
    pub picture: Picture,
    /// What its camera says.
    pub camera: CameraFacts,
    /// The small copy, as JPEG; nothing where it is kept without one.
    pub copy: Option<Vec<u8>>,
}

/// Why a file is not taken as a photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unusable {
    /// Its bytes are of no kind we take.
    NoPicture,
    /// It begins like a picture and does not go on like one.
    Damaged,
    /// It says it is larger than a phone's photo can be.
    TooManyPixels,
    /// It could not be looked at in time.
    TooSlow,
    /// Too many others wait.
    Crowded,
}

/// Looks at a photo, on the thread that calls.
///
/// # Errors
/// Where it is not taken.
pub fn look(bytes: &[u8], office_utc_offset_h: u8) -> Result<Looked, Unusable> {
    let picture = sniff::picture(bytes).ok_or(Unusable::NoPicture)?;
    let camera = exif::read(bytes, office_utc_offset_h);
    let copy = preview::make(bytes, picture, camera.orientation)?;
    Ok(Looked {
        picture,
        camera,
        copy,
    })
}

/// Where photos are looked at, few at a time.
#[derive(Clone)]
pub struct Desk {
    turns: Arc<Semaphore>,
    places: Arc<Semaphore>,
}

impl Default for Desk {
    fn default() -> Self {
        Self {
            turns: Arc::new(Semaphore::new(LOOKS_AT_ONCE)),
            places: Arc::new(Semaphore::new(LOOKS_AT_ONCE + LOOKS_WAITING)),
        }
    }
}

impl Desk {
    /// How many are at it or wait for their turn, and how many may.
    pub fn waiting(&self) -> (usize, usize) {
        let places = LOOKS_AT_ONCE + LOOKS_WAITING;
        (places - self.places.available_permits(), places)
    }

    /// Looks at a photo in turn. A look that takes too long is given up; it keeps its turn until it ends, so that slow
    /// photos never take more than their share. A decoder that panics has met a damaged photo.
    pub async fn look(&self, bytes: Arc<Vec<u8>>, office_utc_offset_h: u8) -> Result<Looked, Unusable> {
        self.in_turn(move || look(&bytes, office_utc_offset_h)).await
    }

    async fn in_turn(
        &self,
        work: impl FnOnce() -> Result<Looked, Unusable> + Send + 'static,
    ) -> Result<Looked, Unusable> {
        let place = Arc::clone(&self.places)
            .try_acquire_owned()
            .map_err(|_| Unusable::Crowded)?;
        let turn = Arc::clone(&self.turns)
            .acquire_owned()
            .await
            .map_err(|_| Unusable::Crowded)?;
        let looking = tokio::task::spawn_blocking(move || {
            let looked = work();
            drop((turn, place));
            looked
        });
        match tokio::time::timeout(LOOK_LIMIT, looking).await {
            Ok(Ok(looked)) => looked,
            Ok(Err(_panicked)) => Err(Unusable::Damaged),
            Err(_) => Err(Unusable::TooSlow),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_decoder_that_panics_has_met_a_damaged_photo_and_the_desk_goes_on() {
        let desk = Desk::default();
        for _ in 0..LOOKS_AT_ONCE + 1 {
            assert_eq!(
                desk.in_turn(|| panic!("a decoder's bug")).await,
                Err(Unusable::Damaged)
            );
        }
        let nothing = desk.look(Arc::new(b"no picture".to_vec()), 7).await;
        assert_eq!(nothing, Err(Unusable::NoPicture));
    }

    #[tokio::test]
    async fn who_comes_when_all_places_are_taken_is_told_so() {
        let desk = Desk::default();
        let places = Arc::clone(&desk.places);
        let all = (LOOKS_AT_ONCE + LOOKS_WAITING) as u32;
        let _taken = places.acquire_many(all).await.expect("open");
        assert_eq!(desk.look(Arc::default(), 7).await, Err(Unusable::Crowded));
    }
}
