/** Which bytes of a file have been written: pieces that arrive in any order, and no hole missed. */
export class ByteRanges {
  /** Disjoint, not touching, in order. */
  #ranges: { start: number; end: number }[] = [];

  add(start: number, end: number): void {
    if (end <= start) return;
    const apart = this.#ranges.filter((range) => range.end < start || range.start > end);
    const touched = this.#ranges.filter((range) => range.end >= start && range.start <= end);
    const merged = {
      start: Math.min(start, ...touched.map((range) => range.start)),
      end: Math.max(end, ...touched.map((range) => range.end)),
    };
    this.#ranges = [...apart, merged].sort((a, b) => a.start - b.start);
  }

  /** The first byte missing among the first `length`; undefined when all are there. */
  firstHole(length: number): number | undefined {
    const [first] = this.#ranges;
    const end = first === undefined || first.start > 0 ? 0 : first.end;
    return end >= length ? undefined : end;
  }

  /** Pieces with holes between them. */
  get count(): number {
    return this.#ranges.length;
  }
}
