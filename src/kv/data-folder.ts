/**
 * The data folder of one node: who it belongs to, and that only one process uses it.
 *
 *     <dir>/node.json    identity and cluster configuration, written once at the first start
 *     <dir>/peers.json   store ids of the peers met so far
 *     <dir>/lock         held while a process uses the folder        <dir>/pid   whose it is
 *     <dir>/wal/         the Raft log                                <dir>/state/   SQLite
 *
 * A folder is bound to its node at the first start. Everything another node relies on is compared
 * at each later start: a folder under another node's id would vote in that node's name, and
 * another configuration would compute another shard map. Addresses may change and are not kept.
 */
import { randomBytes } from 'node:crypto';
import { readdirSync, type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import {
  clusterConfigurationSchema,
  configurationDigest,
  type NodeIdentity,
  nodeIdMax,
} from './cluster-configuration.js';
import { DataFolderError, refuseDifference } from './data-folder-error.js';
import { createFolder, DamagedFile, readDurableJson, writeDurableJson } from './durable-json.js';
import { FolderLock, lockFileName, lockHolder, pidFileName } from './folder-lock.js';
import { PeerIdentitiesFile, storeIdPattern } from './peer-identities.js';

/** Of the folder as a whole. A greater one was written by a newer Kvorum and is refused. */
export const dataFolderFormatVersion = 1;
export const clusterIdCharactersMax = 64;
export const clusterIdPattern = /^[A-Za-z0-9._-]+$/;

export interface DataFolder {
  readonly path: string;
  readonly walPath: string;
  readonly statePath: string;
  readonly identity: NodeIdentity;
  /** Random, made with the folder: a wiped node has another one. 32 hex digits. */
  readonly storeId: string;
  readonly configurationDigest: string;
  readonly peers: PeerIdentitiesFile;
  /** True when this start made the folder. */
  readonly created: boolean;
  /** Frees the folder for another process. Idempotent; the last thing a node does. */
  close(): void;
}

const nodeFileSchema = z.strictObject({
  formatVersion: z.literal(dataFolderFormatVersion),
  clusterId: z.string().min(1).max(clusterIdCharactersMax).regex(clusterIdPattern),
  nodeId: z.int().min(1).max(nodeIdMax),
  storeId: z.string().regex(storeIdPattern),
  configuration: clusterConfigurationSchema,
  configurationDigest: z.string(),
});
type NodeFile = z.infer<typeof nodeFileSchema>;

const nodeFileName = 'node.json';
const peersFileName = 'peers.json';
const walFolderName = 'wal';
const stateFolderName = 'state';

/** Opens the folder, or makes it at the first start. Rejects with DataFolderError. */
export async function openDataFolder(path: string, identity: NodeIdentity): Promise<DataFolder> {
  await makeFolder(path);
  refuseForeign(path);
  const lock = takeLock(path);
  try {
    const kept = await readNodeFile(path);
    if (kept !== undefined) refuseDifference(path, kept, identity);
    const nodeFile = kept ?? (await createFiles(path, identity));
    const peers = await openPeers(path);
    return {
      path,
      walPath: join(path, walFolderName),
      statePath: join(path, stateFolderName),
      identity: {
        clusterId: nodeFile.clusterId,
        nodeId: nodeFile.nodeId,
        configuration: nodeFile.configuration,
      },
      storeId: nodeFile.storeId,
      configurationDigest: nodeFile.configurationDigest,
      peers,
      created: kept === undefined,
      close: () => lock.release(),
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function makeFolder(path: string): Promise<void> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException): Stats | undefined => {
    if (error.code === 'ENOENT') return undefined;
    throw unusable(path, error);
  });
  if (found !== undefined && !found.isDirectory()) {
    throw new DataFolderError('not_a_folder', path, 'it is a file; name a folder');
  }
  await createFolder(path).catch((error: unknown) => {
    throw unusable(path, error);
  });
}

/** Runs before anything is written into the folder: what is not ours stays untouched. */
function refuseForeign(path: string): void {
  const names = listFolder(path);
  if (names.includes(nodeFileName)) return;
  const unexpected = names.filter((name) => !mayPrecedeNodeFile(path, name));
  if (unexpected.length === 0) return;
  const shown = unexpected.slice(0, 3).join(', ');
  throw new DataFolderError(
    'foreign_folder',
    path,
    `it is not empty (${shown}${unexpected.length > 3 ? ', ...' : ''}) and has no ` +
      `${nodeFileName}, so it is not a data folder; name an empty or new folder, or restore ` +
      `${nodeFileName} if it was lost`,
  );
}

/** What a first start that was interrupted may have left: node.json is written last. */
function mayPrecedeNodeFile(path: string, name: string): boolean {
  if (name === walFolderName || name === stateFolderName) {
    try {
      return readdirSync(join(path, name)).length === 0;
    } catch {
      return false;
    }
  }
  const leftovers = [nodeFileName, peersFileName].map((file) => `${file}.tmp`);
  return [lockFileName, pidFileName, peersFileName, ...leftovers].includes(name);
}

function listFolder(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    throw unusable(path, error);
  }
}

function takeLock(path: string): FolderLock {
  let lock: FolderLock | undefined;
  try {
    lock = FolderLock.take(path);
  } catch (error) {
    throw unusable(path, error);
  }
  if (lock !== undefined) return lock;
  const pid = lockHolder(path);
  const holder = pid === undefined ? '' : ` (process ${pid})`;
  throw new DataFolderError('in_use', path, `a node is already running there${holder}`);
}

async function readNodeFile(path: string): Promise<NodeFile | undefined> {
  const content = await readDurableJson(join(path, nodeFileName)).catch((error: unknown) => {
    throw error instanceof DamagedFile
      ? damaged(path, nodeFileName, error.message)
      : unusable(path, error);
  });
  if (content === undefined) return undefined;
  const version = z.object({ formatVersion: z.int() }).safeParse(content);
  if (version.success && version.data.formatVersion > dataFolderFormatVersion) {
    throw new DataFolderError(
      'newer_format',
      path,
      `its format version is ${version.data.formatVersion}, this Kvorum knows ` +
        `${dataFolderFormatVersion}; start a newer one`,
    );
  }
  const parsed = nodeFileSchema.safeParse(content);
  if (!parsed.success) throw damaged(path, nodeFileName, z.prettifyError(parsed.error));
  if (parsed.data.configurationDigest !== configurationDigest(parsed.data.configuration)) {
    throw damaged(path, nodeFileName, 'the digest does not match the configuration');
  }
  return parsed.data;
}

/** node.json last: as long as it is missing, the first start has not happened. */
async function createFiles(path: string, identity: NodeIdentity): Promise<NodeFile> {
  const nodeFile = nodeFileSchema.parse({
    formatVersion: dataFolderFormatVersion,
    clusterId: identity.clusterId,
    nodeId: identity.nodeId,
    storeId: randomBytes(16).toString('hex'),
    configuration: identity.configuration,
    configurationDigest: configurationDigest(identity.configuration),
  });
  try {
    await createFolder(join(path, walFolderName));
    await createFolder(join(path, stateFolderName));
    await PeerIdentitiesFile.create(join(path, peersFileName));
    await writeDurableJson(join(path, nodeFileName), nodeFile);
  } catch (error) {
    throw unusable(path, error);
  }
  return nodeFile;
}

function openPeers(path: string): Promise<PeerIdentitiesFile> {
  return PeerIdentitiesFile.open(join(path, peersFileName)).catch((error: unknown) => {
    if (error instanceof DamagedFile) throw damaged(path, peersFileName, error.message);
    throw unusable(path, error);
  });
}

function damaged(path: string, file: string, what: string): DataFolderError {
  return new DataFolderError(
    'damaged_file',
    path,
    `${file} is damaged: ${what}; restore it from a backup, or let this node join anew under an ` +
      'id that was never used',
  );
}

function unusable(path: string, error: unknown): DataFolderError {
  const reason = error instanceof Error ? error.message : String(error);
  return new DataFolderError('folder_unusable', path, `it cannot be read and written: ${reason}`);
}
