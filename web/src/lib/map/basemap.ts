// The ground: the built-in coast and the sketch of Semarang and Priok, or the operator's own PMTiles in their place.
// Nothing here asks the internet: labels are drawn from the browser's own fonts, since the style names no glyph server.
import type { ExpressionSpecification, LayerSpecification, SourceSpecification, StyleSpecification } from 'maplibre-gl';
import sketch_url from '../../../../fixtures/places/java_sketch.geojson?url';
import coast_url from './data/coast.geojson?url';
import type { Palette } from './palette';

const FONT = ['sans-serif'];

/** The whole ground as a style. */
export function ground(palette: Palette): StyleSpecification {
  const sources: Record<string, SourceSpecification> = {
    coast: { type: 'geojson', data: coast_url, tolerance: 0.2 },
    sketch: { type: 'geojson', data: sketch_url, tolerance: 0.15 },
  };
  return { version: 8, sources, layers: groundLayers(palette) };
}

/** The layers of the ground, from the sea up to the labels. */
export function groundLayers(palette: Palette): LayerSpecification[] {
  return [...shore(palette), ...grounds(palette), ...roads(palette), ...labels(palette)];
}

function shore(palette: Palette): LayerSpecification[] {
  const of = (kind: string): ExpressionSpecification => ['==', ['get', 'kind'], kind];
  return [
    { id: 'sea', type: 'background', paint: { 'background-color': palette.sea } },
    {
      id: 'land',
      type: 'fill',
      source: 'coast',
      paint: { 'fill-color': palette.land, 'fill-outline-color': palette.land },
    },
    {
      id: 'land-edge',
      type: 'line',
      source: 'coast',
      maxzoom: 9.5,
      paint: { 'line-color': palette.land_edge, 'line-width': 0.8 },
    },
    { id: 'sketch-water', type: 'fill', source: 'sketch', filter: of('water'), paint: { 'fill-color': palette.sea } },
    { id: 'sketch-land', type: 'fill', source: 'sketch', filter: of('land'), paint: { 'fill-color': palette.land } },
    {
      id: 'mole',
      type: 'line',
      source: 'sketch',
      minzoom: 10,
      filter: of('mole'),
      layout: { 'line-cap': 'round' },
      paint: {
        'line-color': palette.land_edge,
        'line-width': ['interpolate', ['exponential', 1.6], ['zoom'], 10, 1, 15, 5],
      },
    },
  ];
}

function grounds(palette: Palette): LayerSpecification[] {
  const filter: ExpressionSpecification = ['in', ['get', 'kind'], ['literal', ['area', 'yard', 'port']]];
  return [
    {
      id: 'grounds',
      type: 'fill',
      source: 'sketch',
      minzoom: 9,
      filter,
      paint: { 'fill-color': ['match', ['get', 'kind'], 'area', palette.area, palette.port] },
    },
    {
      id: 'grounds-edge',
      type: 'line',
      source: 'sketch',
      minzoom: 11,
      filter,
      paint: { 'line-color': palette.area_edge, 'line-width': 1 },
    },
  ];
}

function roads(palette: Palette): LayerSpecification[] {
  const lines: ExpressionSpecification = ['in', ['get', 'kind'], ['literal', ['road', 'toll']]];
  // Small roads come in when the city is near.
  const filter: ExpressionSpecification = ['all', lines, ['any', ['<=', ['get', 'rank'], 2], ['>=', ['zoom'], 10]]];
  const width = (extra: number): ExpressionSpecification => [
    'interpolate',
    ['exponential', 1.5],
    ['zoom'],
    7,
    ['match', ['get', 'rank'], 1, 1.2 + extra / 4, 2, 0.8 + extra / 4, 0.3],
    11,
    ['match', ['get', 'rank'], 1, 3.2 + extra / 2, 2, 2.6 + extra / 2, 3, 1.6 + extra / 2, 0.9],
    15,
    ['match', ['get', 'rank'], 1, 12 + extra, 2, 10 + extra, 3, 7 + extra, 4 + extra],
  ];
  return [
    {
      id: 'roads-edge',
      type: 'line',
      source: 'sketch',
      filter,
      layout: { 'line-cap': 'round', 'line-join': 'round', 'line-sort-key': ['-', 0, ['get', 'rank']] },
      paint: {
        'line-color': ['match', ['get', 'kind'], 'toll', palette.toll_edge, palette.road_edge],
        'line-width': width(2.4),
      },
    },
    {
      id: 'roads',
      type: 'line',
      source: 'sketch',
      filter,
      layout: { 'line-cap': 'round', 'line-join': 'round', 'line-sort-key': ['-', 0, ['get', 'rank']] },
      paint: {
        'line-color': ['match', ['get', 'kind'], 'toll', palette.toll, palette.road],
        'line-width': width(0),
      },
    },
  ];
}

function labels(palette: Palette): LayerSpecification[] {
  return [
    {
      id: 'road-names',
      type: 'symbol',
      source: 'sketch',
      minzoom: 12,
      filter: ['all', ['in', ['get', 'kind'], ['literal', ['road', 'toll']]], ['<=', ['get', 'rank'], 3]],
      layout: {
        'symbol-placement': 'line',
        'text-field': ['get', 'name'],
        'text-font': FONT,
        'text-size': 10.5,
        'symbol-spacing': 420,
        'text-max-angle': 30,
      },
      paint: { 'text-color': palette.label_quiet, 'text-halo-color': palette.halo, 'text-halo-width': 1.6 },
    },
    {
      id: 'ground-names',
      type: 'symbol',
      source: 'sketch',
      minzoom: 11.5,
      filter: ['in', ['get', 'kind'], ['literal', ['area', 'yard', 'port']]],
      layout: { 'text-field': ['get', 'name'], 'text-font': FONT, 'text-size': 11, 'text-max-width': 9 },
      paint: { 'text-color': palette.label_quiet, 'text-halo-color': palette.halo, 'text-halo-width': 1.4 },
    },
    {
      id: 'gates',
      type: 'circle',
      source: 'sketch',
      minzoom: 12,
      filter: ['==', ['get', 'kind'], 'gate'],
      paint: {
        'circle-radius': 3.5,
        'circle-color': palette.halo,
        'circle-stroke-color': palette.label_quiet,
        'circle-stroke-width': 1.5,
      },
    },
    {
      id: 'gate-names',
      type: 'symbol',
      source: 'sketch',
      minzoom: 13,
      filter: ['==', ['get', 'kind'], 'gate'],
      layout: {
        'text-field': ['get', 'name'],
        'text-font': FONT,
        'text-size': 10.5,
        'text-anchor': 'left',
        'text-offset': [0.7, 0],
      },
      paint: { 'text-color': palette.label_quiet, 'text-halo-color': palette.halo, 'text-halo-width': 1.4 },
    },
    {
      id: 'places',
      type: 'symbol',
      source: 'sketch',
      filter: [
        'all',
        ['==', ['get', 'kind'], 'label'],
        [
          'any',
          ['<=', ['get', 'rank'], 1],
          ['all', ['==', ['get', 'rank'], 2], ['>=', ['zoom'], 8]],
          ['all', ['==', ['get', 'rank'], 5], ['>=', ['zoom'], 7.5]],
          ['all', ['==', ['get', 'rank'], 3], ['>=', ['zoom'], 10]],
          ['all', ['==', ['get', 'rank'], 4], ['>=', ['zoom'], 11.5]],
        ],
      ],
      layout: {
        'text-field': ['get', 'name'],
        'text-font': FONT,
        'text-size': ['match', ['get', 'rank'], 1, 14, 2, 13, 3, 12, 5, 12, 11],
        'text-letter-spacing': ['match', ['get', 'rank'], 1, 0.12, 5, 0.2, 0.01],
        'symbol-sort-key': ['get', 'rank'],
      },
      paint: {
        'text-color': [
          'match',
          ['get', 'rank'],
          5,
          palette.label_sea,
          1,
          palette.label,
          2,
          palette.label,
          palette.label_quiet,
        ],
        'text-halo-color': ['match', ['get', 'rank'], 5, palette.sea, palette.halo],
        'text-halo-width': 1.6,
      },
    },
  ];
}
