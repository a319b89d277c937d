/** Runs seeds with a planted bug until an invariant breaks, or the time for it is over. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Attempt, Finding } from './hunter.js';
import type { PlantedBug } from './planted-bug.js';

export interface Hunt {
  readonly bug: PlantedBug;
  /** Undefined when it got away. */
  readonly caught: Finding | undefined;
  readonly seeds: number;
  readonly tookMs: number;
  /** Why there was no telling. */
  readonly problem: string | undefined;
}

/** A run takes a second or two; a planted bug may make one go on for ever. */
const attemptMsMax = 60_000;

export async function hunt(
  bug: PlantedBug,
  seeds: Iterable<number>,
  budgetMs: number,
): Promise<Hunt> {
  const hunter = new Hunter(bug.name);
  const startMs = performance.now();
  let tried = 0;
  let caught: Finding | undefined;
  let problem: string | undefined;
  try {
    for (const seed of seeds) {
      // The first one always runs, however slowly the process has started.
      if (tried > 0 && performance.now() - startMs > budgetMs) break;
      const finding = await hunter.attempt({ seed, directed: bug.directed });
      tried += 1;
      if (finding.invariant === undefined) continue;
      caught = finding;
      break;
    }
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error);
  }
  hunter.end();
  return { bug, caught, seeds: tried, tookMs: performance.now() - startMs, problem };
}

/** True for each of these when nothing is planted. */
export async function clean(attempts: readonly Attempt[]): Promise<Finding[]> {
  const hunter = new Hunter();
  try {
    const found: Finding[] = [];
    for (const attempt of attempts) {
      const finding = await hunter.attempt(attempt);
      if (finding.invariant !== undefined) found.push(finding);
    }
    return found;
  } finally {
    hunter.end();
  }
}

class Hunter {
  readonly #child: ChildProcess;
  readonly #ready: Promise<unknown>;

  constructor(bug?: string) {
    const program = fileURLToPath(new URL('./hunter.js', import.meta.url));
    this.#child = fork(program, bug === undefined ? [] : [bug], { stdio: 'pipe' });
    this.#ready = this.#message();
    // Whoever asks for the first attempt hears of it.
    this.#ready.catch(() => undefined);
  }

  async attempt(attempt: Attempt): Promise<Finding> {
    await this.#ready;
    const finding = this.#message();
    this.#child.send(attempt);
    return (await finding) as Finding;
  }

  end(): void {
    this.#child.kill();
  }

  #message(): Promise<unknown> {
    const child = this.#child;
    return new Promise((resolve, reject) => {
      let words = '';
      const onWords = (text: Buffer) => {
        words += text.toString();
      };
      const done = (settle: () => void) => {
        clearTimeout(timer);
        child.removeListener('message', onMessage);
        child.removeListener('exit', onExit);
        child.stderr?.removeListener('data', onWords);
        settle();
      };
      const onMessage = (message: unknown) => done(() => resolve(message));
      const onExit = () => done(() => reject(new Error(`the process ended: ${words.trim()}`)));
      const late = () => done(() => reject(new Error(`no answer for ${attemptMsMax / 1000} s`)));
      const timer = setTimeout(late, attemptMsMax);
      child.stderr?.on('data', onWords);
      child.on('message', onMessage);
      child.on('exit', onExit);
    });
  }
}
