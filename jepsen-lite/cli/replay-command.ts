/** `jepsen-lite replay`: the run of a folder once more. */

import { join } from 'node:path';
import { resumedAt } from '../run/resume.js';
import type { RunConfig, SimConfig } from '../run/run-config.js';
import { isFolder, limitFlags, loadHistory, onlyPath } from './check-command.js';
import type { Command } from './command.js';
import { readConfig } from './config-file.js';
import { runLive, verboseFlag } from './run-command.js';
import { freshPrefix } from './run-flags.js';
import { simulate } from './sim-command.js';
import { UsageError } from './usage-error.js';

export const replayCommand: Command = {
  name: 'replay',
  takes: 'FOLDER [flags]',
  summary: 'Run what a folder holds once more',
  flags: [
    { name: 'from', value: 'TIME', help: 'begin in the middle of it, so long after its begin' },
    {
      name: 'out',
      value: 'DIR',
      help: 'where the folder of the new run is made (default: results)',
    },
    verboseFlag,
    ...limitFlags,
    { name: 'json', help: 'at the end, the results as JSON on standard output' },
    { name: 'help', help: 'show this' },
  ],
  notes: `A run against real processes is repeated with the same operations and faults, not with the
same interleaving: what failed once may pass. A run of the simulator is repeated exactly.

--from 118s leaves out what came before: clients and faults go on with what they did then, on a
cluster that lacks what was written until then. Of a simulated run it shows every event from then.`,
  async run(flags, context) {
    const folder = onlyPath(flags);
    if (!isFolder(folder)) throw new UsageError(`"${folder}" is no folder of a run.`);
    const config = readConfig(folder);
    const fromMs = flags.durationMs('from');
    if (config.kind === 'sim') {
      context.tell('the simulator: the same run exactly');
      return simulate(shownFrom(config, fromMs), context);
    }
    context.tell('a live run: the same operations and faults, not the same interleaving');
    const whole = { ...config, prefix: freshPrefix(config.target) };
    const part = fromMs === undefined ? whole : cut(whole, folder, fromMs);
    return runLive(part, flags, context);
  },
};

function cut(config: RunConfig, folder: string, fromMs: number): RunConfig {
  if (config.from !== undefined) {
    throw new UsageError(`${folder} is a part of a run itself; take --from of the whole one.`);
  }
  if (fromMs >= config.durationMs) {
    throw new UsageError(`--from is behind the end: the run took ${config.durationMs / 1000}s.`);
  }
  const { events } = loadHistory(join(folder, 'history.jsonl'), 'jsonl');
  return resumedAt(config, events, fromMs);
}

/** Exact as the repetition is, nothing may be left out of it; it is only shown from then on. */
function shownFrom({ arguments: args }: SimConfig, fromMs: number | undefined): readonly string[] {
  if (fromMs === undefined) return args;
  if (args.some((arg) => arg === '--seeds')) {
    throw new UsageError(
      '--from is for one run: this folder holds many, `sim --seed N` repeats one.',
    );
  }
  const verbose = args.includes('--verbose') ? [] : ['--verbose'];
  return [...args, ...verbose, '--from', `${fromMs / 1000}`];
}
