// A made-up moment for the development page: a few trips on the sketch's own roads, some of them in trouble.
import type { Feature, FeatureCollection, LineString } from 'geojson';
import sketch_text from '../../fixtures/places/java_sketch.geojson?raw';
import { along, bearing, type Place } from '../src/lib/geo/geo';
import type { AlarmView, ObligationView, PlanView, TripView } from '../src/lib/view/view';

const MINUTE_MS = 60_000;
const sketch = JSON.parse(sketch_text) as FeatureCollection;
const now = Date.now();

/** The drawn line of some ways, one after the other, each as it is stored. */
function way(...names: string[]): Place[] {
  return names.flatMap((name) =>
    sketch.features
      .filter(
        (feature): feature is Feature<LineString> =>
          feature.geometry.type === 'LineString' && feature.properties?.['road'] === name,
      )
      .flatMap((feature) => feature.geometry.coordinates.map((at): Place => [at[0] ?? 0, at[1] ?? 0])),
  );
}

const lines: readonly Place[][] = [
  [...way('coaster').reverse(), ...way('yos_sudarso').reverse().slice(40), ...way('siliwangi'), ...way('walisongo')],
  way('pantura_kendal'),
  [...way('kaligawe_raya'), ...way('pantura_timur')],
  way('cakung_cilincing'),
  way('tol_cibitung_cilincing').reverse(),
  way('tol_semarang_c'),
];
const names = [
  ['TEMU6079348', 'JT701-098231', 'H 1837 QA', 'TPKS Semarang', 'KI Wijayakusuma', 'in_transit', 0.42, 46, 'S1'],
  [
    'CSQU3054383',
    'JT701-098244',
    'H 9024 BL',
    'TPKS Semarang',
    'Kawasan Industri Kendal',
    'in_transit',
    0.55,
    61,
    null,
  ],
  ['HLXU2008419', 'JT701-098250', 'H 1190 ZK', 'TPKS Semarang', 'Kawasan Berikat Sayung', 'in_transit', 0.7, 0, 'S3'],
  ['SUDU3070079', 'JT701-098102', 'B 9471 UEK', 'JICT Tanjung Priok', 'TPS Cilincing', 'arrived', 0.2, 0, null],
  ['FTAU1136748', 'JT701-098117', 'B 9032 TXT', 'TPK Koja', 'Cikarang Dry Port', 'in_transit', 0.6, 72, 'S2'],
  ['TRHU1750130', 'JT701-098261', 'H 8852 MN', 'TPKS Semarang', 'TPS Genuk', 'installed', 0.3, 0, null],
] as const;

export const trips: TripView[] = names.map(
  ([container, seal_label, plate, from, to, state, progress, speed_kmh, worst], index) => {
    const line = lines[index] ?? [];
    const place = along(line, progress);
    const next = along(line, progress + 0.01);
    return {
      id: String(index + 1),
      container,
      seal: String(index + 1),
      seal_label,
      plate,
      from,
      to,
      state,
      stage:
        state === 'installed' ? 'sealing' : state === 'arrived' ? 'arriving' : worst === 'S1' ? 'problem' : 'under_way',
      mode: 'sealed',
      route: String(index + 1),
      place,
      at_ms: now - (index === 2 ? 14 : 0.4) * MINUTE_MS,
      speed_kmh,
      course_deg: place && next ? bearing(place, next) : null,
      battery_percent: 91 - index * 7,
      locked: index === 0 ? false : true,
      progress,
      interval_s: 60,
      worst,
    };
  },
);

export const plans: PlanView[] = trips.map((trip, index) => ({
  trip: trip.id,
  line: lines[index] ?? [],
  half_widths_m: [index === 4 ? 400 : 250],
  areas: [],
}));

const alarm = (
  id: string,
  code: string,
  severity: AlarmView['severity'],
  trip: number,
  minutes: number,
  why: AlarmView['why'],
  more: Partial<AlarmView> = {},
): AlarmView => ({
  id,
  code,
  severity,
  stage: 'raised',
  trip: String(trip),
  container: trips[trip - 1]?.container ?? null,
  seal_label: trips[trip - 1]?.seal_label ?? null,
  why,
  at_ms: now - minutes * MINUTE_MS,
  raised_ms: now - minutes * MINUTE_MS,
  place: trips[trip - 1]?.place ?? null,
  known_late: false,
  unsupported: false,
  recovered: false,
  due: {
    kind: 'acknowledge',
    started_ms: now - minutes * MINUTE_MS,
    due_ms: now + (severity === 'S1' ? 0.2 : 3) * MINUTE_MS,
  },
  ...more,
});

export const alarms: AlarmView[] = [
  alarm('11', 'A01', 'S1', 1, 0.8, {
    id: 'Tali segel terpotong saat bergerak, 46 km/jam, dekat km 6,2 Arteri Yos Sudarso.',
    en: 'The seal’s rope was cut while moving at 46 km/h, near km 6.2 of Arteri Yos Sudarso.',
  }),
  alarm(
    '12',
    'A08',
    'S2',
    5,
    6,
    {
      id: '412 m di luar koridor selama 3 mnt 10 dtk, dekat km 17,2.',
      en: '412 m outside the corridor for 3 min 10 s, near km 17.2.',
    },
    { stage: 'acknowledged', due: { kind: 'act', started_ms: now - 6 * MINUTE_MS, due_ms: now + 9 * MINUTE_MS } },
  ),
  alarm(
    '13',
    'A11',
    'S3',
    3,
    19,
    {
      id: 'Tidak bergerak 19 menit di luar tempat berhenti yang diizinkan.',
      en: 'Has not moved for 19 minutes outside the allowed stops.',
    },
    { known_late: true, due: { kind: 'acknowledge', started_ms: now - 19 * MINUTE_MS, due_ms: now - 9 * MINUTE_MS } },
  ),
];

export const obligations: ObligationView[] = [
  {
    id: 'o1',
    clock: 'install_photos',
    trip: '6',
    container: 'TRHU1750130',
    started_ms: now - 8.2 * MINUTE_MS,
    due_ms: now + 1.8 * MINUTE_MS,
  },
  {
    id: 'o2',
    clock: 'removal',
    trip: '4',
    container: 'SUDU3070079',
    started_ms: now - 1 * MINUTE_MS,
    due_ms: now + 4 * MINUTE_MS,
  },
];
