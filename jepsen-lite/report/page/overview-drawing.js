/** How the run went, over time: faults behind, latencies as dots, the rate below, who led. */
import { clippedText } from './canvas.js';
import { unknownStatus } from './operations.js';
import { duration, moment, roundStep, thousands } from './words.js';

export const left = 92;
const laneHeight = 18;
const latencyHeight = 210;
const unansweredHeight = 16;
const rateHeight = 90;
const gap = 24;
const axisHeight = 24;

/** Where the parts stand, from top to bottom. */
export function layoutOf(faultNames, shards) {
  const lanesTop = 4;
  const unansweredTop = lanesTop + faultNames.length * laneHeight + 6;
  const latencyTop = unansweredTop + unansweredHeight;
  const rateTop = latencyTop + latencyHeight + gap;
  const leadersTop = rateTop + rateHeight + (shards.length > 0 ? gap : 8);
  const axisTop = leadersTop + shards.length * laneHeight;
  const height = axisTop + axisHeight;
  return { lanesTop, unansweredTop, latencyTop, rateTop, leadersTop, axisTop, height };
}

export function drawFaults(context, palette, { data, series, view, layout, faultNames }) {
  for (const span of data.faults) {
    const x = left + Math.max(0, view.toPixel(span.startNs / 1000));
    const end = span.endNs === null ? data.durationUs : span.endNs / 1000;
    const width = left + Math.min(view.width, view.toPixel(end)) - x;
    if (width < 0 || x > left + view.width) continue;
    const color = series.color(span.name, palette);
    const y = layout.lanesTop + faultNames.indexOf(span.name) * laneHeight;
    context.fillStyle = color;
    context.globalAlpha = 0.12;
    const bottom = layout.leadersTop - 8;
    context.fillRect(x, y, Math.max(width, 1), bottom - y);
    context.globalAlpha = span.verified === false ? 0.35 : 1;
    context.fillRect(x, y, Math.max(width, 2), laneHeight - 4);
    context.globalAlpha = 1;
  }
  context.textAlign = 'right';
  faultNames.forEach((name, i) => {
    context.fillStyle = palette.text;
    const y = layout.lanesTop + i * laneHeight + laneHeight / 2 - 2;
    context.fillText(name.length > 11 ? `${name.slice(0, 10)}…` : name, left - 8, y);
  });
}

export function latencyScale(operations) {
  let longest = 10_000;
  let shortest = 1000;
  for (let number = 0; number < operations.count; number += 1) {
    const took = operations.endUs[number] - operations.startUs[number];
    if (took === Number.POSITIVE_INFINITY) continue;
    longest = Math.max(longest, took);
    shortest = Math.min(shortest, Math.max(took, 50));
  }
  return { low: Math.log10(shortest) - 0.05, high: Math.log10(longest) + 0.05 };
}

export function latencyY(us, { low, high }, { latencyTop }) {
  const share = (Math.log10(Math.max(us, 50)) - low) / (high - low);
  return latencyTop + latencyHeight * (1 - share);
}

export function drawLatencyAxis(context, palette, scale, layout) {
  context.textAlign = 'right';
  for (let power = Math.ceil(scale.low); power <= scale.high; power += 1) {
    const y = latencyY(10 ** power, scale, layout);
    context.fillStyle = palette.line;
    context.fillRect(left, y, context.canvas.width, 1);
    context.fillStyle = palette.faint;
    context.fillText(duration(10 ** power), left - 8, y);
  }
  context.fillStyle = palette.faint;
  context.fillText('unanswered', left - 8, layout.unansweredTop + unansweredHeight / 2);
}

/** One pass per outcome, rare ones last, so that they are never hidden. */
export function drawDots(context, palette, { operations, view, layout, scale }) {
  const paints = [palette.ok, palette.fail, palette.unknown];
  paints.forEach((color, status) => {
    context.fillStyle = color;
    const isCrowd = status === 0 && operations.count > 5000;
    context.globalAlpha = isCrowd ? 0.35 : 0.85;
    const size = operations.count < 3000 ? 4 : isCrowd ? 2 : 3;
    for (let number = 0; number < operations.count; number += 1) {
      if (operations.status(number) !== status) continue;
      const x = view.toPixel(operations.startUs[number]);
      if (x < 0 || x > view.width) continue;
      const open = status === unknownStatus;
      const took = operations.endUs[number] - operations.startUs[number];
      const middle = layout.unansweredTop + unansweredHeight / 2 - ((number * 7) % 9) + 4;
      const y = open ? middle : latencyY(took, scale, layout);
      context.fillRect(left + x - size / 2, y - size / 2, size, size);
    }
  });
  context.globalAlpha = 1;
}

/** Operations that began in each of some 150 slices, stacked by outcome. */
export function sliceCounts(operations, view) {
  const slices = Math.max(20, Math.min(150, Math.floor(view.width / 6)));
  const counts = Array.from({ length: slices }, () => [0, 0, 0]);
  for (let number = 0; number < operations.count; number += 1) {
    const share = (operations.startUs[number] - view.from) / (view.to - view.from);
    if (share < 0 || share >= 1) continue;
    counts[Math.floor(share * slices)][operations.status(number)] += 1;
  }
  return counts;
}

export function drawRate(context, palette, { operations, view, layout }) {
  const counts = sliceCounts(operations, view);
  const most = Math.max(1, ...counts.map(([ok, fail, unknown]) => ok + fail + unknown));
  const perSecond = (most * counts.length * 1_000_000) / (view.to - view.from);
  const width = view.width / counts.length;
  const paints = [palette.ok, palette.fail, palette.unknown];
  counts.forEach((slice, i) => {
    let y = layout.rateTop + rateHeight;
    slice.forEach((count, status) => {
      const height = (count / most) * rateHeight;
      y -= height;
      context.fillStyle = paints[status];
      context.fillRect(left + i * width, y, Math.max(1, width - 1), height);
    });
  });
  context.fillStyle = palette.faint;
  context.textAlign = 'right';
  context.fillText(`${thousands(perSecond)}/s`, left - 8, layout.rateTop + 4);
  context.fillText('0', left - 8, layout.rateTop + rateHeight - 2);
  context.fillStyle = palette.line;
  context.fillRect(left, layout.rateTop + rateHeight, view.width, 1);
}

export function drawLeaders(context, palette, { data, view, layout, shards, nodes }) {
  shards.forEach((shard, i) => {
    const y = layout.leadersTop + i * laneHeight;
    context.fillStyle = palette.faint;
    context.textAlign = 'right';
    context.fillText(`shard ${shard}`, left - 8, y + laneHeight / 2 - 1);
    for (const span of data.leaders) {
      if (span.shard !== shard) continue;
      const x = Math.max(0, view.toPixel(span.startNs / 1000));
      const width = Math.min(view.width, view.toPixel(span.endNs / 1000)) - x;
      if (width <= 0) continue;
      context.fillStyle = nodes.color(span.node, palette);
      context.globalAlpha = 0.75;
      context.fillRect(left + x, y, Math.max(1, width - 1), laneHeight - 3);
      context.globalAlpha = 1;
      context.fillStyle = palette.paper;
      context.textAlign = 'left';
      const room = { x: left + x + 4, y: y + laneHeight / 2 - 1, width: width - 8 };
      clippedText(context, `node ${span.node} · term ${span.term}`, room);
    }
  });
}

export function drawTimeAxis(context, palette, view, top) {
  const step = roundStep(view.to - view.from, Math.max(2, view.width / 110));
  context.textAlign = 'center';
  context.fillStyle = palette.faint;
  for (let us = Math.ceil(view.from / step) * step; us <= view.to; us += step) {
    const x = left + view.toPixel(us);
    context.fillRect(x, top, 1, 4);
    context.fillText(moment(us, step), Math.min(x, left + view.width - 16), top + 14);
  }
}
