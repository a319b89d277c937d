/** `jepsen-lite report`: the report of a past run once more, from its files. */
import { ResultsError } from '../report/results.js';
import { writeReport } from '../report/write-report.js';
import { isFolder, onlyPath } from './check-command.js';
import type { Command } from './command.js';
import { exitCodes } from './exit-codes.js';
import { UsageError } from './usage-error.js';

export const reportCommand: Command = {
  name: 'report',
  takes: 'FOLDER',
  summary: 'Make the report of a past run again',
  flags: [{ name: 'help', help: 'show this' }],
  notes: `One HTML file without any other, FOLDER/report.html: open it in a browser or send it on.
The exit code is 0 when the report was made, whatever the verdict in it.`,
  async run(flags, { print }) {
    const folder = onlyPath(flags);
    if (!isFolder(folder)) throw new UsageError(`"${folder}" is no folder of a run.`);
    try {
      print(writeReport(folder));
    } catch (error) {
      if (error instanceof ResultsError) throw new UsageError(error.message);
      throw error;
    }
    return exitCodes.valid;
  },
};
