// A plan as a drawing: the GeoJSON that the import understands, so that a plan is linted again after each change and can be
// carried away as a file. Pure.
import type { FeatureCollection, Feature } from 'geojson';
import type { Api } from '../api/client';
import type { Place } from '../geo/geo';

type Role = 'origin' | 'destination' | 'stop' | 'forbidden' | 'no_coverage';

/** A bare line as a drawing. */
export function drawingOfLine(line: readonly Place[]): FeatureCollection {
  return collection([lineFeature(line, {})]);
}

/** A whole plan as a drawing. */
export function drawingOf(plan: Api['RoutePlan']): FeatureCollection {
  const line = plan.points.map((point): Place => [point.lon, point.lat]);
  return collection([
    lineFeature(line, {
      name: plan.name,
      half_width_m: plan.half_widths_m[0],
      transit_time_s: plan.transit_time_s,
      interval_s: plan.interval_s,
    }),
    areaFeature('origin', plan.origin),
    areaFeature('destination', plan.destination),
    ...(plan.stops ?? []).map((area) => areaFeature('stop', area)),
    ...(plan.forbidden ?? []).map((area) => areaFeature('forbidden', area)),
    ...(plan.no_coverage ?? []).map((area) => areaFeature('no_coverage', area)),
  ]);
}

function collection(features: Feature[]): FeatureCollection {
  return { type: 'FeatureCollection', features };
}

function lineFeature(line: readonly Place[], properties: Record<string, unknown>): Feature {
  return { type: 'Feature', properties, geometry: { type: 'LineString', coordinates: line.map(([x, y]) => [x, y]) } };
}

function areaFeature(role: Role, area: Api['Area']): Feature {
  const properties = { role, name: area.name, ...(area.code ? { code: area.code } : {}) };
  if (area.shape.kind === 'circle') {
    const { centre, radius_m } = area.shape;
    return {
      type: 'Feature',
      properties: { ...properties, radius_m },
      geometry: { type: 'Point', coordinates: [centre.lon, centre.lat] },
    };
  }
  const ring = area.shape.points.map((point) => [point.lon, point.lat]);
  const [first] = ring;
  return {
    type: 'Feature',
    properties,
    geometry: { type: 'Polygon', coordinates: [first ? [...ring, first] : []] },
  };
}
