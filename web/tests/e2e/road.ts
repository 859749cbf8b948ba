// A short road between two yards, as a planner would draw it.
import type { Place } from './seal';

/** Where the container is sealed. */
export const ORIGIN: Place = { lat: -6.948, lon: 110.424 };
/** Where it is opened, 770 m to the east. */
export const DESTINATION: Place = { lat: -6.948, lon: 110.431 };
const YARD_RADIUS_M = 120;

/** The drawing, as a file to be picked. */
export function routeFile(name: string) {
  const yard = (role: string, title: string, code: string, at: Place) => ({
    type: 'Feature',
    properties: { role, name: title, code, radius_m: YARD_RADIUS_M },
    geometry: { type: 'Point', coordinates: [at.lon, at.lat] },
  });
  const line = {
    type: 'Feature',
    properties: { name, half_width_m: 100, interval_s: 10, transit_time_s: 90 },
    geometry: { type: 'LineString', coordinates: [ORIGIN, DESTINATION].map(({ lat, lon }) => [lon, lat]) },
  };
  const features = [line, yard('origin', 'TPKS', 'TPKS', ORIGIN), yard('destination', 'Gudang', 'GUDANG', DESTINATION)];
  const text = JSON.stringify({ type: 'FeatureCollection', features });
  return { name: 'rute.geojson', mimeType: 'application/geo+json', buffer: Buffer.from(text) };
}
