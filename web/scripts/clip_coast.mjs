// Clips the world's land to South-East Asia and thins it, Java least, so that the map has a coast without any internet.
//
// Source: Natural Earth 1:10m land (public domain), in the form of the npm package world-atlas 2.0.2 (ISC).
//
//   node scripts/clip_coast.mjs          writes src/lib/map/data/coast.geojson
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { feature } from 'topojson-client';

const VIEW = { west: 88, south: -14, east: 146, north: 14 };
const JAVA = { west: 104.5, south: -9.2, east: 115.5, north: -5 };
const JAVA_TOLERANCE_DEGREES = 0.0008;
const FAR_TOLERANCE_DEGREES = 0.012;
/** Islands smaller than this are dropped, in square degrees: about 1 square kilometre near Java, 15 elsewhere. */
const JAVA_SMALLEST = 0.00008;
const FAR_SMALLEST = 0.0012;

const topology = JSON.parse(readFileSync(createRequire(import.meta.url).resolve('world-atlas/land-10m.json'), 'utf8'));
const land = feature(topology, topology.objects.land);

/** Cuts a ring by one side of a box (Sutherland and Hodgman). */
function cut(ring, inside, crossing) {
  const kept = [];
  ring.forEach((point, index) => {
    const before = ring[(index + ring.length - 1) % ring.length];
    if (inside(point) !== inside(before)) kept.push(crossing(before, point));
    if (inside(point)) kept.push(point);
  });
  return kept;
}

const atX = (x) => (a, b) => [x, a[1] + ((b[1] - a[1]) * (x - a[0])) / (b[0] - a[0])];
const atY = (y) => (a, b) => [a[0] + ((b[0] - a[0]) * (y - a[1])) / (b[1] - a[1]), y];

function clip(ring) {
  let rest = ring.slice(0, -1);
  rest = cut(rest, (p) => p[0] >= VIEW.west, atX(VIEW.west));
  rest = cut(rest, (p) => p[0] <= VIEW.east, atX(VIEW.east));
  rest = cut(rest, (p) => p[1] >= VIEW.south, atY(VIEW.south));
  return cut(rest, (p) => p[1] <= VIEW.north, atY(VIEW.north));
}

const nearJava = ([x, y]) => JAVA.west < x && x < JAVA.east && JAVA.south < y && y < JAVA.north;

function offset(point, a, b) {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const length = dx * dx + dy * dy;
  const t = length === 0 ? 0 : Math.max(0, Math.min(1, ((point[0] - a[0]) * dx + (point[1] - a[1]) * dy) / length));
  return Math.hypot(point[0] - a[0] - t * dx, point[1] - a[1] - t * dy);
}

/** Douglas and Peucker, with a finer tolerance near Java. */
function thin(line) {
  if (line.length < 3) return line;
  let far = 0;
  let worst = 0;
  for (let index = 1; index < line.length - 1; index += 1) {
    const tolerance = nearJava(line[index]) ? JAVA_TOLERANCE_DEGREES : FAR_TOLERANCE_DEGREES;
    const excess = offset(line[index], line[0], line[line.length - 1]) / tolerance;
    if (worst < excess) [worst, far] = [excess, index];
  }
  if (worst <= 1) return [line[0], line[line.length - 1]];
  return [...thin(line.slice(0, far + 1)), ...thin(line.slice(far)).slice(1)];
}

const area = (ring) =>
  Math.abs(
    ring.reduce((sum, [x, y], i) => sum + x * ring[(i + 1) % ring.length][1] - ring[(i + 1) % ring.length][0] * y, 0),
  ) / 2;
const round = ([x, y]) => [Math.round(x * 1e4) / 1e4, Math.round(y * 1e4) / 1e4];

const polygons = (land.features ?? [land]).flatMap(({ geometry }) =>
  geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates,
);
const kept = polygons.flatMap((rings) => {
  const clipped = rings.map(clip).filter((ring) => 3 <= ring.length);
  const [outer, ...holes] = clipped;
  if (!outer || area(outer) < (outer.some(nearJava) ? JAVA_SMALLEST : FAR_SMALLEST)) return [];
  const large = holes.filter((ring) => FAR_SMALLEST < area(ring));
  const rounded = [outer, ...large]
    .map((ring) => thin([...ring, ring[0]]).map(round))
    .filter((ring) => 4 <= ring.length);
  return rounded.length ? [rounded] : [];
});

const collection = {
  type: 'FeatureCollection',
  note: 'Natural Earth 1:10m land, public domain, clipped and thinned by scripts/clip_coast.mjs from world-atlas 2.0.2 (ISC)',
  features: [{ type: 'Feature', properties: { kind: 'land' }, geometry: { type: 'MultiPolygon', coordinates: kept } }],
};
const target = new URL('../src/lib/map/data/coast.geojson', import.meta.url);
writeFileSync(target, `${JSON.stringify(collection)}\n`);
console.log(`${kept.length} pieces, ${kept.flat(2).length} points`);
