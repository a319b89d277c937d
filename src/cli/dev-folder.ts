/**
 * The folder of a development cluster: what it was started with, the shared secret, one
 * configuration file, data folder and log per node, and a lock.
 *
 *   cluster.json   nodes, shards, replicas, ports, cluster id     secret        mode 0600
 *   node-1.json    for `kvorum start --config`                    node-1/       its data
 *   node-1.log     what it wrote                                  lock, pid     who uses the folder
 */
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { FolderLock, lockHolder } from '../kv/folder-lock.js';
import { type Address, formatAddress } from './address.js';
import { CommandError, UsageError } from './command-errors.js';
import { exitCodes } from './exit-codes.js';

export interface DevNode {
  readonly id: number;
  readonly http: Address;
  readonly peer: Address;
  readonly dir: string;
  readonly logFile: string;
  readonly configFile: string;
}

/** What the flags asked for; undefined: not given. */
export interface WantedCluster {
  readonly dir: string;
  readonly nodes: number | undefined;
  readonly shards: number | undefined;
  readonly replicas: 1 | 3 | 5 | undefined;
  readonly port: number | undefined;
  readonly peerPort: number | undefined;
}

const clusterSchema = z.strictObject({
  format: z.literal(1),
  clusterId: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/),
  nodes: z.int().min(1).max(100),
  shards: z.int().min(1).max(1024),
  replicas: z.union([z.literal(1), z.literal(3), z.literal(5)]),
  port: z.int().min(1).max(65_535),
  peerPort: z.int().min(1).max(65_535),
});

export type DevCluster = z.output<typeof clusterSchema>;

const segmentBytes = 4 * 1024 ** 2;

export class DevFolder {
  readonly dir: string;
  readonly cluster: DevCluster;
  readonly nodes: readonly DevNode[];
  /** True when the folder held this cluster before. */
  readonly resumed: boolean;
  readonly #lock: FolderLock;

  /** Takes the folder, or throws a CommandError or UsageError that says why not. */
  constructor(wanted: WantedCluster) {
    this.dir = resolve(wanted.dir);
    refuseForeignFolder(this.dir, wanted.dir);
    makeFolder(this.dir, wanted.dir);
    this.#lock = lockFolder(this.dir, wanted.dir);
    try {
      const before = readCluster(this.dir);
      this.resumed = before !== undefined;
      this.cluster = decideCluster(wanted, before);
      this.nodes = listNodes(this.dir, this.cluster);
      this.#write();
    } catch (error) {
      this.#lock.release();
      throw error;
    }
  }

  close(): void {
    this.#lock.release();
  }

  #write(): void {
    const secretFile = join(this.dir, 'secret');
    if (!existsSync(secretFile)) {
      writeWhole(secretFile, `${randomBytes(32).toString('hex')}\n`, 0o600);
    }
    for (const node of this.nodes) {
      const settings = {
        'node-id': node.id,
        'cluster-id': this.cluster.clusterId,
        dir: node.dir,
        http: formatAddress(node.http),
        peer: formatAddress(node.peer),
        node: this.nodes.map(({ id, peer }) => `${id}@${formatAddress(peer)}`),
        shards: this.cluster.shards,
        replicas: this.cluster.replicas,
        'secret-file': secretFile,
        'segment-bytes': segmentBytes,
        'log-format': 'text',
      };
      writeWhole(node.configFile, `${JSON.stringify(settings, null, 2)}\n`);
    }
    writeWhole(join(this.dir, 'cluster.json'), `${JSON.stringify(this.cluster, null, 2)}\n`);
  }
}

function refuseForeignFolder(dir: string, shown: string): void {
  if (!existsSync(dir)) return;
  let names: string[];
  try {
    names = readdirSync(dir);
  } catch (error) {
    throw cannotUse(shown, error);
  }
  const ours = new Set(['cluster.json', 'lock', 'lock-journal', 'pid', 'secret']);
  const foreign = names.find((name) => !ours.has(name) && !/^node-\d+(\.json|\.log)?/.test(name));
  if (foreign === undefined) return;
  throw new CommandError(
    `${shown} holds other files (${foreign}). Choose an empty or new folder with --dir.`,
    exitCodes.failed,
  );
}

function makeFolder(dir: string, shown: string): void {
  try {
    makeMissing(dir);
  } catch (error) {
    throw cannotUse(shown, error);
  }
}

/** Not by `recursive`, which never returns in /proc: the parent is there and answers ENOENT. */
function makeMissing(dir: string): void {
  if (existsSync(dir)) return;
  makeMissing(dirname(dir));
  mkdirSync(dir, { mode: 0o700 });
}

function cannotUse(dir: string, error: unknown): CommandError {
  const why = error instanceof Error ? error.message : String(error);
  return new CommandError(`The folder ${dir} cannot be used: ${why}.`, exitCodes.failed);
}

function lockFolder(dir: string, shown: string): FolderLock {
  let lock: FolderLock | undefined;
  try {
    lock = FolderLock.take(dir);
  } catch (error) {
    throw cannotUse(shown, error);
  }
  if (lock !== undefined) return lock;
  const holder = lockHolder(dir);
  const process = holder === undefined ? '' : ` (process ${holder})`;
  throw new CommandError(
    `${shown} is in use by another kvorum dev${process}. Stop that one, or choose another --dir.`,
    exitCodes.failed,
  );
}

function readCluster(dir: string): DevCluster | undefined {
  const file = join(dir, 'cluster.json');
  if (!existsSync(file)) return undefined;
  try {
    return clusterSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    throw new CommandError(
      `${file} is damaged or of another version. Restore it, or choose another --dir.`,
      exitCodes.failed,
    );
  }
}

/** Nodes, shards and replicas are fixed when a cluster is born; ports may change between runs. */
function decideCluster(wanted: WantedCluster, before: DevCluster | undefined): DevCluster {
  if (before) refuseContradictions(wanted, before);
  const nodes = before?.nodes ?? wanted.nodes ?? 3;
  const cluster: DevCluster = {
    format: 1,
    clusterId: before?.clusterId ?? `dev-${randomBytes(6).toString('hex')}`,
    nodes,
    shards: before?.shards ?? wanted.shards ?? 12,
    replicas: before?.replicas ?? wanted.replicas ?? 3,
    port: wanted.port ?? before?.port ?? 8401,
    peerPort: wanted.peerPort ?? before?.peerPort ?? 9401,
  };
  for (const [flag, port] of [
    ['port', cluster.port],
    ['peer-port', cluster.peerPort],
  ] as const) {
    if (port + nodes - 1 > 65_535) {
      throw new UsageError(`--${flag} ${port} leaves no room for ${nodes} nodes below 65536.`);
    }
  }
  if (Math.abs(cluster.port - cluster.peerPort) < nodes) {
    throw new UsageError(
      `--port ${cluster.port} and --peer-port ${cluster.peerPort} overlap: ` +
        `${nodes} nodes take ${nodes} ports from each.`,
    );
  }
  return cluster;
}

function refuseContradictions(wanted: WantedCluster, before: DevCluster): void {
  for (const name of ['nodes', 'shards', 'replicas'] as const) {
    const asked = wanted[name];
    if (asked === undefined || asked === before[name]) continue;
    throw new UsageError(
      `${wanted.dir} holds a cluster of ${before.nodes} nodes, ${before.shards} shards and ` +
        `${before.replicas} replicas; --${name} ${asked} contradicts it. Leave the flag out to ` +
        'resume that cluster, or choose another --dir for a new one.',
    );
  }
}

function listNodes(dir: string, { nodes, port, peerPort }: DevCluster): DevNode[] {
  return Array.from({ length: nodes }, (_, i) => ({
    id: i + 1,
    http: { host: '127.0.0.1', port: port + i },
    peer: { host: '127.0.0.1', port: peerPort + i },
    dir: join(dir, `node-${i + 1}`),
    logFile: join(dir, `node-${i + 1}.log`),
    configFile: join(dir, `node-${i + 1}.json`),
  }));
}

/** Whole or not at all, also when the process dies meanwhile. */
function writeWhole(file: string, content: string, mode = 0o644): void {
  writeFileSync(`${file}.new`, content, { mode });
  renameSync(`${file}.new`, file);
}
