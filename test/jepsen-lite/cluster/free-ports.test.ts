/** Ports that nobody has, and that nobody is given by chance. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import t from 'tap';
import { freePorts } from '../../../jepsen-lite/cluster/free-ports.js';

t.test('they are different, free, and not those of connections', async (t) => {
  const ports = await freePorts(20);
  t.equal(new Set(ports).size, 20);
  for (const port of ports) {
    t.ok(port >= 10_000 && port < 32_768);
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    server.close();
  }
});
