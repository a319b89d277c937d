import t from 'tap';
import { crossCheck } from '../../src/cli/config-checks.js';
import { withDefaults } from '../../src/cli/config-defaults.js';
import { parseNode, parseNodeAddress } from '../../src/cli/config-nodes.js';
import type { NodeValues } from '../../src/cli/config-schema.js';

const nodes = (...texts: string[]) => texts.map(parseNode).filter((node) => node !== undefined);
const fine: NodeValues = { 'node-id': 1, node: nodes('1@h:1', '2@h:2', '3@h:3') };
const peerAddress = (text: string) =>
  [parseNodeAddress(text)].filter((entry) => entry !== undefined);
const MiB = 1024 ** 2;

/** Each with the one problem it makes, word for word. */
const cases: readonly (readonly [values: NodeValues, problem: string])[] = [
  [{ 'node-id': 4 }, 'node-id is 4 (from --node-id), but the node list (from --node) has 1, 2, 3.'],
  [
    { node: nodes('1@h:1', '1@h:2', '3@h:3') },
    'node names id 1 twice (from --node); every node has its own id.',
  ],
  [
    { node: nodes('1@h:1', '2@h:1', '3@h:3') },
    'node names h:1 twice (from --node); every node has its own address.',
  ],
  [
    { 'peer-address': peerAddress('1=p:1') },
    'peer-address is "1=p:1" (the default), but 1 is this node itself.',
  ],
  [
    { 'peer-address': peerAddress('9=p:1') },
    'peer-address is "9=p:1" (the default), but the node list has no node 9.',
  ],
  [
    { 'peer-address': [...peerAddress('2=p:1'), ...peerAddress('2=p:2')] },
    'peer-address names node 2 twice (the default).',
  ],
  [
    { peer: { host: '10.0.0.1', port: 9401 } },
    'peer is "10.0.0.1:9401" (the default), which other machines can reach, and there is no TLS ' +
      'yet; give --insecure too, or use 127.0.0.1.',
  ],
  [
    { http: { host: '::', port: 80 }, insecure: true },
    'http is "[::]:80" (the default), which nobody can dial; give --http-advertise HOST:PORT too.',
  ],
  [
    { peer: { host: '127.0.0.1', port: 8401 } },
    'http and peer are both "127.0.0.1:8401"; each needs its own port.',
  ],
  [
    { 'value-bytes-max': 2 * MiB, 'segment-bytes': 4 * MiB },
    'value-bytes-max is 2 MiB (the default), but segment-bytes is 4 MiB (the default); ' +
      'a segment must be at least 4 times the largest value.',
  ],
];

t.test('settings that do not go together', async (t) => {
  const raw = new Map([
    ['node-id', { value: '4', source: '--node-id', rank: 0 }],
    ['node', { value: [], source: '--node', rank: 0 }],
  ] as const);
  t.same(crossCheck(withDefaults(fine), raw), []);
  for (const [values, problem] of cases) {
    t.same(crossCheck(withDefaults({ ...fine, ...values }), raw), [problem]);
  }
});

t.test('what is missing or wrong by itself makes no second problem', async (t) => {
  t.same(crossCheck(withDefaults({}), new Map()), []);
});

t.test('insecure allows an address beyond this machine', async (t) => {
  const http = { host: '10.0.0.1', port: 8401 };
  t.same(crossCheck(withDefaults({ ...fine, http, insecure: true }), new Map()), []);
});
