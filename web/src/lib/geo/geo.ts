// Plain geometry for drawing: distances, boxes and circles in degrees. It only draws; what is inside or outside
// a corridor is judged by the server alone.

/** Longitude, latitude in degrees, as GeoJSON has them. */
export type Place = readonly [longitude: number, latitude: number];
/** West, south, east, north. */
export type Box = readonly [number, number, number, number];

const EARTH_RADIUS_M = 6_371_008.8;
const radians = (degrees: number) => (degrees * Math.PI) / 180;
const METRES_PER_DEGREE = radians(1) * EARTH_RADIUS_M;

/** Great-circle distance. */
export function distanceM(a: Place, b: Place): number {
  const half = (degrees: number) => Math.sin(radians(degrees) / 2) ** 2;
  const h = half(b[1] - a[1]) + Math.cos(radians(a[1])) * Math.cos(radians(b[1])) * half(b[0] - a[0]);
  return 2 * EARTH_RADIUS_M * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** Length of a line. */
export function lengthM(line: readonly Place[]): number {
  return line.slice(1).reduce((sum, place, index) => sum + distanceM(line[index] ?? place, place), 0);
}

/** Direction from a to b, degrees clockwise from north. */
export function bearing(a: Place, b: Place): number {
  const turn = radians(b[0] - a[0]);
  const y = Math.sin(turn) * Math.cos(radians(b[1]));
  const x =
    Math.cos(radians(a[1])) * Math.sin(radians(b[1])) -
    Math.sin(radians(a[1])) * Math.cos(radians(b[1])) * Math.cos(turn);
  return ((Math.atan2(y, x) * 180) / Math.PI + 360) % 360;
}

/** The smallest box around some places; nothing around none. */
export function boxOf(places: readonly Place[]): Box | null {
  const [first, ...rest] = places;
  if (!first) return null;
  return rest.reduce<Box>(
    ([west, south, east, north], [x, y]) => [
      Math.min(west, x),
      Math.min(south, y),
      Math.max(east, x),
      Math.max(north, y),
    ],
    [first[0], first[1], first[0], first[1]],
  );
}

/** Whether a place lies in a box. */
export function inBox([x, y]: Place, [west, south, east, north]: Box): boolean {
  return west <= x && x <= east && south <= y && y <= north;
}

/** The place `part` (0 to 1) of the way along a line. */
export function along(line: readonly Place[], part: number): Place | null {
  const [first] = line;
  if (!first) return null;
  let left_m = Math.max(0, Math.min(1, part)) * lengthM(line);
  for (let index = 1; index < line.length; index += 1) {
    const [a, b] = [line[index - 1] ?? first, line[index] ?? first];
    const step_m = distanceM(a, b);
    if (left_m <= step_m && 0 < step_m) return between(a, b, left_m / step_m);
    left_m -= step_m;
  }
  return line[line.length - 1] ?? null;
}

/** The place `part` of the way from a to b, straight on the map. */
export function between(a: Place, b: Place, part: number): Place {
  return [a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part];
}

/** Pixels that a metre fills at zoom 0, at a latitude, on a map of 512-pixel tiles; each zoom doubles it. */
export function pixelsPerMetre(latitude: number): number {
  return 512 / (2 * Math.PI * EARTH_RADIUS_M * Math.cos(radians(latitude)));
}

/** A circle as a closed ring. */
export function circle(centre: Place, radius_m: number, steps = 48): Place[] {
  const stretch = Math.cos(radians(centre[1]));
  const radius = radius_m / METRES_PER_DEGREE;
  return Array.from({ length: steps + 1 }, (_, step): Place => {
    const angle = (2 * Math.PI * (step % steps)) / steps;
    return [centre[0] + (Math.cos(angle) * radius) / stretch, centre[1] + Math.sin(angle) * radius];
  });
}
