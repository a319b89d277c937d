/**
 * What a run leaves behind, in a folder of its own. The history is written as it happens: whatever
 * ends the run, what was seen until then can be checked.
 */
import { createWriteStream, existsSync, mkdirSync, type WriteStream, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { HistoryEvent } from '../history/event.js';
import { HarnessError } from './harness-error.js';
import type { NodeLine } from './node-state.js';

export class ResultsFolder {
  readonly path: string;
  readonly #history: WriteStream;
  readonly #nemesis: WriteStream;
  readonly #nodes: WriteStream;

  private constructor(path: string) {
    this.path = path;
    this.#history = createWriteStream(join(path, 'history.jsonl'), { flags: 'wx' });
    this.#nemesis = createWriteStream(join(path, 'nemesis.jsonl'), { flags: 'wx' });
    this.#nodes = createWriteStream(join(path, 'nodes.jsonl'), { flags: 'wx' });
  }

  static create(parent: string, name: string): ResultsFolder {
    return new ResultsFolder(makeFolder(parent, name));
  }

  add(event: HistoryEvent): void {
    const line = `${JSON.stringify(event)}\n`;
    this.#history.write(line);
    if (event.process === 'nemesis') this.#nemesis.write(line);
  }

  addNode(line: NodeLine): void {
    this.#nodes.write(`${JSON.stringify(line)}\n`);
  }

  write(name: 'config.json' | 'results.json', content: object): void {
    writeJson(this.path, name, content);
  }

  /** All events are in the files when it returns. */
  async close(): Promise<void> {
    await Promise.all(
      [this.#history, this.#nemesis, this.#nodes].map(
        (stream) => new Promise<void>((done) => stream.end(() => done())),
      ),
    );
  }
}

/** Throws a HarnessError when it cannot be made. */
export function makeFolder(parent: string, name: string): string {
  const path = join(parent, name);
  try {
    makeAll(resolve(parent));
    mkdirSync(path);
  } catch (error) {
    throw new HarnessError(`no folder can be made in ${parent}: ${(error as Error).message}`);
  }
  return path;
}

/** Not `recursive`: where a folder cannot be made in one that is there, that never ends. */
function makeAll(folder: string): void {
  if (existsSync(folder)) return;
  makeAll(dirname(folder));
  mkdirSync(folder);
}

export function writeJson(folder: string, name: string, content: object): void {
  writeFileSync(join(folder, name), `${JSON.stringify(content, null, 2)}\n`);
}

/** Sorts by time in a listing. */
export function folderName(started: Date, what: string): string {
  return `${started.toISOString().slice(0, 19).replaceAll(':', '-')}-${what}`;
}
