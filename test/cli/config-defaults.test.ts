import t from 'tap';
import { withDefaults } from '../../src/cli/config-defaults.js';
import { parseNode } from '../../src/cli/config-nodes.js';

const nodes = (count: number) =>
  Array.from({ length: count }, (_, i) => parseNode(`${count - i}@h:${i + 1}`)).filter(
    (node) => node !== undefined,
  );

t.test('replicas: three, of which few nodes carry fewer', async (t) => {
  const replicas = (count: number) => withDefaults({ node: nodes(count) }).replicas;
  t.same([1, 2, 3, 5, 100].map(replicas), [3, 3, 3, 3, 3]);
});

t.test('nodes are sorted; the others are reached by the list or by what replaces it', async (t) => {
  const given = withDefaults({
    'node-id': 2,
    node: nodes(3),
    'peer-address': [{ node: 3, address: 'proxy:7' }],
  });
  t.same(
    given.nodes.map(({ node }) => node),
    [1, 2, 3],
  );
  t.same(
    [...given.peerAddresses],
    [
      [1, 'h:3'],
      [3, 'proxy:7'],
    ],
  );
});

t.test('a node advertises where it listens', async (t) => {
  t.equal(withDefaults({}).httpAdvertise, '127.0.0.1:8401');
  const http = { host: '0.0.0.0', port: 80 };
  t.equal(withDefaults({ http }).advertised, false, 'nobody can dial 0.0.0.0');
  const advertised = { http, 'http-advertise': { host: 'example.org', port: 80 } };
  t.match(withDefaults(advertised), { advertised: true, httpAdvertise: 'example.org:80' });
});
