/** A node from its real parts: sockets, log, SQLite, and a folder that is its own. */
import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type OpenNode, type OpenNodeOptions, openNode } from '../../src/kv/open-node.js';
import { NodeDataError } from '../../src/kv/start-groups.js';

const warnings: string[] = [];
const logger = {
  debug() {},
  info() {},
  warn: (_fields: object, message: string) => warnings.push(message),
  error() {},
};

function options(dir: string, more: Partial<OpenNodeOptions> = {}): OpenNodeOptions {
  return {
    node: 1,
    clusterId: 'test',
    dir,
    configuration: { nodes: [{ id: 1, zone: '1', weight: 1 }], shards: 2, replicas: 1 },
    peerListen: { host: '127.0.0.1', port: 0 },
    peers: [],
    httpAddress: '127.0.0.1:8401',
    peerAddress: '127.0.0.1:9401',
    secret: 'a secret of the test, long enough',
    segmentBytes: 1024 * 1024,
    version: 'test',
    logger,
    onFailure: (error) => t.fail(error.message),
    ...more,
  };
}

async function opened(t: Test, given: OpenNodeOptions): Promise<OpenNode> {
  const open = await openNode(given);
  t.teardown(() => open.close());
  return open;
}

const context = { requestId: 'r', timeoutMs: 10_000, forward: true };
const key = Buffer.from('k');
const put = { type: 'put', key, condition: {}, value: Buffer.from('v'), contentType: '' } as const;

t.test('it writes, closes, opens again and has it', async (t) => {
  const dir = t.testdir();
  const first = await opened(t, options(dir));
  let batches = 0;
  const observer = {
    walBatch: () => {
      batches += 1;
    },
    loopDelay() {},
    turn() {},
    applied() {},
  };
  first.node.observer = observer;
  t.match(await first.node.write(put, context), { outcome: 'created' });
  t.ok(batches > 0, 'the log tells its batches to whoever observes the node');
  await first.node.handOver(100);
  await first.node.drain(100);
  await first.close();
  await first.close();
  const second = await opened(t, options(dir));
  const { found } = await second.node.read({ key, consistency: 'linearizable' }, context);
  t.equal(`${found?.value}`, 'v');
});

t.test('a folder in use is refused; a failed start leaves it free', async (t) => {
  const dir = t.testdir();
  const first = await opened(t, options(dir));
  await t.rejects(openNode(options(dir)), /use/);
  await first.close();
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  t.teardown(() => taken.close());
  const address = taken.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const peerListen = { host: '127.0.0.1', port };
  await t.rejects(openNode(options(dir, { peerListen })), /EADDRINUSE|in use/);
  const invalid = options(dir, { segmentBytes: 17 });
  await t.rejects(openNode(invalid), /segmentBytes/, 'building it fails');
  const again = await opened(t, options(dir));
  t.match(await again.node.write(put, context), { outcome: 'created' });
});

t.test('a folder of another node or cluster is refused', async (t) => {
  const dir = t.testdir();
  await (await opened(t, options(dir))).close();
  await t.rejects(openNode(options(dir, { clusterId: 'other' })), /cluster/);
  const configuration = {
    nodes: [{ id: 1, zone: '1', weight: 1 }],
    shards: 3,
    replicas: 1,
  } as const;
  await t.rejects(openNode(options(dir, { configuration })), /shards/);
});

t.test('a log that is gone, a state that is gone', async (t) => {
  const dir = t.testdir();
  const first = await opened(t, options(dir));
  await first.node.write(put, context);
  await first.close();
  rmSync(join(dir, 'state'), { recursive: true });
  const second = await opened(t, options(dir));
  const { found } = await second.node.read({ key, consistency: 'linearizable' }, context);
  t.equal(`${found?.value}`, 'v', 'the log is the truth: the state is made again from it');
  await second.close();
  rmSync(join(dir, 'wal'), { recursive: true });
  await t.rejects(openNode(options(dir)), NodeDataError);
});

t.test('what is odd but harmless is told', async (t) => {
  const folder = t.testdir();
  const dir = join(folder, 'one');
  await (await opened(t, options(dir))).close();
  writeFileSync(join(dir, 'wal', 'notes.txt'), 'mine');
  const configuration = {
    nodes: [{ id: 1, zone: '1', weight: 1 }],
    shards: 2,
    replicas: 3,
  } as const;
  warnings.length = 0;
  await (await opened(t, options(dir))).close();
  t.match(warnings.join('\n'), /not of the log/);
  warnings.length = 0;
  await (await opened(t, options(join(folder, 'two'), { configuration }))).close();
  t.match(warnings.join('\n'), /3 replicas were asked for/);
});
