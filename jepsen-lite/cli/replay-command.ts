/** `jepsen-lite replay`: the run of a folder once more. */

import { isFolder, limitFlags, onlyPath } from './check-command.js';
import type { Command } from './command.js';
import { readConfig } from './config-file.js';
import { runLive } from './run-command.js';
import { freshPrefix } from './run-flags.js';
import { simulate } from './sim-command.js';
import { UsageError } from './usage-error.js';

export const replayCommand: Command = {
  name: 'replay',
  takes: 'FOLDER [flags]',
  summary: 'Run what a folder holds once more',
  flags: [
    {
      name: 'out',
      value: 'DIR',
      help: 'where the folder of the new run is made (default: results)',
    },
    ...limitFlags,
    { name: 'json', help: 'at the end, the results as JSON on standard output' },
    { name: 'help', help: 'show this' },
  ],
  notes: `A run against real processes is repeated with the same operations and faults, not with the
same interleaving: what failed once may pass. A run of the simulator is repeated exactly.`,
  async run(flags, context) {
    const folder = onlyPath(flags);
    if (!isFolder(folder)) throw new UsageError(`"${folder}" is no folder of a run.`);
    const config = readConfig(folder);
    if (config.kind === 'sim') {
      context.tell('the simulator: the same run exactly');
      return simulate(config.arguments, context);
    }
    context.tell('a live run: the same operations and faults, not the same interleaving');
    return runLive({ ...config, prefix: freshPrefix(config.target) }, flags, context);
  },
};
