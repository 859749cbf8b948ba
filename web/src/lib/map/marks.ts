// The small pictures of the map, drawn on a canvas in the palette's colours at twice their size.
import type { Map as MapLibre } from 'maplibre-gl';
import { SEVERITIES, type Severity } from '../ui/severity';
import type { Palette } from './palette';

const SIZE = 32;
const RATIO = 2;

type Brush = CanvasRenderingContext2D;

/** Puts every mark on the map, or repaints it. */
export function putMarks(map: MapLibre, palette: Palette): void {
  put(map, 'seal-moving', (brush) => arrow(brush, palette.moving, palette.halo));
  put(map, 'seal-stopped', (brush) => square(brush, palette.stopped, palette.halo));
  put(map, 'seal-stale', (brush) => hollow(brush, palette.stale, palette.halo));
  for (const severity of SEVERITIES) put(map, `alarm-${severity}`, (brush) => shape(brush, severity, palette));
}

function put(map: MapLibre, name: string, draw: (brush: Brush) => void): void {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = SIZE * RATIO;
  const brush = canvas.getContext('2d');
  if (!brush) return;
  brush.scale(RATIO, RATIO);
  brush.translate(SIZE / 2, SIZE / 2);
  brush.lineJoin = brush.lineCap = 'round';
  draw(brush);
  const image = brush.getImageData(0, 0, canvas.width, canvas.height);
  if (map.hasImage(name)) map.updateImage(name, image);
  else map.addImage(name, image, { pixelRatio: RATIO });
}

function outline(brush: Brush, points: readonly (readonly [number, number])[]): void {
  brush.beginPath();
  points.forEach(([x, y], index) => (index === 0 ? brush.moveTo(x, y) : brush.lineTo(x, y)));
  brush.closePath();
}

function paint(brush: Brush, fill: string, edge: string, width = 2.2): void {
  brush.lineWidth = width * 2;
  brush.strokeStyle = edge;
  brush.stroke();
  brush.fillStyle = fill;
  brush.fill();
}

function arrow(brush: Brush, fill: string, edge: string): void {
  outline(brush, [
    [0, -11],
    [8.2, 9],
    [0, 4.6],
    [-8.2, 9],
  ]);
  paint(brush, fill, edge);
}

function square(brush: Brush, fill: string, edge: string): void {
  brush.beginPath();
  brush.roundRect(-6.6, -6.6, 13.2, 13.2, 3);
  paint(brush, fill, edge);
}

function hollow(brush: Brush, ink: string, edge: string): void {
  brush.beginPath();
  brush.arc(0, 0, 7, 0, 2 * Math.PI);
  paint(brush, edge, edge);
  brush.setLineDash([3.2, 2.6]);
  brush.lineWidth = 2.6;
  brush.strokeStyle = ink;
  brush.stroke();
  brush.setLineDash([]);
}

/** The severity's own shape with its number in it. */
function shape(brush: Brush, severity: Severity, palette: Palette): void {
  const corners: Readonly<Record<Severity, number>> = { S1: 8, S2: 3, S3: 4, S4: 24 };
  const count = corners[severity];
  const turn = severity === 'S1' ? Math.PI / 8 : -Math.PI / 2;
  const radius = severity === 'S2' ? 11.5 : 9.6;
  const drop = severity === 'S2' ? 2 : 0;
  const points = Array.from({ length: count }, (_, index): [number, number] => {
    const angle = turn + (2 * Math.PI * index) / count;
    return [Math.cos(angle) * radius, Math.sin(angle) * radius + drop];
  });
  outline(brush, points);
  paint(brush, palette.alarm[severity], palette.halo, 1.8);
  brush.fillStyle = palette.alarm_ink[severity];
  brush.font = '700 11px sans-serif';
  brush.textAlign = 'center';
  brush.textBaseline = 'middle';
  brush.fillText(severity.slice(1), 0, severity === 'S2' ? 2.4 : 0.6);
}
