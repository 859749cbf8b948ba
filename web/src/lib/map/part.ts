// What every layer of the map is: an id, features made of data, and how they are painted. Parts know no map and no DOM,
// so that what is drawn can be tested; map.ts puts them on the map and repaints them when the light changes.
import type { FeatureCollection } from 'geojson';
import type { LayerSpecification } from 'maplibre-gl';
import type { Palette } from './palette';

/** A layer with a source; the source is the part's own. */
export type PartLayer = Extract<LayerSpecification, { source: string }>;

/** One part of the map, drawn from `Data`. */
export type Part<Data> = {
  readonly id: string;
  features(data: Data): FeatureCollection;
  layers(palette: Palette): readonly PartLayer[];
};

/** An empty drawing. */
export const NOTHING: FeatureCollection = { type: 'FeatureCollection', features: [] };
