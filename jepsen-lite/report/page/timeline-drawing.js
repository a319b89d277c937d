/** Paints a timeline: rows of clients, boxes from call to answer, the legal order through them. */
import { clippedText } from './canvas.js';
import { failStatus, unknownStatus } from './operations.js';
import { duration, moment } from './words.js';

export const rowHeight = 30;
export const axisHeight = 26;
export const left = 92;
const boxHeight = 20;
const labelPixels = 22;

export function drawBackground(context, palette, scene) {
  const { view, axis, faults, series, height } = scene;
  for (const span of faults) {
    const x = Math.max(0, view.toPixel(axis.ofTime(span.startNs / 1000)));
    const endUs = span.endNs === null ? Number.MAX_SAFE_INTEGER : span.endNs / 1000;
    const end = Math.min(view.width, view.toPixel(axis.ofTime(endUs)));
    if (end - x < 0.5) continue;
    context.fillStyle = series.color(span.name, palette);
    context.globalAlpha = 0.13;
    context.fillRect(left + x, axisHeight, end - x, height - axisHeight);
    context.globalAlpha = 1;
    context.fillRect(left + x, axisHeight - 3, end - x, 3);
  }
}

export function drawAxis(context, palette, { view, axis, scrollTop, boxes, height }) {
  context.fillStyle = palette.paper;
  context.fillRect(0, 0, left + view.width + 20, axisHeight - 3);
  context.fillStyle = palette.faint;
  context.textAlign = 'center';
  const count = Math.max(2, Math.floor(view.width / 120));
  const stepUs = (axis.timeOf(view.to) - axis.timeOf(view.from)) / count;
  for (let i = 0; i < count; i += 1) {
    const pixel = ((i + 0.5) * view.width) / count;
    const us = axis.timeOf(view.toValue(pixel));
    context.fillText(moment(us, Math.max(stepUs / 4, 1)), left + pixel, 10);
    context.fillRect(left + pixel, axisHeight - 7, 1, 4);
  }
  context.fillStyle = palette.paper;
  context.fillRect(0, axisHeight, left - 4, height);
  context.textAlign = 'right';
  boxes.rows.forEach((row, i) => {
    const y = axisHeight + i * rowHeight + rowHeight / 2 - scrollTop;
    if (y < axisHeight || y > height) return;
    context.fillStyle = palette.faint;
    context.fillText(`client ${row}`, left - 12, y);
  });
}

export function drawRows(context, palette, { boxes, view, scrollTop, height }) {
  context.fillStyle = palette.line;
  for (let i = 0; i <= boxes.rows.length; i += 1) {
    const y = axisHeight + i * rowHeight - scrollTop;
    if (y >= axisHeight && y <= height) context.fillRect(left, y, view.width, 0.5);
  }
}

/** Returns how many were drawn. */
export function drawBoxes(context, palette, scene) {
  const { boxes, view, scrollTop, height, marks } = scene;
  const first = Math.floor(scrollTop / rowHeight);
  const last = Math.ceil((scrollTop + height) / rowHeight);
  const seen = boxes.inSight(view, [first, last], marks.special);
  const isSpecial = (i) => marks.special.has(boxes.numbers[i]);
  for (const i of seen) if (!isSpecial(i)) drawBox(context, palette, scene, i);
  for (const i of seen) if (isSpecial(i)) drawBox(context, palette, scene, i);
  return seen.length;
}

function drawBox(context, palette, scene, i) {
  const { operations, boxes, view, scrollTop, marks } = scene;
  const number = boxes.numbers[i];
  const status = operations.status(number);
  const x = left + Math.max(-4, view.toPixel(boxes.axis.starts[i]));
  const end = left + Math.min(view.width + 4, view.toPixel(boxes.ends[i]));
  const y = axisHeight + boxes.row[i] * rowHeight + (rowHeight - boxHeight) / 2 - scrollTop;
  const width = Math.max(1.5, end - x);
  const isBad = marks.stuck.has(number) || marks.culprits.has(number);
  const paint = paintOf(palette, { status, isBad, isWrite: operations.isWrite(number) });
  context.fillStyle = status === unknownStatus ? faded(context, paint, x, width) : paint.fill;
  context.fillRect(x, y, width, boxHeight);
  if (width > 5) {
    context.strokeStyle = number === marks.selected ? palette.text : paint.edge;
    context.lineWidth = number === marks.selected ? 2.5 : isBad ? 2 : 1;
    context.setLineDash(status === failStatus ? [3, 3] : []);
    context.strokeRect(x + 0.5, y + 0.5, width - 1, boxHeight - 1);
    context.setLineDash([]);
  }
  if (width < labelPixels) return;
  context.fillStyle = paint.text;
  context.textAlign = 'left';
  const visible = Math.max(x, left);
  const room = end - visible - 8;
  const whole = operations.short(number);
  const text = context.measureText(whole).width <= room ? whole : operations.value(number);
  clippedText(context, text, { x: visible + 5, y: y + boxHeight / 2 + 0.5, width: room });
}

function paintOf(palette, { status, isBad, isWrite }) {
  if (isBad) return { fill: palette['bad-soft'], edge: palette.bad, text: palette.text };
  if (status === unknownStatus)
    return { fill: palette.unknown, edge: 'transparent', text: palette.text };
  if (status === failStatus)
    return { fill: palette.paper, edge: palette.fail, text: palette.faint };
  if (isWrite) return { fill: palette.ok, edge: palette.ok, text: palette.paper };
  return { fill: palette['ok-soft'], edge: palette.ok, text: palette.text };
}

/** Nobody knows when, or whether, it ended. */
function faded(context, { fill }, x, width) {
  const gradient = context.createLinearGradient(x, 0, x + width, 0);
  gradient.addColorStop(0, fill);
  gradient.addColorStop(1, 'transparent');
  return gradient;
}

/** Through the moments at which the operations of the longest legal order can have taken effect. */
export function drawOrder(context, palette, { points, boxes, view, scrollTop }) {
  if (points.length === 0) return;
  context.strokeStyle = palette.point;
  context.fillStyle = palette.point;
  context.lineWidth = 1;
  context.globalAlpha = 0.55;
  context.beginPath();
  const shown = points.filter(({ value }) => value >= view.from && value <= view.to);
  const place = ({ value, index }) => ({
    x: left + view.toPixel(value),
    y: axisHeight + boxes.row[index] * rowHeight + rowHeight / 2 - scrollTop,
  });
  for (const [i, point] of shown.entries()) {
    const { x, y } = place(point);
    if (i === 0) context.moveTo(x, y);
    else context.lineTo(x, y);
  }
  context.stroke();
  context.globalAlpha = 1;
  if (shown.length > view.width) return;
  for (const point of shown) {
    const { x, y } = place(point);
    context.fillRect(x - 1, y - boxHeight / 2 - 2, 2, boxHeight + 4);
  }
}

/** How much time is in sight. */
export function rangeWords({ axis, view }) {
  return duration(Math.max(0, axis.timeOf(view.to) - axis.timeOf(view.from)));
}
