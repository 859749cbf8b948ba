// The map's colours, light and dark. The map cannot read CSS variables, so its few colours stand here.

/** What the layers paint with. */
export type Palette = {
  readonly sea: string;
  readonly land: string;
  readonly land_edge: string;
  readonly area: string;
  readonly area_edge: string;
  readonly port: string;
  readonly road: string;
  readonly road_edge: string;
  readonly toll: string;
  readonly toll_edge: string;
  readonly label: string;
  readonly label_quiet: string;
  readonly label_sea: string;
  readonly halo: string;
  readonly corridor: string;
  readonly corridor_chosen: string;
  readonly corridor_edge: string;
  readonly trail: string;
  readonly trail_gap: string;
  readonly forbidden: string;
  readonly moving: string;
  readonly stopped: string;
  readonly stale: string;
  readonly chosen: string;
  readonly alarm: Readonly<Record<'S1' | 'S2' | 'S3' | 'S4', string>>;
  readonly alarm_ink: Readonly<Record<'S1' | 'S2' | 'S3' | 'S4', string>>;
};

export const LIGHT: Palette = {
  sea: '#cddfe4',
  land: '#f4f3ee',
  land_edge: '#b4c3c4',
  area: '#e6e9e0',
  area_edge: '#a9b5a4',
  port: '#dde4e8',
  road: '#ffffff',
  road_edge: '#b3b7ae',
  toll: '#f6d58b',
  toll_edge: '#c79a3c',
  label: '#26363a',
  label_quiet: '#56686b',
  label_sea: '#5b8492',
  halo: '#f9f8f4',
  corridor: '#c5dad9',
  corridor_chosen: '#a0c6c8',
  corridor_edge: '#0b6472',
  trail: '#0a4a9c',
  trail_gap: '#8a4b00',
  forbidden: '#b3131d',
  moving: '#0b4f5a',
  stopped: '#46585d',
  stale: '#7d8d91',
  chosen: '#1257c9',
  alarm: { S1: '#b3131d', S2: '#b04a00', S3: '#f2c53d', S4: '#51646a' },
  alarm_ink: { S1: '#ffffff', S2: '#ffffff', S3: '#2b2100', S4: '#ffffff' },
};

export const DARK: Palette = {
  sea: '#0c171c',
  land: '#192429',
  land_edge: '#36484f',
  area: '#202d2e',
  area_edge: '#465a57',
  port: '#22313a',
  road: '#52656d',
  road_edge: '#10191d',
  toll: '#97762f',
  toll_edge: '#221b0c',
  label: '#dbe5e7',
  label_quiet: '#94a8ad',
  label_sea: '#4f7d8c',
  halo: '#131c20',
  corridor: '#214148',
  corridor_chosen: '#275960',
  corridor_edge: '#5fd0db',
  trail: '#7fb2ff',
  trail_gap: '#ffae5e',
  forbidden: '#ff6469',
  moving: '#6cccd5',
  stopped: '#b7c6ca',
  stale: '#74888e',
  chosen: '#8bb9ff',
  alarm: { S1: '#ff6469', S2: '#ff9d4d', S3: '#f0c944', S4: '#8ea3a9' },
  alarm_ink: { S1: '#2a0305', S2: '#2b1300', S3: '#2b2100', S4: '#0b1417' },
};
