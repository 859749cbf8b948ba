// Where the phone is, if it says so soon enough: a place is good evidence, but nobody waits in the rain for it.
import type { Api } from '../api/client';

const PATIENCE_MS = 6000;
/** An older place may be the last gate. */
const OLDEST_MS = 60_000;

/** The phone's place; nothing where it does not know or may not say. */
export function here(): Promise<Api['Position'] | null> {
  return new Promise((done) => {
    if (!navigator.geolocation) return done(null);
    setTimeout(() => done(null), PATIENCE_MS + 500);
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => done({ lat: coords.latitude, lon: coords.longitude }),
      () => done(null),
      { enableHighAccuracy: true, timeout: PATIENCE_MS, maximumAge: OLDEST_MS },
    );
  });
}
