import t from 'tap';
import { firstId } from '../../../src/kv/store/key-rows.js';
import {
  RowSteps,
  StepBudget,
  stepBytesMax,
  stepRowsMax,
} from '../../../src/kv/store/row-steps.js';
import { openStateDatabase } from '../../../src/kv/store/state-database.js';
import { testHash } from './commands.js';
import { ManualClock, settled } from './manual-clock.js';

function steps(t: { testdir: () => string; teardown: (end: () => void) => void }) {
  const database = openStateDatabase(`${t.testdir()}/state.db`, { hash: testHash, cluster: 'c' });
  t.teardown(() => database.close());
  const clock = new ManualClock();
  const world = { database, clock, wait: false, transactions: 0 };
  const writer = {
    mustWait: () => world.wait,
    transact: (_: string, change: (opened: typeof database) => void) => {
      world.transactions += 1;
      change(database);
    },
  };
  return { ...world, world, steps: new RowSteps(clock, writer) };
}

t.test('a step comes after the loop has had its turn, and stands back when told to', async (t) => {
  const { world, steps: rows, clock } = steps(t);
  world.wait = true;
  const step = rows.step('x', () => {});
  t.equal(world.transactions, 0);
  await settled();
  await settled();
  t.equal(world.transactions, 0);
  t.ok(clock.next(), 'it looks again after a while');
  await settled();
  t.equal(world.transactions, 0);
  world.wait = false;
  clock.next();
  await step;
  t.equal(world.transactions, 1);
});

t.test('rows are erased in steps of bounded bytes and rows, and only in the range', async (t) => {
  const { world, steps: rows, database } = steps(t);
  const put = (hash: number, serial: number, bytes: number) => {
    const key = Buffer.from(`${hash}/${serial}`);
    const row = { key, revision: 1, expires: 0, content_type: Buffer.alloc(0) };
    database.rows.copy({ ...row, id: firstId(hash) + serial, value: Buffer.alloc(bytes) });
  };
  for (let serial = 0; serial < 600; serial += 1) put(5, serial, 1);
  for (let serial = 0; serial < 10; serial += 1) put(6, serial, 100 * 1024);
  put(4, 0, 1);
  put(7, 0, 1);
  let checks = 0;
  await rows.erase('x', { start: 5, end: 7 }, () => {
    checks += 1;
  });
  t.equal(database.rows.count(5, 7), 0);
  t.equal(database.rows.count(0, 2 ** 32), 2);
  t.ok(world.transactions >= 6 && world.transactions <= 9, `${world.transactions} steps`);
  t.equal(checks, world.transactions);
});

t.test('jobs do not mix, and one that fails does not stop the next', async (t) => {
  const { steps: rows } = steps(t);
  const order: string[] = [];
  const job = (name: string) => async () => {
    await rows.step('x', () => order.push(`${name} begins`));
    await rows.step('x', () => order.push(`${name} ends`));
    if (name === 'one') throw new Error('no');
  };
  const one = rows.run(job('one'));
  const two = rows.run(job('two'));
  await t.rejects(one, { message: 'no' });
  await two;
  t.same(order, ['one begins', 'one ends', 'two begins', 'two ends']);
});

t.test('after the end no step runs, and who waits is told', async (t) => {
  const { world, steps: rows, clock } = steps(t);
  world.wait = true;
  const running = t.rejects(
    rows.run(() => rows.step('x', () => {})),
    { message: 'closed' },
  );
  const waiting = t.rejects(
    rows.run(() => rows.step('x', () => {})),
    { message: 'closed' },
  );
  await settled();
  const ended = rows.end(new Error('closed'));
  clock.next();
  await Promise.all([running, waiting, ended]);
  await t.rejects(
    rows.run(async () => {}),
    { message: 'closed' },
  );
  t.equal(world.transactions, 0);
});

t.test('a budget has room for one row at least, and ends with rows, bytes or time', async (t) => {
  const clock = new ManualClock();
  const large = new StepBudget(clock);
  t.notOk(large.exceededBy(stepBytesMax * 30), 'the first row may be larger than a step');
  large.spend(1, stepBytesMax);
  t.notOk(large.room());
  const many = new StepBudget(clock);
  many.spend(stepRowsMax - 1, 10);
  t.ok(many.room());
  t.ok(many.exceededBy(stepBytesMax));
  many.spend(1, 0);
  t.notOk(many.room());
  const slow = new StepBudget(clock);
  clock.advance(1000);
  t.ok(slow.room());
  slow.spend(1, 1);
  t.notOk(slow.room());
});
