/**
 * Whether the simulator finds what it must: each planted bug in turn, until an invariant breaks.
 * The same seeds without a bug must break none.
 */
import { plantedBugs } from './planted/bugs.js';
import { clean, type Hunt, hunt } from './planted/hunt.js';
import type { PlantedBug } from './planted/planted-bug.js';

export interface SelftestOptions {
  readonly jobs: number;
  /** For each bug, of real time. */
  readonly budgetMs: number;
  readonly bugs: readonly PlantedBug[];
  /** The seeds to try after those that are known to find it. */
  readonly seeds: () => Iterable<number>;
  readonly tell: (line: string) => void;
  /** Also what was found, in words. */
  readonly verbose?: boolean;
}

export interface Selftest {
  readonly hunts: readonly Hunt[];
  /** What is wrong, in words; empty when all is well. */
  readonly problems: readonly string[];
}

export async function selftest(options: SelftestOptions): Promise<Selftest> {
  const { bugs, jobs, budgetMs, seeds, tell } = options;
  const waiting = [...bugs];
  const hunts: Hunt[] = [];
  tell(row(['planted bug', 'found by', 'seeds', 'seconds', 'first seed', 'at']));
  const work = async () => {
    for (let bug = waiting.shift(); bug !== undefined; bug = waiting.shift()) {
      const done = await hunt(bug, joined(bug.seeds ?? [1], seeds()), budgetMs);
      hunts.push(done);
      tell(line(done));
      if (options.verbose && done.caught !== undefined) tell(`  ${done.caught.what}`);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  const missed = hunts.flatMap((done) => (done.caught === undefined ? [gotAway(done)] : []));
  return { hunts, problems: [...missed, ...(await falseAlarms(hunts, jobs))] };
}

/** The runs that found something find nothing when nothing is planted. */
async function falseAlarms(hunts: readonly Hunt[], jobs: number): Promise<string[]> {
  const attempts = new Map(
    hunts.flatMap(({ bug, caught }) => {
      if (caught === undefined) return [];
      const { directed } = bug;
      return [[`${caught.seed} ${directed}`, { seed: caught.seed, directed }] as const];
    }),
  );
  const all = [...attempts.values()];
  const parts = Array.from({ length: jobs }, (_, i) => all.filter((_, at) => at % jobs === i));
  const found = (await Promise.all(parts.map(clean))).flat();
  return found.map(
    ({ seed, invariant, what }) =>
      `nothing is planted, and seed ${seed} breaks ${invariant}: ${what}`,
  );
}

function gotAway({ bug, seeds, problem }: Hunt): string {
  const why = problem ?? `${seeds} seeds did not find it`;
  return `${bug.name} got away: ${why} (${bug.breaks})`;
}

function line({ bug, caught, seeds, tookMs }: Hunt): string {
  const how = bug.directed === undefined ? '' : ` (${bug.directed})`;
  return row([
    `${bug.name}${how}`,
    caught?.invariant ?? 'NOBODY',
    `${seeds}`,
    (tookMs / 1000).toFixed(1),
    caught === undefined ? '' : `${caught.seed}`,
    caught === undefined ? '' : `${(caught.atMs / 1000).toFixed(1)} s`,
  ]);
}

function row(cells: readonly string[]): string {
  const widths = [48, 16, 6, 8, 16, 8];
  return cells
    .map((cell, i) => cell.padEnd(widths[i] ?? 0))
    .join(' ')
    .trimEnd();
}

function* joined(first: Iterable<number>, second: Iterable<number>): Generator<number> {
  yield* first;
  yield* second;
}

export function bugsNamed(names: readonly string[]): readonly PlantedBug[] {
  if (names.length === 0) return plantedBugs;
  return names.map((name) => {
    const bug = plantedBugs.find((known) => known.name === name);
    if (bug === undefined) throw new Error(`There is no planted bug "${name}".`);
    return bug;
  });
}

export function* seedsFrom(from: number): Generator<number> {
  for (let seed = from; ; seed += 1) yield seed;
}
