/** The flags of every command that asks a cluster. */
import type { Flag } from './command.js';

export const nodeFlags: readonly Flag[] = [
  {
    name: 'node',
    value: 'URL',
    multiple: true,
    help:
      'a node to ask, the next one when it is away ' +
      '(default: KVORUM_URL, http://127.0.0.1:8401)',
  },
  { name: 'timeout', value: 'TIME', help: 'time for the whole request (default: 5s)' },
  { name: 'json', help: 'print one JSON document' },
];
