/**
 * How many files this process may have open, and what of that clients may take. A connection is a
 * descriptor like the log's next segment: without a bound of their own, clients could take the
 * last one, and a log that cannot open its segment stops the node.
 */
import { readFile } from 'node:fs/promises';
import { LOG_BYTES_DEFAULT } from '../raft/wal/format.js';

/** SQLite, the program's own files, event loops of threads; a quiet node has about 45 open. */
const ownFiles = 128;
/** Streams of peers whose handshake is not over, on the peer port. */
const halfOpenStreams = 128;
const streamsPerPeer = 4;
/** However low the limit, clients get this share of it. */
const shareMin = 1 / 4;

/** Undefined where it cannot be read. Node has raised the soft limit to the hard one by now. */
export async function openFileLimit(): Promise<number | undefined> {
  try {
    return parseOpenFileLimit(await readFile('/proc/self/limits', 'utf8'));
  } catch {
    return undefined;
  }
}

export function parseOpenFileLimit(limits: string): number | undefined {
  const soft = /^Max open files\s+(\S+)/m.exec(limits)?.[1];
  if (soft === 'unlimited') return Number.POSITIVE_INFINITY;
  return soft === undefined ? undefined : Number(soft);
}

/** Connections of clients that leave the node what it needs for itself. */
export function clientConnections(
  openFiles: number,
  needs: { readonly segmentBytes: number; readonly peers: number },
): number {
  const segments = Math.ceil(LOG_BYTES_DEFAULT / needs.segmentBytes) + 1;
  const kept = ownFiles + segments + halfOpenStreams + streamsPerPeer * needs.peers;
  return Math.max(Math.floor(openFiles * shareMin), openFiles - kept);
}
