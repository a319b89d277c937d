import t from 'tap';
import {
  balancerBody,
  clusterBody,
  executeBody,
  joinBody,
  limitsBody,
  nodeChangeBody,
  pinBody,
  planBody,
  reasonBody,
} from '../../src/http/cluster-schemas.js';

t.test('bodies are taken as they should be, and nothing else', async (t) => {
  const cases: readonly (readonly [
    { safeParse(v: unknown): { success: boolean } },
    unknown,
    boolean,
  ])[] = [
    [reasonBody, undefined, true],
    [reasonBody, null, true],
    [reasonBody, { reason: 'x' }, true],
    [reasonBody, { raeson: 'x' }, false],
    [planBody, { goal: { kind: 'balance' } }, true],
    [planBody, { goal: { kind: 'drain', node: 3 }, reason: 'r' }, true],
    [planBody, { goal: 'balance' }, false],
    [planBody, { goal: { kind: 'drain' } }, false],
    [planBody, { goal: { kind: 'drain', node: 3, when: 1 } }, false],
    [planBody, { goal: { kind: 'replication', replicas: 2 } }, false],
    [executeBody, { limits: { max_per_node: 1 } }, true],
    [executeBody, { limits: { max_per_node: 0 } }, false],
    [limitsBody, { max_bytes_per_s: 1 }, true],
    [limitsBody, { max_bytes_per_second: 1 }, false],
    [nodeChangeBody, { weight: 2 }, true],
    [nodeChangeBody, { weight: 0 }, false],
    [joinBody, { peer_address: 'a:1', http_address: 'a:2', version: '1', store_id: 's' }, true],
    [joinBody, { peer_address: 'a:1' }, false],
    [pinBody, { shard: 1, node: 2, kind: 'leader' }, true],
    [pinBody, { shard: 1, node: 2, kind: 'there' }, false],
    [clusterBody, { dead_after_ms: 60_000 }, true],
    [clusterBody, { dead_after_ms: 1 }, false],
    [balancerBody, { auto_split: { bytes: 5 } }, true],
    [balancerBody, { windows: [{ from: '22:00', to: '06:00', days: ['mon'] }] }, true],
    [balancerBody, { windows: [{ from: '24:00', to: '06:00' }] }, false],
    [balancerBody, { paused_until: null }, true],
    [balancerBody, { paused_until: 'tomorrow' }, false],
  ];
  for (const [schema, body, accepted] of cases) {
    t.equal(schema.safeParse(body).success, accepted, JSON.stringify(body));
  }
});
