/**
 * More connections than the process may have descriptors: clients are kept out before the log is
 * short of one for its next segment, for then the node would stop.
 */
import { connect, type Socket } from 'node:net';
import t from 'tap';
import { Cluster } from './cluster.js';

const openFilesMax = 640;
const connectionsWanted = 900;
const largeBytes = 200_000;
/** Enough to need several segments of 4 MiB. */
const largeValues = 60;

t.test('clients cannot take the last descriptors of a node', async (t) => {
  const limited = `ulimit -n ${openFilesMax} && exec "$@"`;
  const launcher = new URL('../../../bin/kvorum.js', import.meta.url).pathname;
  const program = ['bash', '-c', limited, 'kvorum', process.execPath, launcher];
  const cluster = await Cluster.start(t, { nodes: 1, shards: 2, replicas: 1, program });
  t.equal((await cluster.client(1).put('first', 'value')).outcome, 'ok');

  const sockets: Socket[] = [];
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
  });
  let open = 0;
  for (let i = 0; i < connectionsWanted; i += 1) {
    const socket = connect(cluster.place(1).httpPort, '127.0.0.1');
    socket.on('error', () => {});
    socket.on('connect', () => {
      open += 1;
    });
    socket.on('close', () => {
      open -= 1;
    });
    sockets.push(socket);
  }
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  t.ok(open < openFilesMax / 2, `${open} of ${connectionsWanted} connections were kept`);

  for (let i = 0; i < largeValues; i += 1) {
    const { outcome, code } = await cluster.client(1).put(`large/${i}`, Buffer.alloc(largeBytes));
    if (outcome !== 'ok') return t.fail(`value ${i} was not written: ${outcome} ${code}`);
  }
  t.notMatch(cluster.process(1).log, 'EMFILE');
});
