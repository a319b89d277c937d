/**
 * Histograms for the hot path. prom-client's own `observe` hashes the labels of every sample
 * (about a microsecond); here a sample is a few comparisons and three additions, and prom-client
 * sees the sums only when somebody scrapes.
 */
import { Histogram, type HistogramConfiguration, type Registry } from 'prom-client';
import { invariant } from '../raft/core/invariant.js';

/** The samples of one combination of labels. */
export class Samples {
  readonly #bounds: readonly number[];
  readonly #buckets: Float64Array;
  #sum = 0;
  #count = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#buckets = new Float64Array(bounds.length + 1);
  }

  add(value: number): void {
    let at = 0;
    while (at < this.#bounds.length && value > (this.#bounds[at] ?? 0)) at += 1;
    this.#buckets[at] = (this.#buckets[at] ?? 0) + 1;
    this.#sum += value;
    this.#count += 1;
  }

  get count(): number {
    return this.#count;
  }

  get sum(): number {
    return this.#sum;
  }

  /** Cumulative, as Prometheus wants them. */
  cumulative(): { readonly le: number | '+Inf'; readonly count: number }[] {
    let total = 0;
    return Array.from(this.#buckets, (count, at) => {
      total += count;
      return { le: this.#bounds[at] ?? '+Inf', count: total };
    });
  }
}

interface LazyHistogramOptions {
  readonly name: string;
  readonly help: string;
  readonly bounds: readonly number[];
  readonly labelNames?: readonly string[];
  readonly registry: Registry;
}

type Labels = Readonly<Record<string, string>>;

/** A prom-client histogram whose values come from `Samples`. */
export class LazyHistogram extends Histogram {
  readonly #bounds: readonly number[];
  readonly #name: string;
  readonly #help: string;
  readonly #cells: { readonly labels: Labels; readonly samples: Samples }[] = [];

  constructor(options: LazyHistogramOptions) {
    const { name, help, bounds, labelNames = [], registry } = options;
    const configuration: HistogramConfiguration<string> = {
      name,
      help,
      buckets: [...bounds],
      labelNames: [...labelNames],
      registers: [registry],
    };
    super(configuration);
    for (const [at, bound] of bounds.entries()) {
      invariant(at === 0 || bound > (bounds[at - 1] ?? 0), `${name}: bounds rise`);
    }
    this.#bounds = bounds;
    this.#name = name;
    this.#help = help;
  }

  /** Keep the result: this is the slow step. */
  cell(labels: Labels = {}): Samples {
    const samples = new Samples(this.#bounds);
    this.#cells.push({ labels, samples });
    return samples;
  }

  override async get(): ReturnType<Histogram['get']> {
    const values = this.#cells.flatMap(({ labels, samples }) => [
      ...samples.cumulative().map(({ le, count }) => ({
        metricName: `${this.#name}_bucket`,
        labels: { le, ...labels },
        value: count,
      })),
      { metricName: `${this.#name}_sum`, labels: { ...labels }, value: samples.sum },
      { metricName: `${this.#name}_count`, labels: { ...labels }, value: samples.count },
    ]);
    // prom-client's types forget the `values` that its own histograms return.
    return {
      name: this.#name,
      help: this.#help,
      type: 'histogram',
      aggregator: 'sum',
      values,
    } as unknown as Awaited<ReturnType<Histogram['get']>>;
  }

  /** What the registry asks for; without it the base class would print its own empty buckets. */
  getForPromString(): ReturnType<Histogram['get']> {
    return this.get();
  }
}
