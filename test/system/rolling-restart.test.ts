/**
 * A rolling restart under load: each node in turn is told to stop (SIGTERM) and started again. It
 * hands its leaderships over first, so no request is lost: each is answered, or refused with a 503
 * that says that nothing was applied and that it may be sent again. How long requests took is told
 * and not compared: `node build/bench/rolling-restart.js` measures it.
 */
import t from 'tap';
import { Cluster } from './cluster.js';
import { RestartLoad } from './restart-load.js';

t.test('three nodes restart one after the other and no request is lost', async (t) => {
  const cluster = await Cluster.start(t);
  const load = new RestartLoad(cluster.targets());
  t.teardown(() => load.close());
  load.start(12);
  for (const id of cluster.ids) {
    await load.waitForAnswers(400);
    cluster.process(id).signal('SIGTERM');
    const exit = await cluster.process(id).ended;
    t.same(exit, { code: 0, signal: null }, `node ${id} stops of its own accord`);
    await cluster.restart(id);
  }
  await load.waitForAnswers(400);
  await load.stop();
  t.same(load.lost, [], 'every request has its answer');
  t.same(await load.missing(), [], 'every acknowledged write is there');
  const { answered, refused, longestMs } = load;
  t.comment(`${answered} answered, ${refused} refused with 503; longest ${longestMs | 0} ms`);
});
