/** Adds up what many runs have tried out, and says when that was too little. */
import { addCounts } from '../coverage.js';
import { faultKinds } from '../fault-schedule.js';
import type { SeedReport } from './seed-report.js';

/** Fewer runs may well miss something. */
const seedsForJudgement = 100;

/** What a hundred runs cannot miss unless the simulator is broken. */
const expected = [
  'put ok',
  'conditional put ok',
  'delete ok',
  'read ok',
  'stale-read ok',
  'put info',
  'put fail',
  'restarts',
  'crash',
  'power-cut',
  'died at a step',
  'nodes stopped by their disk',
  'nodes lost',
  'message timeout-now',
  'message read-index',
];

export class Summary {
  seeds = 0;
  virtualMs = 0;
  events = 0;
  cpuMs = 0;
  readonly counts = new Map<string, number>();

  add(report: SeedReport): void {
    this.seeds += 1;
    this.virtualMs += report.virtualMs;
    this.events += report.events;
    this.cpuMs += report.cpuMs;
    addCounts(this.counts, report.counts);
  }

  /** Empty when the runs were worth something. */
  get missing(): readonly string[] {
    if (this.seeds < seedsForJudgement) return [];
    const faults = faultKinds.map((kind) => `fault ${kind}`);
    const names = [...this.counts.keys()];
    return [...expected, ...faults].filter((what) => !names.some((name) => name.startsWith(what)));
  }

  lines(): string[] {
    const names = [...this.counts.keys()].sort();
    const width = Math.max(0, ...names.map((name) => name.length));
    const table = names.map((name) => `  ${name.padEnd(width)} ${this.counts.get(name)}`);
    const { seeds, virtualMs, events, cpuMs } = this;
    const each = seeds === 0 ? 0 : cpuMs / 1000 / seeds;
    return [
      ...table,
      '',
      `${seeds} seeds, ${(virtualMs / 3_600_000).toFixed(1)} virtual hours, ${events} events, ` +
        `${each.toFixed(2)} s of CPU each`,
    ];
  }
}
