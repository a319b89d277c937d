/** A world in which all is well, for tests that then break one thing. */
import {
  configurationBytes,
  putConfiguration,
} from '../../../src/raft/core/configuration-codec.js';
import type { Configuration, Entry } from '../../../src/raft/core/types.js';
import type { Operation } from '../observer.js';
import { entry, FakeWorld, group } from './fake-world.js';
export const noCondition = {};

export function changeTo(index: number, term: number, next: Configuration): Entry {
  const data = Buffer.alloc(configurationBytes(next));
  putConfiguration(new DataView(data.buffer, data.byteOffset, data.length), 0, next);
  return { index, term, kind: 2, data };
}

export function operation(id: number, kind: Operation['kind'], value?: string): Operation {
  const asked = { id, client: 1, node: 1, kind, key: 'k', value, condition: noCondition };
  return { ...asked, maxStalenessMs: undefined, timeoutMs: 1_000, invokedMs: 0 };
}

export const created = (shardRevision: number) => ({ outcome: 'created', shardRevision }) as const;
export const written = (shardRevision: number) =>
  ({ type: 'ok', write: { shard: group, node: 1, ...created(shardRevision) } }) as const;

/** Node 1 leads, and `entry(1, 1)` is committed and applied everywhere. */
export function calm(): FakeWorld {
  const world = new FakeWorld().elected();
  for (const node of world.fakes) {
    node.becomes({ term: 1, commit: 1 });
    node.applies([entry(1, 1)], [created(1)]).becomes({ applied: 1 });
  }
  return world;
}

/** Node 2 leads term 2 with what it has. */
export function succeeded(world: FakeWorld): FakeWorld {
  for (const id of [2, 3]) world.node(id).vote(2, 2);
  world.node(2).becomes({ role: 'leader', term: 2 });
  return world;
}
