/** The catalogue of commands: what each takes and shows, and where its code is. */
import { adminCommands } from './admin-commands.js';
import type { Command, Context, Flag, Invocation } from './command.js';
import { type ExitCode, exitCodes } from './exit-codes.js';
import { familyOf, findCommand } from './find-command.js';
import { commandHelp, familyHelp, overview } from './help.js';
import { nodeFlags } from './node-flags.js';
import { type Setting, settingNames, settings } from './settings.js';

const ifMatch: Flag = {
  name: 'if-match',
  value: 'REVISION',
  help: 'only when the key has this revision; "*": only when it exists',
};

const settingFlags: readonly Flag[] = settingNames.map((name) => {
  const setting: Setting = settings[name];
  const help = `${setting.help}${setting.default ? ` (default: ${setting.default})` : ''}`;
  return {
    name,
    help,
    ...(setting.value && { value: setting.value }),
    ...(setting.multiple && { multiple: true }),
  };
});

const dev: Command = {
  name: 'dev',
  summary: 'Run a whole cluster on this machine, to try and to develop',
  operands: '',
  operandsMin: 0,
  operandsMax: 0,
  flags: [
    { name: 'nodes', value: 'N', help: 'number of nodes, 1 to 100 (default: 3)' },
    { name: 'shards', value: 'N', help: 'number of shards, 1 to 1024 (default: 12)' },
    {
      name: 'replicas',
      value: '1|3|5',
      help: 'copies of each shard (default: 3; fewer on fewer nodes)',
    },
    { name: 'dir', value: 'DIR', help: 'folder for data, logs and the secret (default: .kvorum)' },
    { name: 'port', value: 'PORT', help: 'HTTP port of the first node (default: 8401)' },
    { name: 'peer-port', value: 'PORT', help: 'peer port of the first node (default: 9401)' },
  ],
  notes: [
    'Every node is a process of its own with real fsync. Ctrl-C stops all; the same command ' +
      'resumes the data. A node that dies is reported and not restarted.',
  ],
  examples: [
    ['kvorum dev', 'three nodes on ports 8401 to 8403'],
    ['kvorum dev --nodes 5 --replicas 5 --dir /tmp/five --port 8501 --peer-port 9501', 'five'],
  ],
  load: async () => (await import('./dev.js')).run,
};

const start: Command = {
  name: 'start',
  summary: 'Run one node of a cluster',
  operands: '',
  operandsMin: 0,
  operandsMax: 0,
  flags: [
    { name: 'config', value: 'FILE', help: 'JSON file with settings, named as the flags are' },
    { name: 'check', help: 'check the configuration and end' },
    ...settingFlags,
  ],
  notes: [
    'Every setting can be given as a flag, as an environment variable (--node-id is ' +
      'KVORUM_NODE_ID; several values are separated by spaces) or in the file ("node-id"; ' +
      'several values are an array). Flags win over the environment, and that over the file.',
    'SIGTERM or SIGINT closes the node in order, a second one ends it at once. Either is safe.',
  ],
  examples: [
    ['kvorum start --config node-1.json', 'all settings from a file'],
    [
      'kvorum start --node-id 1 --cluster-id shop --dir /var/lib/kvorum' +
        ' --secret-file /etc/kvorum/secret' +
        ' --peer 10.0.0.1:9401 --http 10.0.0.1:8401 --insecure' +
        ' --node 1@10.0.0.1:9401 --node 2@10.0.0.2:9401 --node 3@10.0.0.3:9401',
      'the first of three machines in a private network',
    ],
  ],
  load: async () => (await import('./start.js')).run,
};

const get: Command = {
  name: 'get',
  summary: 'Print the value of a key',
  operands: 'KEY',
  operandsMin: 1,
  operandsMax: 1,
  flags: [
    {
      name: 'consistency',
      value: 'LEVEL',
      help: 'linearizable (default) or stale: any replica, also without a majority',
    },
    { name: 'max-staleness', value: 'TIME', help: 'with stale: no older than this' },
    ...nodeFlags,
  ],
  notes: ['The bytes are printed as they are. Exit code 3: there is no such key.'],
  examples: [
    ['kvorum get config/limits', 'the newest value'],
    ['kvorum get photo > photo.jpg', 'raw bytes'],
    ['kvorum get greeting --consistency stale --max-staleness 2s', 'works without a majority'],
  ],
  load: async () => (await import('./key-commands.js')).get,
};

const put: Command = {
  name: 'put',
  summary: 'Write the value of a key',
  operands: 'KEY [VALUE]',
  operandsMin: 1,
  operandsMax: 2,
  flags: [
    { name: 'file', value: 'FILE', help: 'take the value from a file' },
    { name: 'content-type', value: 'TYPE', help: 'kept beside the value' },
    ifMatch,
    {
      name: 'if-none-match',
      value: '*|REVISION',
      help: '"*": only when the key does not exist; a revision: only when it has another one',
    },
    ...nodeFlags,
  ],
  notes: [
    'Without VALUE, or with "-", the value is read from standard input. Exit code 4: the ' +
      'condition did not hold; 5: surely not applied; 6: it may or may not be applied.',
  ],
  examples: [
    ['kvorum put greeting hello', 'a text'],
    ['kvorum put photo --file photo.jpg --content-type image/jpeg', 'a file'],
    ['date | kvorum put now', 'standard input'],
    ['kvorum put greeting hi --if-match 17', 'only when nobody wrote since revision 17'],
    ["kvorum put leader me --if-none-match '*'", 'only the first one'],
  ],
  load: async () => (await import('./key-commands.js')).put,
};

const remove: Command = {
  name: 'delete',
  summary: 'Delete a key',
  operands: 'KEY',
  operandsMin: 1,
  operandsMax: 1,
  flags: [ifMatch, ...nodeFlags],
  notes: ['Deleting a key that does not exist succeeds and says so.'],
  examples: [
    ['kvorum delete greeting', 'whatever it holds'],
    ['kvorum delete greeting --if-match 17', 'only when nobody wrote since revision 17'],
  ],
  load: async () => (await import('./key-commands.js')).remove,
};

const status: Command = {
  name: 'status',
  summary: 'Show nodes, shards and what is not ready, as one node sees it',
  operands: '',
  operandsMin: 0,
  operandsMax: 0,
  flags: nodeFlags,
  notes: ['Exit code 1: the node that answered is not ready.'],
  examples: [
    ['kvorum status', 'the cluster of kvorum dev'],
    ['kvorum status --node http://10.0.0.2:8401', 'as node 2 sees it'],
  ],
  load: async () => (await import('./status.js')).run,
};

const walDump: Command = {
  name: 'wal dump',
  summary: 'Show what the durable log of a stopped node holds',
  operands: 'DIR',
  operandsMin: 1,
  operandsMax: 1,
  flags: [
    { name: 'group', value: 'N', help: 'only the records of this group' },
    { name: 'json', help: 'one JSON document a line' },
  ],
  notes: [
    'DIR is the data folder of the node. Nothing is changed. Exit code 1: something is damaged.',
  ],
  examples: [
    ['kvorum wal dump .kvorum/node-1', 'all records'],
    ['kvorum wal dump .kvorum/node-1 --group 3 --json | jq .', 'one group'],
  ],
  load: async () => (await import('./wal-dump.js')).run,
};

const doctor: Command = {
  name: 'doctor',
  summary: 'Check whether this machine is fit to run a node',
  operands: '',
  operandsMin: 0,
  operandsMax: 0,
  flags: [
    { name: 'dir', value: 'DIR', help: 'where the data will be (default: the current folder)' },
    { name: 'http', value: 'HOST:PORT', help: 'address to serve (default: 127.0.0.1:8401)' },
    { name: 'peer', value: 'HOST:PORT', help: 'address for nodes (default: 127.0.0.1:9401)' },
    { name: 'json', help: 'print one JSON document' },
  ],
  notes: ['Run it before the node: its ports must be free. Exit code 1: something is not fit.'],
  examples: [
    ['kvorum doctor --dir /var/lib/kvorum', 'a server'],
    ['kvorum doctor --http 10.0.0.1:8401 --peer 10.0.0.1:9401', 'other addresses'],
  ],
  load: async () => (await import('./doctor.js')).run,
};

const version: Command = {
  name: 'version',
  summary: 'Print the version',
  operands: '',
  operandsMin: 0,
  operandsMax: 0,
  flags: [],
  notes: [],
  examples: [['kvorum version', 'also of Node and the machine']],
  load: async () => (await import('./version.js')).run,
};

const help: Command = {
  name: 'help',
  summary: 'Show all commands, or one',
  operands: '[COMMAND]',
  operandsMin: 0,
  operandsMax: 3,
  flags: [],
  notes: [],
  examples: [['kvorum help wal dump', 'flags and examples of one command']],
  load: async () => showHelp,
};

export const commands: readonly Command[] = [
  dev,
  start,
  get,
  put,
  remove,
  status,
  ...adminCommands,
  walDump,
  doctor,
  version,
  help,
];

async function showHelp({ operands }: Invocation, { stdout }: Context): Promise<ExitCode> {
  const family = familyOf(commands, operands);
  if (operands.length === 0) stdout.write(overview(commands));
  else if (family.length > 0) stdout.write(familyHelp(operands.join(' '), family));
  else stdout.write(commandHelp(findCommand(commands, operands).command));
  return exitCodes.ok;
}
