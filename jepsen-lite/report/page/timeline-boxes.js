/**
 * Which boxes a timeline shows now. However many operations there are, only those in sight are
 * looked at, and where they are closer than pixels, one stands for many.
 */
import { firstAtLeast } from './time-scale.js';

export const boxesMax = 10_000;
const crowdedPixels = 3;

export class Boxes {
  #reach;

  constructor(operations, numbers, axis) {
    this.numbers = numbers;
    this.axis = axis;
    const rows = [...new Set(numbers.map((number) => operations.row(number)))];
    this.rows = rows.sort((a, b) => a - b);
    const place = new Map(this.rows.map((row, i) => [row, i]));
    this.row = numbers.map((number) => place.get(operations.row(number)));
    this.ends = this.#shownEnds();
    // How far right anything reaches that begins no later: where a search may stop.
    let reach = Number.NEGATIVE_INFINITY;
    this.#reach = this.ends.map((end) => {
      reach = Math.max(reach, end);
      return reach;
    });
  }

  /** What was never answered is drawn until its client's next call, or to the end. */
  #shownEnds() {
    const next = new Map();
    const ends = [...this.axis.ends];
    for (let i = ends.length - 1; i >= 0; i -= 1) {
      const row = this.row[i];
      if (ends[i] === Number.POSITIVE_INFINITY) ends[i] = next.get(row) ?? this.axis.last;
      next.set(row, this.axis.starts[i]);
    }
    return ends;
  }

  /** Indexes into `numbers`, at most `boxesMax`. `keep` are shown in any case. */
  inSight(view, [firstRow, lastRow], keep) {
    const { starts } = this.axis;
    const found = [];
    const from = firstAtLeast(this.#reach, view.from);
    const to = firstAtLeast(starts, view.to);
    const crowded = to - from > boxesMax;
    const drawnTo = new Map();
    for (let i = from; i < to; i += 1) {
      if (this.ends[i] < view.from) continue;
      const row = this.row[i];
      if (row < firstRow || row > lastRow) continue;
      if (crowded && !keep.has(this.numbers[i])) {
        const end = view.toPixel(this.ends[i]);
        if (end < (drawnTo.get(row) ?? Number.NEGATIVE_INFINITY) || found.length >= boxesMax)
          continue;
        drawnTo.set(row, Math.max(end, view.toPixel(starts[i]) + crowdedPixels));
      }
      found.push(i);
    }
    return found;
  }

  at(view, pixel, row) {
    const value = view.toValue(pixel);
    const margin = view.toValue(3) - view.toValue(0);
    const { starts } = this.axis;
    let best;
    for (let i = firstAtLeast(starts, value + margin) - 1; i >= 0; i -= 1) {
      if (this.#reach[i] < value - margin) break;
      if (this.row[i] !== row || this.ends[i] < value - margin) continue;
      best = i;
      break;
    }
    return best;
  }
}
