import t from 'tap';
import { parseNode, parseNodeAddress } from '../../src/cli/config-nodes.js';

t.test('a node of the list', async (t) => {
  t.same(parseNode('1@127.0.0.1:9401'), {
    node: 1,
    address: '127.0.0.1:9401',
    zone: '1',
    weight: 1,
  });
  t.same(parseNode('7@[::1]:9401,weight=20,zone=rack-b'), {
    node: 7,
    address: '[::1]:9401',
    zone: 'rack-b',
    weight: 20,
  });
  const wrong = [
    ...['', '1', '@h:1', '1@', '1@h', '0@h:1', '65536@h:1', 'x@h:1', '1@h:1,', '1@h:1,zone='],
    ...['1@h:1,zone=a,zone=b', '1@h:1,weight=0', '1@h:1,weight=1001', '1@h:1,weight=1.5'],
    ...['1@h:1,rack=a', '1@h:1,zone=a b', '1@h:1;zone=a', '1@2@h:1'],
  ];
  for (const text of wrong) t.equal(parseNode(text), undefined, text);
});

t.test('how a node is reached instead', async (t) => {
  t.same(parseNodeAddress('2=proxy:7000'), { node: 2, address: 'proxy:7000' });
  for (const wrong of ['', '2', '2=', '=h:1', '0=h:1', '2=h', '2@h:1']) {
    t.equal(parseNodeAddress(wrong), undefined, wrong);
  }
});
