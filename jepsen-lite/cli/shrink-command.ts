/** `jepsen-lite shrink`: the smallest part of an invalid history that is still invalid. */
import { join } from 'node:path';
import { modelNames, type Operation } from '../checker/index.js';
import { historyFormats } from '../history/read-history.js';
import { tell } from '../history/tell.js';
import { ofWorkload } from '../run/judge.js';
import { caseFile } from '../run/minimal-cases.js';
import { saveCase } from '../shrink/save-case.js';
import { shrinkHistory } from '../shrink/shrink-history.js';
import { isFolder, loadHistory, onlyPath } from './check-command.js';
import type { Command } from './command.js';
import { readConfig } from './config-file.js';
import { exitCodes } from './exit-codes.js';
import type { Flags } from './flags.js';
import { UsageError } from './usage-error.js';

const timeMsDefault = 60_000;

interface Case {
  readonly name: string;
  readonly model: (typeof modelNames)[number];
  readonly operations: readonly Operation[];
  readonly file: string;
}

export const shrinkCommand: Command = {
  name: 'shrink',
  takes: 'FILE|FOLDER [flags]',
  summary: 'Find the smallest part of an invalid history that is still invalid',
  flags: [
    { name: 'model', value: 'MODEL', help: 'of a file: what must hold' },
    { name: 'format', value: 'FORMAT', help: `of a file: ${historyFormats.join(', ')}` },
    { name: 'limit', value: 'TIME', help: 'how long to look (default: 60s)' },
    { name: 'out', value: 'FILE', help: 'where to write it (default: beside the history)' },
    { name: 'help', help: 'show this' },
  ],
  notes: `The write of whatever a read saw stays with it. The result is a history, which
\`jepsen-lite check\` reads, and beside it the same as a test file. In the folder of a run it is
also what the report shows, once \`jepsen-lite report\` has made it again.
Exit codes: 1 when something invalid was found and shrunk, 0 when nothing is invalid.`,
  async run(flags, { print }) {
    const timeMs = flags.durationMs('limit') ?? timeMsDefault;
    let found = false;
    for (const { name, model, operations, file } of cases(flags)) {
      const shrunk = shrinkHistory(operations, { model, events: [], timeMs });
      if (shrunk === undefined) continue;
      found = true;
      print(`${name} (${model}): ${operations.length} operations, ${shrunk.length} are enough`);
      for (const operation of shrunk) print(`    ${tell(operation)}`);
      const saved = saveTo(flags.text('out') ?? file, (to) =>
        saveCase({ name, model }, shrunk, to),
      );
      print(`-> ${saved.history}, and as a test ${saved.test}`);
    }
    if (!found) print('Nothing in it is invalid.');
    return found ? exitCodes.invalid : exitCodes.valid;
  },
};

function saveTo<T>(file: string, save: (file: string) => T): T {
  try {
    return save(file);
  } catch (error) {
    throw new UsageError(`--out: ${file} cannot be written: ${(error as Error).message}`);
  }
}

function cases(flags: Flags): Case[] {
  const path = onlyPath(flags);
  if (isFolder(path)) {
    const config = readConfig(path);
    if (config.kind !== 'run') {
      throw new UsageError('A run of the simulator is shrunk by `jepsen-lite sim --shrink`.');
    }
    const { operations } = loadHistory(join(path, 'history.jsonl'), 'jsonl');
    return config.workloads.flatMap(({ name, model: wanted, clients }) => {
      const model = modelNames.find((known) => known === wanted);
      if (model === undefined) throw new UsageError(`${path}: there is no model "${wanted}".`);
      const own = ofWorkload(operations, clients, config.clients);
      return [{ name, model, operations: own, file: join(path, caseFile(name)) }];
    });
  }
  const model = flags.oneOf('model', modelNames);
  if (model === undefined) {
    throw new UsageError(`--model is missing; it may be ${modelNames.join(', ')}.`);
  }
  const { operations } = loadHistory(path, flags.oneOf('format', historyFormats));
  return [{ name: path, model, operations, file: `${path}.shrunk.jsonl` }];
}
