/**
 * From moments to pixels. In real time a quiet second takes as much room as a busy one; evenly
 * spaced, each call and each answer takes one step, so that short operations stay readable.
 */

export class View {
  /** The whole range, in the axis's own unit. */
  constructor(from, to) {
    this.first = from;
    this.last = Math.max(to, from + 1e-6);
    this.width = 1;
    this.fit();
  }

  fit() {
    this.from = this.first;
    this.to = this.last;
  }

  show(from, to, smallest) {
    const size = Math.min(Math.max(to - from, smallest), this.last - this.first);
    const middle = (from + to) / 2;
    this.from = Math.min(Math.max(middle - size / 2, this.first), this.last - size);
    this.to = this.from + size;
  }

  /** The point under `pixel` stays where it is. */
  zoom(factor, pixel, smallest) {
    const share = pixel / this.width;
    const at = this.from + (this.to - this.from) * share;
    const size = Math.max((this.to - this.from) * factor, smallest);
    const from = at - size * share;
    this.show(from, from + size, smallest);
  }

  pan(pixels) {
    const by = ((this.to - this.from) * pixels) / this.width;
    this.show(this.from + by, this.to + by, 0);
  }

  toPixel(value) {
    return ((value - this.from) / (this.to - this.from)) * this.width;
  }

  toValue(pixel) {
    return this.from + ((this.to - this.from) * pixel) / this.width;
  }
}

/** One unit is a microsecond. */
export class RealAxis {
  constructor(operations, numbers) {
    this.smallest = 50;
    this.starts = numbers.map((number) => operations.startUs[number]);
    this.ends = numbers.map((number) => operations.endUs[number]);
    [this.first, this.last] = rangeOf(this.starts, this.ends);
  }

  ofTime(us) {
    return us;
  }

  timeOf(value) {
    return value;
  }
}

/** One unit is an event: a call or an answer. */
export class EvenAxis {
  #timesUs;

  constructor(operations, numbers) {
    this.smallest = 4;
    const events = [];
    for (const number of numbers) {
      events.push([operations.at[number], operations.startUs[number]]);
      if (operations.until[number] === Number.POSITIVE_INFINITY) continue;
      events.push([operations.until[number], operations.endUs[number]]);
    }
    events.sort((a, b) => a[0] - b[0]);
    const ranks = new Map(events.map(([position], rank) => [position, rank]));
    this.#timesUs = events.map(([, us]) => us);
    this.starts = numbers.map((number) => ranks.get(operations.at[number]));
    this.ends = numbers.map(
      (number) => ranks.get(operations.until[number]) ?? Number.POSITIVE_INFINITY,
    );
    this.first = -0.5;
    this.last = Math.max(1, events.length - 0.5);
  }

  /** Between the two events around it. */
  ofTime(us) {
    const times = this.#timesUs;
    const after = firstAtLeast(times, us);
    if (after === 0) return this.first;
    if (after === times.length) return this.last;
    const gap = times[after] - times[after - 1];
    return after - 1 + (gap === 0 ? 1 : (us - times[after - 1]) / gap);
  }

  timeOf(value) {
    const times = this.#timesUs;
    if (times.length === 0) return 0;
    const below = Math.min(Math.max(Math.floor(value), 0), times.length - 1);
    const above = Math.min(below + 1, times.length - 1);
    const share = Math.min(Math.max(value - below, 0), 1);
    return times[below] + (times[above] - times[below]) * share;
  }
}

/** Where `value` would be put into the rising list. */
export function firstAtLeast(list, value) {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function rangeOf(starts, ends) {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < starts.length; i += 1) {
    first = Math.min(first, starts[i]);
    last = Math.max(last, ends[i] === Number.POSITIVE_INFINITY ? starts[i] + 1000 : ends[i]);
  }
  const margin = Math.max((last - first) * 0.01, 20);
  return starts.length === 0 ? [0, 1] : [first - margin, last + margin];
}
