// The one place that knows MapLibre: makes the map, puts the parts on it, repaints them, and says what was touched.
// It is loaded only when a screen shows a map.
import {
  addProtocol,
  AttributionControl,
  Map as MapLibre,
  setWorkerUrl,
  type GeoJSONSource,
  type LayerSpecification,
  type StyleSpecification,
} from 'maplibre-gl';
import 'maplibre-gl/dist/maplibre-gl.css';
import worker_url from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';
import type { Box, Place } from '../geo/geo';
import { alarms } from './alarms';
import { areas } from './areas';
import { ground, groundLayers } from './basemap';
import { corridors, STRIP } from './corridors';
import { fixes } from './fixes';
import { putMarks } from './marks';
import { DARK, LIGHT, type Palette } from './palette';
import { NOTHING, type Part } from './part';
import { seals } from './seals';
import { trail } from './trail';

setWorkerUrl(worker_url);

/** From the ground up: what moves lies above what stands. */
const PARTS = { areas, corridors, trail, fixes, alarms, seals } as const;
/** What lies on the ground must not cover its names, and the solid strip of a corridor not its roads. */
const UNDER_LABELS: ReadonlySet<string> = new Set([areas.id, corridors.id]);
const LABELS = ['road-names', 'places', 'place'];
const ROADS = ['roads-edge', 'roads', 'transportation'];
type Parts = typeof PARTS;
type DataOf<Name extends keyof Parts> = Parts[Name] extends Part<infer Data> ? Data : never;

/** A single seal is shown with the streets around it, not alone on its own. */
const NEAREST_FIT = 15;
/** The land the built-in coast covers; beyond it the map would end in nothing. */
const COAST: Box = [89, -13.5, 145, 13.5];

/** What the screen hears from the map. */
export type Ears = {
  /** A seal's mark was pressed. */
  seal: (id: string) => void;
  /** The person moved the map; the box now in view. */
  moved: (view: Box) => void;
  /** Everything in view is drawn, for the first time. */
  drawn: () => void;
  /** The map was pressed, wherever. */
  pressed?: (place: Place) => void;
};

/** A map on the page. */
export class TripMap {
  readonly #map: MapLibre;
  #palette: Palette;
  readonly #waiting = new Map<keyof Parts, () => void>();
  #ready = false;

  constructor(container: HTMLElement, view: Box, dark: boolean, label: string, ears: Ears) {
    this.#palette = dark ? DARK : LIGHT;
    this.#map = new MapLibre({
      container,
      style: ground(this.#palette),
      bounds: [view[0], view[1], view[2], view[3]],
      fitBoundsOptions: { padding: 40, maxZoom: NEAREST_FIT },
      maxBounds: [COAST[0], COAST[1], COAST[2], COAST[3]],
      minZoom: 4,
      maxZoom: 17,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      fadeDuration: 120,
      locale: { 'Map.Title': label },
    });
    this.#map.touchZoomRotate.disableRotation();
    this.#map.keyboard.disableRotation();
    this.#map.addControl(new AttributionControl({ compact: true }), 'bottom-left');
    this.#map.on('load', () => this.#begin());
    // Not `idle`: where seals move four times a second on a slow machine, a map is never idle.
    const look = () => {
      if (!this.#ready || !this.#map.areTilesLoaded()) return;
      this.#map.off('render', look);
      ears.drawn();
    };
    this.#map.on('render', look);
    this.#map.on('moveend', () => ears.moved(this.view()));
    this.#map.on('click', 'seals-mark', (event) => ears.seal(String(event.features?.[0]?.properties['id'])));
    this.#map.on('click', ({ lngLat }) => ears.pressed?.([lngLat.lng, lngLat.lat]));
    this.#map.on('mouseenter', 'seals-mark', () => (this.#map.getCanvas().style.cursor = 'pointer'));
    this.#map.on('mouseleave', 'seals-mark', () => (this.#map.getCanvas().style.cursor = ''));
  }

  /** The layer of the ground that covers this one, as far as the ground in use has it. */
  #above(part: string, layer: string): string | undefined {
    const covers = layer === STRIP ? ROADS : UNDER_LABELS.has(part) ? LABELS : [];
    return covers.find((each) => this.#map.getLayer(each));
  }

  #begin(): void {
    putMarks(this.#map, this.#palette);
    for (const part of Object.values(PARTS)) {
      this.#map.addSource(part.id, { type: 'geojson', data: NOTHING });
      for (const layer of part.layers(this.#palette)) this.#map.addLayer(layer, this.#above(part.id, layer.id));
    }
    this.#ready = true;
    for (const draw of this.#waiting.values()) draw();
    this.#waiting.clear();
  }

  /** Draws one part anew from its data. Before the map is ready the newest data waits. */
  draw<Name extends keyof Parts>(name: Name, data: DataOf<Name>): void {
    const part = PARTS[name] as unknown as Part<DataOf<Name>>;
    const draw = () => this.#map.getSource<GeoJSONSource>(name)?.setData(part.features(data));
    if (this.#ready) draw();
    else this.#waiting.set(name, draw);
  }

  /** Repaints everything for a light or a dark room, keeping what is drawn. */
  setDark(dark: boolean): void {
    this.#palette = dark ? DARK : LIGHT;
    if (!this.#ready) return;
    putMarks(this.#map, this.#palette);
    const parts: readonly Part<never>[] = Object.values(PARTS);
    for (const layer of [...groundLayers(this.#palette), ...parts.flatMap((part) => part.layers(this.#palette))])
      this.#repaint(layer);
  }

  #repaint(layer: LayerSpecification): void {
    if (!this.#map.getLayer(layer.id)) return;
    for (const [name, value] of Object.entries(layer.paint ?? {})) {
      this.#map.setPaintProperty(layer.id, name as never, value as never);
    }
  }

  /** What is in view. */
  view(): Box {
    const bounds = this.#map.getBounds();
    return [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
  }

  /** Shows a box. */
  fit(box: Box, padding = 48): void {
    this.#map.fitBounds([box[0], box[1], box[2], box[3]], { padding, maxZoom: 14, duration: motionMs() });
  }

  /** Brings a place into the middle, nearer if it is far. */
  showPlace(place: Place): void {
    this.#map.easeTo({ center: [place[0], place[1]], zoom: Math.max(this.#map.getZoom(), 12.5), duration: motionMs() });
  }

  zoomIn(): void {
    this.#map.zoomIn({ duration: motionMs() });
  }

  zoomOut(): void {
    this.#map.zoomOut({ duration: motionMs() });
  }

  /** Takes the map off the page and gives its memory back. */
  remove(): void {
    this.#map.remove();
  }

  /** Puts the operator's own tiles under everything, in place of the built-in ground. */
  async useTiles(url: string): Promise<void> {
    const [{ Protocol }, { tileGround }] = await Promise.all([import('pmtiles'), import('./tiles')]);
    addProtocol('pmtiles', new Protocol().tile);
    const style: StyleSpecification = await tileGround(url, this.#palette);
    this.#ready = false;
    this.#map.setStyle(style, { diff: false });
    this.#map.once('style.load', () => this.#begin());
  }
}

/** People who asked for less motion get none. */
function motionMs(): number {
  return matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : 450;
}
