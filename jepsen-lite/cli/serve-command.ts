/** `jepsen-lite serve`: past runs in a browser, until it is stopped. */
import { once } from 'node:events';
import { serveReports } from '../report/serve.js';
import { isFolder, onlyPath } from './check-command.js';
import type { Command } from './command.js';
import { exitCodes } from './exit-codes.js';
import { UsageError } from './usage-error.js';

const defaultPort = 8480;

export const serveCommand: Command = {
  name: 'serve',
  takes: 'FOLDER [flags]',
  summary: 'List past runs and their reports in a browser',
  flags: [
    {
      name: 'port',
      value: 'N',
      help: `where it listens, 0 for any free one (default: ${defaultPort})`,
    },
    { name: 'help', help: 'show this' },
  ],
  notes: 'FOLDER holds the folders of runs, as "results" does. Only this machine can see them.',
  async run(flags, { tell, signal }) {
    const folder = onlyPath(flags);
    if (!isFolder(folder)) throw new UsageError(`"${folder}" is no folder.`);
    const port = flags.integer('port', { min: 0, max: 65_535 }) ?? defaultPort;
    const server = await serveReports(folder, port).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') throw error;
      throw new UsageError(`Port ${port} is taken; choose another with --port.`);
    });
    tell(`${server.url} lists the runs in ${folder}; Ctrl-C ends it`);
    if (!signal.aborted) await once(signal, 'abort');
    await server.close();
    return exitCodes.valid;
  },
};
