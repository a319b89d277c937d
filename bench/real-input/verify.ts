/**
 * Reads everything back, linearizably, from one node: content byte for byte, content type,
 * revision, and that what was refused is not there.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpClient, type ReadAnswer } from '../../test/system/http-client.js';
import type { Entry, Ledger } from './ledger.js';

export interface ReadCounts {
  reads: number;
  bytes: number;
  retries: number;
  /** Answers from another node's replica, after which the own one was asked again. */
  elsewhere: number;
  /** Writes that ended `unknown` and appeared after a later write was acknowledged. */
  late: number;
}

const attemptsMax = 20;
const retryAfterMs = 250;

export async function verify(
  ledger: Ledger,
  node: { readonly id: number; readonly origin: string },
  concurrency: number,
): Promise<ReadCounts> {
  const client = new HttpClient(node.origin, concurrency);
  const counts: ReadCounts = { reads: 0, bytes: 0, retries: 0, elsewhere: 0, late: 0 };
  const { entries } = ledger;
  let next = 0;
  const reader = async () => {
    for (let entry = entries[next++]; entry !== undefined; entry = entries[next++]) {
      const answer = await read(client, { entry, node: node.id, counts });
      counts.reads += 1;
      counts.bytes += answer.body.length;
      const wrong = await judge(entry, answer, counts);
      if (wrong !== undefined) ledger.mismatch(entry, `node ${node.id}: ${wrong}`);
      if (answer.status !== undefined && answer.node !== node.id) {
        ledger.mismatch(entry, `node ${node.id} always asks node ${answer.node}`);
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, reader));
  await client.close();
  return counts;
}

/**
 * Until this node's own replica answers. While a leadership moves, a node may have another one
 * answer, and that would say nothing of what this one holds.
 */
async function read(
  client: HttpClient,
  { entry, node, counts }: { entry: Entry; node: number; counts: ReadCounts },
): Promise<ReadAnswer> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await client.get(entry.input.key);
    const transient = isTransient(answer);
    const elsewhere = answer.node !== undefined && answer.node !== node;
    if (attempt === attemptsMax || !(transient || elsewhere)) return answer;
    if (transient) counts.retries += 1;
    else counts.elsewhere += 1;
    await sleep(retryAfterMs);
  }
}

function isTransient({ status }: ReadAnswer): boolean {
  return status === undefined || status === 429 || status >= 500;
}

/** What is wrong, in words. */
async function judge(
  entry: Entry,
  answer: ReadAnswer,
  counts: ReadCounts,
): Promise<string | undefined> {
  const { acknowledged: last, input } = entry;
  const status = `${answer.status} ${answer.code ?? ''}`.trim();
  if (last === undefined) {
    const expected = input.refusal === 400 ? 400 : 404;
    return answer.status === expected ? undefined : `answers ${status}, not ${expected}`;
  }
  if (answer.outcome !== 'found') return `answers ${status}; revision ${last.revision} is lost`;
  const { revision = 0 } = answer;
  if (revision === last.revision) return compare(last.source, answer);
  if (revision < last.revision) return `has revision ${revision}, not ${last.revision}`;
  for (const source of entry.unknown) {
    if ((await compare(source, answer)) !== undefined) continue;
    counts.late += 1;
    return undefined;
  }
  return `has revision ${revision} after ${last.revision}, which nobody wrote`;
}

async function compare(source: Entry['input'], answer: ReadAnswer): Promise<string | undefined> {
  const value = await source.read();
  if (!answer.body.equals(value)) {
    const sizes = `${answer.body.length} bytes for ${value.length}`;
    return `revision ${answer.revision} has another content (${sizes})`;
  }
  const type = answer.headers['content-type'];
  return type === source.contentType ? undefined : `has Content-Type ${type}`;
}
