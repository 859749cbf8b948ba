// The shared sketch map: the simulator drives on its roads, so its promises are checked where it is drawn.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Feature, FeatureCollection, LineString, Polygon } from 'geojson';
import { describe, expect, test } from 'vitest';
import { distanceM, type Place } from '../src/lib/geo/geo';

const folder = fileURLToPath(new URL('../../fixtures/places/', import.meta.url));
const text = readFileSync(join(folder, 'java_sketch.geojson'), 'utf8');
const sketch = JSON.parse(text) as FeatureCollection;
const of = (...kinds: string[]) =>
  sketch.features.filter((feature) => kinds.includes(String(feature.properties?.['kind'])));
const roads = of('road', 'toll') as Feature<LineString>[];
const ends = (road: Feature<LineString>) =>
  [road.geometry.coordinates[0], road.geometry.coordinates.at(-1)].map(String);

describe('the sketch map', () => {
  test('is what its drawing program draws', () => {
    const target = join(mkdtempSync(join(tmpdir(), 'sketch-')), 'java_sketch.geojson');
    execFileSync(process.execPath, [join(folder, 'draw_java_sketch.mjs'), target]);
    expect(readFileSync(target, 'utf8')).toBe(text);
  });

  test('says that it is a sketch', () =>
    expect((sketch as unknown as { note: string }).note).toContain('Sketsa, bukan peta resmi'));

  test('names a junction by one place only, everywhere', () => {
    const places = new Map<string, string>();
    for (const road of roads) {
      const names = [road.properties?.['from'], road.properties?.['to']].map(String);
      ends(road).forEach((at, index) => {
        const name = names[index] ?? '';
        expect(`${name} ${places.get(name) ?? at}`).toBe(`${name} ${at}`);
        places.set(name, at);
      });
    }
  });

  test('is two connected road networks: Central Java and Jakarta', () => {
    const next = new Map<string, string[]>();
    for (const road of roads) {
      const [a = '', b = ''] = ends(road);
      next.set(a, [...(next.get(a) ?? []), b]);
      next.set(b, [...(next.get(b) ?? []), a]);
    }
    const left = new Set(next.keys());
    let networks = 0;
    while (left.size > 0) {
      networks += 1;
      const open = [[...left][0] ?? ''];
      for (let at = open.pop(); at !== undefined; at = open.pop()) {
        if (left.delete(at)) open.push(...(next.get(at) ?? []));
      }
    }
    expect(networks).toBe(2);
  });

  test('has no jump: two points of a road are never further apart than 300 m', () => {
    for (const road of roads) {
      const line = road.geometry.coordinates.map((at): Place => [at[0] ?? 0, at[1] ?? 0]);
      const longest = Math.max(...line.slice(1).map((place, index) => distanceM(line[index] ?? place, place)));
      expect([road.properties?.['id'], longest < 300]).toEqual([road.properties?.['id'], true]);
    }
  });

  test('puts every gate on a junction of the roads', () => {
    const junctions = new Set(roads.flatMap(ends));
    const off = of('gate').filter(
      (gate) => gate.geometry.type === 'Point' && !junctions.has(String(gate.geometry.coordinates)),
    );
    expect(off).toEqual([]);
  });

  test('keeps TPKS Semarang inside its terminal', () => {
    const terminal = of('port').find((port) => port.properties?.['id'] === 'tpks') as Feature<Polygon>;
    const ring = terminal.geometry.coordinates[0] ?? [];
    const crossings = ring.slice(1).filter((b, index) => {
      const a = ring[index] ?? b;
      const [ax = 0, ay = 0] = a;
      const [bx = 0, by = 0] = b;
      return ay > -6.938889 !== by > -6.938889 && 110.423889 < ((bx - ax) * (-6.938889 - ay)) / (by - ay) + ax;
    });
    expect(crossings.length % 2).toBe(1);
  });
});
