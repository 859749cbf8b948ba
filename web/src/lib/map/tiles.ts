// The operator's own basemap: one PMTiles file on a disk or server of theirs, vector (OpenMapTiles or Protomaps names) or raster.
import type { LayerSpecification, StyleSpecification } from 'maplibre-gl';
import { PMTiles, TileType } from 'pmtiles';
import type { Palette } from './palette';

/** A style drawn from the file. Layers the file does not have draw nothing. */
export async function tileGround(url: string, palette: Palette): Promise<StyleSpecification> {
  const header = await new PMTiles(new URL(url, location.href).href).getHeader();
  const vector = header.tileType === TileType.Mvt;
  const source = `pmtiles://${new URL(url, location.href).href}`;
  return {
    version: 8,
    sources: { tiles: vector ? { type: 'vector', url: source } : { type: 'raster', url: source, tileSize: 256 } },
    layers: [
      { id: 'sea', type: 'background', paint: { 'background-color': vector ? palette.land : palette.sea } },
      ...(vector
        ? vectorLayers(palette)
        : [{ id: 'tiles', type: 'raster', source: 'tiles' } satisfies LayerSpecification]),
    ],
  };
}

function vectorLayers(palette: Palette): LayerSpecification[] {
  const line = (id: string, layer: string): LayerSpecification => ({
    id,
    type: 'line',
    source: 'tiles',
    'source-layer': layer,
    layout: { 'line-join': 'round', 'line-cap': 'round' },
    paint: { 'line-color': palette.road, 'line-width': ['interpolate', ['exponential', 1.6], ['zoom'], 8, 0.6, 15, 6] },
  });
  const label = (id: string, layer: string): LayerSpecification => ({
    id,
    type: 'symbol',
    source: 'tiles',
    'source-layer': layer,
    layout: {
      'text-field': ['coalesce', ['get', 'name:id'], ['get', 'name']],
      'text-font': ['sans-serif'],
      'text-size': 12,
    },
    paint: { 'text-color': palette.label, 'text-halo-color': palette.halo, 'text-halo-width': 1.6 },
  });
  return [
    { id: 'earth', type: 'fill', source: 'tiles', 'source-layer': 'earth', paint: { 'fill-color': palette.land } },
    { id: 'water', type: 'fill', source: 'tiles', 'source-layer': 'water', paint: { 'fill-color': palette.sea } },
    line('roads', 'roads'),
    line('transportation', 'transportation'),
    label('places', 'places'),
    label('place', 'place'),
  ];
}
