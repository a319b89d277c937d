/** What stands until it is changed: pins, and what the balancer may do. Pure decisions. */
import { KvError } from '../errors.js';
import { audited } from './audit-log.js';
import type { Author } from './author.js';
import type {
  BalancerSettings,
  ClusterDocuments,
  Decision,
  PinDocument,
} from './cluster-documents.js';
import type { Pin } from './cluster-view.js';
import { nextNumber } from './document-numbers.js';
import { repeatedIn } from './job-commands.js';
import { nodeIn } from './node-commands.js';

/** The same pin again is the one that is there. */
export function addPin(
  documents: ClusterDocuments,
  pin: Omit<Pin, 'id'>,
  author: Author,
): Decision<PinDocument> {
  const { shard, node, kind } = pin;
  const repeated = repeatedIn(documents.pins, author);
  const pins = [...documents.pins.values()];
  const same = pins.find((p) => p.shard === shard && p.node === node && p.kind === kind);
  const known = repeated ?? same;
  if (known !== undefined) return { changes: new Map(), answer: known };
  if (!documents.shards.has(shard)) {
    throw new KvError('shard_not_found', { shard }, `There is no shard ${shard}.`);
  }
  nodeIn(documents, node);
  const against = pins.find((other) => contradict(other, pin));
  if (against !== undefined) {
    const words = `Pin ${against.id} says the contrary; remove it first.`;
    throw new KvError('plan_refused', { refusal: 'pinned' }, words);
  }
  const { actor, reason, nowMs: createdAtMs, idempotency } = author;
  const id = nextNumber(documents.pins);
  const kept: PinDocument = {
    ...{ id, shard, node, kind, actor, reason, createdAtMs },
    ...(idempotency !== undefined && { idempotency }),
  };
  const change = { action: 'pin.create', subject: `pins/${id}`, after: { shard, node, kind } };
  const changes = audited(documents, author, change, [[`pins/${id}`, kept]]);
  return { changes, answer: kept };
}

function contradict(a: Omit<Pin, 'id'>, b: Omit<Pin, 'id'>): boolean {
  if (a.shard !== b.shard) return false;
  if (a.kind === 'leader' && b.kind === 'leader') return a.node !== b.node;
  return a.node === b.node && (a.kind === 'no-replica') !== (b.kind === 'no-replica');
}

export function removePin(
  documents: ClusterDocuments,
  id: string,
  author: Author,
): Decision<PinDocument> {
  const pin = documents.pins.get(id);
  if (pin === undefined) throw new KvError('pin_not_found', {}, `There is no pin ${id}.`);
  const { shard, node, kind } = pin;
  const change = { action: 'pin.remove', subject: `pins/${id}`, before: { shard, node, kind } };
  const changes = audited(documents, author, change, [[`pins/${id}`, undefined]]);
  return { changes, answer: pin };
}

/** After how long without a word a node's replicas are built elsewhere. */
export function changeDeadAfter(
  documents: ClusterDocuments,
  deadAfterMs: number,
  author: Author,
): Decision<number> {
  const { settings } = documents;
  const before = { deadAfterMs: settings.deadAfterMs };
  const change = { action: 'settings.change', subject: 'settings', before, after: { deadAfterMs } };
  const changes = [['settings', { ...settings, deadAfterMs }] as const];
  return { changes: audited(documents, author, change, changes), answer: deadAfterMs };
}

export type BalancerChange = Partial<Omit<BalancerSettings, 'autoSplit' | 'autoMerge'>> & {
  readonly autoSplit?: Partial<BalancerSettings['autoSplit']> | undefined;
  readonly autoMerge?: Partial<BalancerSettings['autoMerge']> | undefined;
};

export function changeBalancer(
  documents: ClusterDocuments,
  wanted: BalancerChange,
  author: Author,
): Decision<BalancerSettings> {
  const { settings } = documents;
  const before = settings.balancer;
  const after: BalancerSettings = {
    ...before,
    ...wanted,
    autoSplit: { ...before.autoSplit, ...wanted.autoSplit },
    autoMerge: { ...before.autoMerge, ...wanted.autoMerge },
  };
  const change = {
    action: 'balancer.change',
    subject: 'settings',
    before: { ...before },
    after: { ...after },
  };
  const changes = [['settings', { ...settings, balancer: after }] as const];
  return { changes: audited(documents, author, change, changes), answer: after };
}
