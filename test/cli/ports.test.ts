import t from 'tap';
import { portProblem } from '../../src/cli/ports.js';
import { fakeNode, unusedPort } from './fake-nodes.js';

t.test('free, taken, and not of this machine', async (t) => {
  const port = await unusedPort();
  t.equal(await portProblem({ host: '127.0.0.1', port }), undefined);
  t.equal(await portProblem({ host: '127.0.0.1', port }), undefined, 'asking leaves it free');
  const taken = await fakeNode(t, () => {});
  const problem = await portProblem({ host: '127.0.0.1', port: taken.port });
  t.equal(problem, `127.0.0.1:${taken.port} is in use by another process`);
  t.match(await portProblem({ host: '203.0.113.7', port }), 'is not an address of this machine');
});
