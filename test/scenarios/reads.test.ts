/** Reads and leadership: what is served is never older than what was acknowledged. */
import t from 'tap';
import { leaderCutOff, leadershipMsMax, play, step } from './script.js';
import { at, forgotten, isPut, isRead, notAt, succeeded } from './witness.js';

t.setTimeout(180_000);

t.test('the leader is cut off, the others go on', async (t) => {
  const [cutMs, healMs, endMs] = [4_000, 13_000, 18_000];
  const { witness, result, trouble } = await play({
    durationMs: endMs,
    steps: [step(cutMs, 'the leader is cut off', leaderCutOff(healMs - cutMs))],
  });
  const old = witness.leaderAt(cutMs);
  const deposed = witness.asked({ fromMs: cutMs + leadershipMsMax, toMs: healMs - 2_000 });
  const cutOff = witness.asked({ fromMs: cutMs + 50, toMs: healMs - 2_000 });

  t.test('sys 1: whoever was deposed serves no read, for fifteen election timeouts', async (t) => {
    t.equal(trouble, '');
    const reads = deposed.filter(at(old)).filter(isRead);
    t.ok(reads.length > 10, `${reads.length} reads at node ${old}`);
    t.same(reads.filter(succeeded), []);
    const beyond = deposed.filter(notAt(old));
    t.ok(beyond.filter(isPut).filter(succeeded).length > 50, 'others wrote meanwhile');
  });

  t.test('sys 6: every replica serves reads, and none without its leader', async (t) => {
    const before = witness.asked({ fromMs: 2_000, toMs: cutMs });
    for (const node of [1, 2, 3]) {
      const reads = before.filter(at(node)).filter(isRead).filter(succeeded);
      t.ok(reads.length > 10, `node ${node} served ${reads.length}`);
    }
    t.same(cutOff.filter(at(old)).filter(isRead).filter(succeeded), []);
    t.equal(result.violation, undefined);
  });

  t.test('sys 38: the smaller side refuses, so the larger one loses nothing', async (t) => {
    const refused = cutOff.filter(at(old)).filter(isPut);
    t.ok(refused.length > 10, `${refused.length} writes at node ${old}`);
    t.same(refused.filter(succeeded), []);
    const healed = witness.asked({ fromMs: healMs + 1_500, toMs: endMs });
    t.ok(healed.filter(at(old)).filter(succeeded).length > 10, 'it serves again');
    t.same(forgotten(witness.answers), []);
  });
});

t.test('sys 2: reads from the first moment of each leadership', async (t) => {
  const everyMs = 1_500;
  const transfers = Array.from({ length: 8 }, (_, i) => {
    const node = 1 + (i % 3);
    const happening = { kind: 'transfer', shard: 1, to: node } as const;
    return step(3_000 + i * everyMs, `node ${node} takes over`, happening);
  });
  const { witness, trouble } = await play({
    durationMs: 16_000,
    // The empty entry of a new leader takes its time, reads do not wait for it.
    network: { delayMinMs: 10, delayMaxMs: 30 },
    disk: { syncMinMs: 10, syncMaxMs: 40 },
    clients: {
      thinkMs: 15,
      mix: { put: 30, conditionalPut: 0, delete: 0, read: 70, staleRead: 0 },
    },
    steps: transfers,
  });
  t.equal(trouble, '');
  const changes = witness.leaderships.filter(({ sinceMs }) => sinceMs > 2_500 && sinceMs < 15_000);
  t.ok(changes.length >= 6, `${changes.length} leaderships`);
  for (const { node, term, sinceMs } of changes) {
    const first = witness.asked({ fromMs: sinceMs, toMs: sinceMs + 500 }).filter(isRead);
    t.ok(first.some(succeeded), `reads in the first moments of term ${term}, led by ${node}`);
  }
  t.same(forgotten(witness.answers), []);
});

t.test('the process stands still with reads in flight', async (t) => {
  const pauses = [
    { atMs: 4_000, forMs: 500, suspended: false },
    { atMs: 8_000, forMs: 2_500, suspended: false },
    { atMs: 14_000, forMs: 5_000, suspended: false },
    { atMs: 22_000, forMs: 3_000, suspended: true },
  ];
  const { witness, trouble } = await play({
    durationMs: 28_000,
    network: { delayMinMs: 5, delayMaxMs: 15 },
    // Clients that wait longer than the pauses, and are many at a time at the leader.
    clients: { timeoutMs: 8_000, thinkMs: 20 },
    steps: pauses.flatMap(({ atMs, forMs, suspended }) => [
      step(atMs - 1_500, 'node 1 takes over', { kind: 'transfer', shard: 1, to: 1 }),
      step(atMs, `node 1 stands still for ${forMs} ms`, {
        kind: 'pause',
        node: 1,
        suspended,
        forMs,
      }),
    ]),
  });
  const over = (pause: { atMs: number; forMs: number }) => {
    const endMs = pause.atMs + pause.forMs;
    return witness.answers.filter(
      ({ operation, atMs }) => operation.invokedMs < endMs && atMs >= endMs,
    );
  };

  t.test('sys 3: a read index of an old leadership counts for nothing', async (t) => {
    t.equal(trouble, '');
    for (const pause of pauses) {
      t.equal(witness.leaderAt(pause.atMs), 1, 'node 1 leads when it stops');
      t.ok(over(pause).filter(at(1)).some(isRead), 'a read waits through the pause');
    }
  });

  t.test('sys 4: no time that passes between asking and serving makes a read stale', async (t) => {
    const [, ...long] = pauses;
    for (const { atMs, forMs } of long) {
      t.not(witness.leaderAt(atMs + forMs), 1, 'another one leads when it goes on');
      const written = witness.asked({ fromMs: atMs + leadershipMsMax, toMs: atMs + forMs });
      t.ok(written.filter(notAt(1)).filter(isPut).some(succeeded), 'and takes writes');
    }
    t.equal(trouble, '');
    t.same(forgotten(witness.answers), []);
  });

  t.test('sys 8: what piled up during the pause is answered by who leads now', async (t) => {
    for (const pause of pauses.slice(1)) {
      const resumedMs = pause.atMs + pause.forMs;
      const soon = witness.leaderships.filter(
        ({ node, sinceMs }) => node === 1 && sinceMs >= resumedMs && sinceMs < resumedMs + 300,
      );
      t.same(soon, [], 'node 1 does not become the leader by what it finds in its queues');
      t.ok(over(pause).filter(at(1)).some(succeeded), 'somebody was answered all the same');
    }
    t.equal(trouble, '');
  });
});

t.test('all are killed, and start one by one', async (t) => {
  const killMs = 5_000;
  const backMs = [1_000, 5_000, 9_000];
  const { witness, trouble } = await play({
    durationMs: 18_000,
    clients: { thinkMs: 20 },
    steps: backMs.map((forMs, i) =>
      step(killMs, `node ${i + 1} loses power for ${forMs} ms`, {
        kind: 'crash',
        nodes: [i + 1],
        death: 'power-cut',
        forMs,
      }),
    ),
  });

  t.test('sys 5: the first one back serves nothing until it has caught up', async (t) => {
    t.equal(trouble, '');
    const alone = witness.asked({ fromMs: killMs + 1_100, toMs: killMs + 3_900 });
    t.ok(alone.filter(at(1)).filter(isRead).length > 4, 'it is asked');
    t.same(alone.filter(succeeded), []);
    const two = witness.asked({ fromMs: killMs + 7_000, toMs: killMs + 8_900 });
    t.ok(two.filter(isRead).some(succeeded), 'two are a majority');
  });

  t.test('sys 7: nothing that was acknowledged is ever not found', async (t) => {
    const back = witness.asked({ fromMs: killMs + 5_000, toMs: 18_000 });
    for (const node of [1, 2, 3]) t.ok(back.filter(at(node)).filter(isRead).some(succeeded));
    t.same(forgotten(witness.answers), []);
    t.equal(trouble, '');
  });
});
