// Distances as people say them: metres near by, kilometres far off.

/** `12 m`, `1.4 km`. */
export function distanceText(distance_m: number): string {
  if (distance_m < 1000) return `${Math.round(distance_m)} m`;
  return `${(distance_m / 1000).toFixed(1)} km`;
}
