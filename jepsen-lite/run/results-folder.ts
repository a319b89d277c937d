/**
 * What a run leaves behind, in a folder of its own. The history is written as it happens: whatever
 * ends the run, what was seen until then can be checked.
 */
import { createWriteStream, mkdirSync, type WriteStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HistoryEvent } from '../history/event.js';

export class ResultsFolder {
  readonly path: string;
  readonly #history: WriteStream;
  readonly #nemesis: WriteStream;

  private constructor(path: string) {
    this.path = path;
    this.#history = createWriteStream(join(path, 'history.jsonl'), { flags: 'wx' });
    this.#nemesis = createWriteStream(join(path, 'nemesis.jsonl'), { flags: 'wx' });
  }

  static create(parent: string, name: string): ResultsFolder {
    const path = join(parent, name);
    mkdirSync(parent, { recursive: true });
    mkdirSync(path);
    return new ResultsFolder(path);
  }

  add(event: HistoryEvent): void {
    const line = `${JSON.stringify(event)}\n`;
    this.#history.write(line);
    if (event.process === 'nemesis') this.#nemesis.write(line);
  }

  write(name: 'config.json' | 'results.json', content: object): void {
    writeFileSync(join(this.path, name), `${JSON.stringify(content, null, 2)}\n`);
  }

  /** All events are in the files when it returns. */
  async close(): Promise<void> {
    await Promise.all(
      [this.#history, this.#nemesis].map(
        (stream) => new Promise<void>((done) => stream.end(() => done())),
      ),
    );
  }
}

/** Sorts by time in a listing. */
export function folderName(started: Date, seed: number): string {
  return `${started.toISOString().slice(0, 19).replaceAll(':', '-')}-seed-${seed}`;
}
