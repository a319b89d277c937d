/** The meta group's documents in memory: changed one decision after the other, checked as kept. */
import { auditDocumentSchema } from '../../../src/kv/balance/audit-document.js';
import type {
  ClusterDocuments,
  Decision,
  DocumentStore,
  NodeDocument,
  PinDocument,
  SettingsDocument,
  ShardDocument,
} from '../../../src/kv/balance/cluster-documents.js';
import { jobDocumentSchema } from '../../../src/kv/balance/job-document.js';
import { planDocumentSchema } from '../../../src/kv/balance/plan-document.js';

export const settings: SettingsDocument = {
  replicas: 3,
  deadAfterMs: 600_000,
  balancer: {
    enabled: true,
    windows: [],
    maxConcurrent: 4,
    maxPerNode: 2,
    maxBytesPerSecond: 10_000_000,
    autoSplit: { enabled: true, bytes: 1e9, requestsPerSecond: 1e4, shardsMax: 100 },
    autoMerge: { enabled: true, bytes: 1e6, requestsPerSecond: 10, shardsMin: 4, quietMs: 6e5 },
  },
};

export function nodeDocument(id: number, more: Partial<NodeDocument> = {}): NodeDocument {
  return {
    id,
    zone: `z${id}`,
    weight: 1,
    state: 'up',
    stateSinceMs: 0,
    draining: false,
    peerAddress: `10.0.0.${id}:9401`,
    httpAddress: `10.0.0.${id}:8401`,
    version: '1.0.0',
    ...more,
  };
}

export class FakeDocuments implements DocumentStore {
  readonly all = new Map<string, object>();
  /** Every name that was written, in order. */
  readonly written: string[] = [];
  /** Runs before a decision is made: what others do meanwhile. */
  meanwhile: (() => void) | undefined;
  readonly #listeners = new Set<() => void>();
  #view: ClusterDocuments | undefined;

  constructor() {
    this.put('settings', settings);
    this.put('map', { epoch: 1, nextGroup: 100 });
  }

  documents(): ClusterDocuments {
    this.#view ??= {
      nodes: this.#numbered<NodeDocument>('nodes'),
      map: this.all.get('map') as ClusterDocuments['map'],
      shards: this.#numbered<ShardDocument>('shards'),
      settings: this.all.get('settings') as SettingsDocument,
      pins: this.#named<PinDocument>('pins'),
      plans: this.#named('plans'),
      jobs: this.#named('jobs'),
      audit: this.#numbered('audit'),
    };
    return this.#view;
  }

  async transact<T>(decide: (documents: ClusterDocuments) => Decision<T>): Promise<T> {
    await Promise.resolve();
    this.meanwhile?.();
    const { changes, answer } = decide(this.documents());
    for (const [name, content] of changes) {
      this.written.push(name);
      this.put(name, content);
    }
    if (changes.size > 0) for (const run of [...this.#listeners]) run();
    return answer;
  }

  onChange(run: () => void): () => void {
    this.#listeners.add(run);
    return () => this.#listeners.delete(run);
  }

  put(name: string, content: object | undefined): void {
    this.#view = undefined;
    if (content === undefined) this.all.delete(name);
    else this.all.set(name, checked(name, structuredClone(content)));
  }

  #named<T>(kind: string): Map<string, T> {
    const found = new Map<string, T>();
    for (const [name, content] of this.all) {
      if (name.startsWith(`${kind}/`)) found.set(name.slice(kind.length + 1), content as T);
    }
    return found;
  }

  #numbered<T>(kind: string): Map<number, T> {
    const found = [...this.#named<T>(kind)].map(([id, content]) => [Number(id), content] as const);
    return new Map(found.sort(([a], [b]) => a - b));
  }
}

function checked(name: string, content: object): object {
  if (name.startsWith('jobs/')) return jobDocumentSchema.parse(content);
  if (name.startsWith('plans/')) return planDocumentSchema.parse(content);
  if (name.startsWith('audit/')) return auditDocumentSchema.parse(content);
  return content;
}
