/** Whoever does not belong is refused, with the reason in the log of both sides. */
import { connect } from 'node:net';
import t from 'tap';
import { encodeHello, makeHello } from '../../../src/raft/transport/hello.js';
import type { SocketTransportOptions } from '../../../src/raft/transport/socket-transport.js';
import { addressOf, isConnected, makeNode, type TestNode, until } from './socket-cluster.js';
import { TcpProxy } from './tcp-proxy.js';

interface Case {
  readonly name: string;
  /** What is different about the node that dials node 1. */
  readonly node?: number;
  readonly changes?: Partial<SocketTransportOptions>;
  readonly dialledAs?: number;
  readonly prepare?: (one: TestNode, two: TestNode) => void;
  readonly code: string;
  readonly message: RegExp;
}

const cases: readonly Case[] = [
  {
    name: 'another cluster',
    changes: { clusterId: 'other' },
    code: 'wrong-cluster',
    message: /node 1 belongs to cluster "test", node 2 to cluster "other"/,
  },
  {
    name: 'another configuration',
    changes: { configurationDigest: 'changed' },
    code: 'configuration-differs',
    message: /digests "digest" and "changed"/,
  },
  {
    name: 'another secret',
    changes: { secret: 'not the secret of that cluster' },
    code: 'wrong-secret',
    message: /do not have the same cluster secret/,
  },
  {
    name: 'a node nobody knows',
    node: 7,
    code: 'unknown-node',
    message: /node 7 is not in the cluster configuration of node 1/,
  },
  {
    name: 'an address that is another node',
    dialledAs: 3,
    code: 'wrong-target',
    message: /this is node 1, but node 2 dialled this address for node 3/,
  },
  {
    name: 'a known id with a new data folder',
    prepare: (one) => one.identities.stores.set(2, 'the-first-folder'),
    code: 'reused-node-id',
    message: /node id 2 belongs to data folder the-first-folder, but came with data folder store-2/,
  },
  {
    name: 'a dialled node with a new data folder',
    prepare: (_one, two) => two.identities.stores.set(1, 'the-first-folder'),
    code: 'reused-node-id',
    message: /node id 1 belongs to data folder the-first-folder, but came with data folder store-1/,
  },
  {
    name: 'an identity that cannot be stored',
    prepare: (one) => {
      one.identities.remember = async () => {
        throw new Error('the disk is full');
      };
    },
    code: 'identity-not-stored',
    message: /node 2 cannot be remembered: the disk is full/,
  },
];

for (const { name, node = 2, changes, dialledAs = 1, prepare, code, message } of cases) {
  t.test(`refused: ${name}`, async (t) => {
    const one = makeNode(1, [2]);
    const two = makeNode(node, [dialledAs], changes);
    t.teardown(() => Promise.all([one.transport.close(), two.transport.close()]));
    prepare?.(one, two);
    await one.transport.open(one.recorder);
    await two.transport.open(two.recorder);
    two.transport.setPeerAddress({ node: dialledAs, address: addressOf(one) });
    const told = ({ reason }: { reason: string }) => reason.includes(code) && message.test(reason);
    for (const side of [one, two]) {
      await until(`${code} in the log`, () => side.log.lines.some(told));
    }
    await until('it was tried again', () => two.log.lines.filter(told).length >= 5);
    for (const side of [one, two]) {
      const loud = side.log.warnings.filter((reason) => told({ reason }));
      t.equal(loud.length, 1, 'logged once, not per attempt');
    }
    const [status] = two.transport.peers();
    t.equal(status?.connected, false);
    t.match(status?.lastError, message, 'the status says why');
    t.equal(one.transport.peers()[0]?.info, undefined, 'nothing is believed of a refused node');
  });
}

t.test('refused: a second live process with the same id, until the first ends', async (t) => {
  const one = makeNode(1, [2]);
  const first = makeNode(2, [1]);
  const second = makeNode(2, [1]);
  t.teardown(() => Promise.all([one, first, second].map(({ transport }) => transport.close())));
  await one.transport.open(one.recorder);
  for (const node of [first, second]) {
    await node.transport.open(node.recorder);
    node.transport.setPeerAddress({ node: 1, address: addressOf(one) });
    if (node === first) await until('the first is in', () => isConnected(first.transport));
  }
  const told = (reason: string) => /duplicate-process: another live process/.test(reason);
  await until('both sides say so', () => [one, second].every(({ log }) => log.warnings.some(told)));
  t.equal(isConnected(first.transport), true, 'the first is not disturbed');
  t.equal(second.transport.peers()[0]?.connected, false);
  await first.transport.close();
  await until('the second takes over', () => isConnected(second.transport));
});

function rawHello(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
    socket.write(
      `GET /kvorum/peer HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: kvorum-peer\r\n` +
        `kvorum-hello: ${text}\r\n\r\n`,
    );
  });
}

t.test('refused: an older and a newer protocol version, an unreadable hello', async (t) => {
  const one = makeNode(1, [2]);
  t.teardown(() => one.transport.close());
  await one.transport.open(one.recorder);
  const self = {
    node: 2,
    cluster: 'test',
    configuration: 'digest',
    store: 'store-2',
    instance: 'i',
    httpAddress: 'h',
    version: 'v',
  };
  // Everything but the number is right: a node that was not brought up to date yet.
  for (const protocol of [1, 3]) {
    const hello = { ...makeHello(self, 1, 'control'), protocol };
    const answer = await rawHello(one.transport.port, encodeHello(hello));
    t.match(answer, new RegExp(`403.*peer protocol ${protocol} is not spoken here, only 2`, 's'));
  }
  t.match(await rawHello(one.transport.port, 'e30'), /403.*protocol undefined/s);
  t.match(await rawHello(one.transport.port, '!!!'), /400.*not a JSON object/s);
  t.ok(one.log.warnings.some((reason) => reason.includes('protocol-version')));
});

t.test('a recorded handshake is worth nothing a second time', async (t) => {
  const one = makeNode(1, [2]);
  const two = makeNode(2, [1]);
  const proxy = new TcpProxy(() => one.transport.port);
  t.teardown(() => Promise.all([one.transport.close(), two.transport.close(), proxy.close()]));
  await one.transport.open(one.recorder);
  await two.transport.open(two.recorder);
  two.transport.setPeerAddress({ node: 1, address: await proxy.open() });
  await until('connected', () => isConnected(two.transport));
  await two.transport.close();
  const recorded = Buffer.concat(proxy.sent[0] ?? []);
  const answer = await new Promise<string>((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: one.transport.port });
    let got = '';
    socket.on('data', (chunk) => {
      got += chunk.toString('latin1');
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(got));
    socket.write(recorded);
  });
  t.match(answer, /101 Switching Protocols.*wrong-secret/s);
  t.ok(one.log.warnings.some((reason) => reason.includes('wrong-secret')));
});

t.test('who never proves anything is closed', async (t) => {
  const one = makeNode(1, [2], { limits: { handshakeTimeoutMs: 100 } });
  t.teardown(() => one.transport.close());
  await one.transport.open(one.recorder);
  const self = {
    node: 2,
    cluster: 'test',
    configuration: 'digest',
    store: 'store-2',
    instance: 'i',
    httpAddress: 'h',
    version: 'v',
  };
  const answer = await rawHello(one.transport.port, encodeHello(makeHello(self, 1, 'control')));
  t.match(answer, /101 Switching Protocols/, 'the hello alone is fine');
  t.ok(one.log.warnings.some((reason) => /no proof within 100 ms/.test(reason)));
});
