/**
 * The settings of a node: one name each, which is the flag (`--node-id`), the environment variable
 * (`KVORUM_NODE_ID`) and the key in the JSON file (`"node-id"`). `config.ts` has the schema; the
 * help and the error messages are made from this list.
 */
export interface Setting {
  /** What stands after the flag in help; a setting without one is a switch. */
  readonly value?: string;
  /** Several values: a repeated flag, words in the environment, an array in the file. */
  readonly multiple?: boolean;
  readonly help: string;
  /** Completes the sentence "it must be ...". */
  readonly allowed: string;
  /** For the help; undefined: required, or empty. */
  readonly default?: string;
  readonly required?: boolean;
  /** Its value never appears in a message. */
  readonly secret?: boolean;
}

export const settings = {
  'node-id': {
    value: 'N',
    required: true,
    help: 'number of this node; given once and never reused',
    allowed: 'a whole number from 1 to 65535',
  },
  'cluster-id': {
    value: 'NAME',
    required: true,
    help: 'name of the cluster; nodes of another cluster are refused',
    allowed: '1 to 64 letters, digits, ".", "-" or "_"',
  },
  dir: {
    value: 'DIR',
    required: true,
    help: 'data folder of this node',
    allowed: 'the path of a folder',
  },
  http: {
    value: 'HOST:PORT',
    default: '127.0.0.1:8401',
    help: 'where clients are served',
    allowed: 'HOST:PORT with a port from 1 to 65535',
  },
  'http-advertise': {
    value: 'HOST:PORT',
    default: 'the --http address',
    help: 'how clients and other nodes reach --http',
    allowed: 'HOST:PORT with a port from 1 to 65535',
  },
  peer: {
    value: 'HOST:PORT',
    default: '127.0.0.1:9401',
    help: 'where this node listens for the other nodes',
    allowed: 'HOST:PORT with a port from 1 to 65535',
  },
  node: {
    value: 'ID@HOST:PORT[,zone=Z][,weight=W]',
    multiple: true,
    required: true,
    help: 'a node of the cluster and its peer address; once for every node, this one included',
    allowed:
      'ID@HOST:PORT, then ",zone=NAME" and ",weight=N" if wanted (id 1 to 65535, weight 1 to 1000)',
  },
  'peer-address': {
    value: 'ID=HOST:PORT',
    multiple: true,
    help: 'how this node reaches that node instead (a proxy or NAT between them)',
    allowed: 'ID=HOST:PORT with the id of another node',
  },
  shards: {
    value: 'N',
    default: '12',
    help: 'number of shards; fixed when the cluster is first started',
    allowed: 'a whole number from 1 to 1024',
  },
  replicas: {
    value: '1|3|5',
    default: '3; fewer on fewer nodes',
    help: 'copies of each shard; fixed when the cluster is first started',
    allowed: '1, 3 or 5',
  },
  secret: {
    value: 'TEXT',
    secret: true,
    help:
      'shared secret of the nodes; as a flag, other users of the machine can see it, ' +
      'so prefer the next one',
    allowed: '16 to 1024 characters',
  },
  'secret-file': {
    value: 'FILE',
    help: 'file that holds the shared secret',
    allowed: 'a readable file that holds 16 to 1024 characters',
  },
  insecure: {
    help: 'allow --http and --peer beyond this machine although there is no TLS yet',
    allowed: 'true or false',
  },
  'segment-bytes': {
    value: 'SIZE',
    default: '64MiB',
    help: 'size of one file of the durable log',
    allowed: 'a size from 1MiB to 1GiB (plain bytes, or with KiB, MiB, GiB)',
  },
  'value-bytes-max': {
    value: 'SIZE',
    default: '1MiB',
    help: 'largest value a key may have',
    allowed: 'a size from 1KiB to 4MiB (plain bytes, or with KiB, MiB)',
  },
  'log-level': {
    value: 'LEVEL',
    default: 'info',
    help: 'trace, debug, info, warn, error, fatal or silent',
    allowed: 'one of trace, debug, info, warn, error, fatal, silent',
  },
  'log-format': {
    value: 'FORMAT',
    default: 'json',
    help: 'json for machines, text for people',
    allowed: 'json or text',
  },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof settings;

export const settingNames = Object.keys(settings) as readonly SettingName[];

export function environmentName(name: SettingName): string {
  return `KVORUM_${name.toUpperCase().replaceAll('-', '_')}`;
}
