/** Faults in the order of a seed, each stopped again, whatever happens. */
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { type Fault, NotNow } from '../../../jepsen-lite/faults/fault.js';
import { MixedNemesis } from '../../../jepsen-lite/faults/mixed-nemesis.js';
import type { NemesisHooks } from '../../../jepsen-lite/run/nemesis.js';
import { RandomStream } from '../../../jepsen-lite/workloads/random-stream.js';

const pace = { peace: { min: 10, max: 100 }, fault: { min: 10, max: 100 } };

function recorder() {
  const seen: string[] = [];
  const turns: string[] = [];
  const hooks: NemesisHooks = {
    turn: (lane, turn) => turns.push(`${lane}.${turn}`),
    started: (fault, what) => seen.push(`${fault} started: ${what}`),
    probed: (fault, holds) => seen.push(`${fault} ${holds ? 'holds' : 'does not hold'}`),
    stopped: (fault) => seen.push(`${fault} stopped`),
  };
  return { seen, turns, hooks };
}

const named =
  (name: string, holds = true) =>
  (random: RandomStream): Fault => {
    const victim = random.below(100);
    return {
      name,
      start: async () => `n${victim}`,
      probe: async () => holds,
      stop: async () => 'over',
    };
  };

const run = async (lanes: readonly (readonly ReturnType<typeof named>[])[], seed: number) => {
  const { seen, hooks } = recorder();
  const stop = new AbortController();
  const nemesis = new MixedNemesis(lanes, new RandomStream(seed, 'nemesis'), undefined, pace);
  const running = nemesis.run(hooks, stop.signal);
  await sleep(1_500);
  stop.abort();
  await running;
  return seen;
};

t.test('a seed repeats the faults; every one ends, also the one that was cut short', async (t) => {
  const lane = [named('a'), named('b', false)];
  const [one, again, other] = await Promise.all([run([lane], 5), run([lane], 5), run([lane], 6)]);
  t.ok(one.length >= 3);
  t.same(one.slice(0, 3), again.slice(0, 3));
  t.notSame(one.slice(0, 3), other.slice(0, 3));
  for (const seen of [one, other]) {
    const started = seen.filter((line) => line.includes('started'));
    t.equal(seen.filter((line) => line.includes('stopped')).length, started.length);
  }
});

t.test('a fault that cannot be injected is a failure of the harness, and is undone', async (t) => {
  const { seen, hooks } = recorder();
  const broken = (): Fault => ({
    ...named('broken')(new RandomStream(1)),
    start: async () => {
      throw new Error('no such process');
    },
  });
  const nemesis = new MixedNemesis([[broken]], new RandomStream(1), undefined, pace);
  await t.rejects(nemesis.run(hooks, new AbortController().signal), /no such process/);
  t.same(seen, ['broken stopped']);
});

t.test('what a fault draws while it lasts changes nothing of those after it', async (t) => {
  const greedy =
    (draws: number) =>
    (random: RandomStream): Fault => ({
      ...named('greedy')(random),
      probe: async () => {
        for (let i = 0; i < draws; i += 1) random.unit();
        return true;
      },
    });
  const [little, much] = await Promise.all([run([[greedy(0)]], 8), run([[greedy(1_000)]], 8)]);
  t.ok(little.length >= 4);
  t.same(little.slice(0, 4), much.slice(0, 4));
});

t.test('when one lane fails the others undo what they did before that is told', async (t) => {
  const { seen, hooks } = recorder();
  const broken = (): Fault => ({
    ...named('broken')(new RandomStream(1)),
    start: async () => {
      while (!seen.includes('lasting holds')) await sleep(10);
      throw new Error('no such process');
    },
  });
  const nemesis = new MixedNemesis(
    [[named('lasting')], [broken]],
    new RandomStream(1),
    undefined,
    pace,
  );
  await t.rejects(nemesis.run(hooks, new AbortController().signal), /no such process/);
  t.ok(seen.includes('lasting stopped'));
});

t.test('what cannot be done now, or is not seen, is tried again', async (t) => {
  const { seen, hooks } = recorder();
  let attempt = 0;
  const shy = (): Fault => {
    attempt += 1;
    const mine = attempt;
    return {
      ...named('shy', mine > 2)(new RandomStream(1)),
      start: async () => {
        if (mine === 1) throw new NotNow('no leader');
        return `attempt ${mine}`;
      },
    };
  };
  const stop = new AbortController();
  const running = new MixedNemesis([[shy]], new RandomStream(1), undefined, pace).run(
    hooks,
    stop.signal,
  );
  while (!seen.includes('shy holds')) await sleep(20);
  stop.abort();
  await running;
  t.same(seen, [
    ...['shy started: attempt 2', 'shy does not hold', 'shy stopped'],
    ...['shy started: attempt 3', 'shy holds', 'shy stopped'],
  ]);
});

t.test('one that the end cut short is not called unseen', async (t) => {
  const { seen, hooks } = recorder();
  const stop = new AbortController();
  const slow = (): Fault => ({
    ...named('slow')(new RandomStream(1)),
    probe: async () => {
      stop.abort();
      return false;
    },
  });
  await new MixedNemesis([[slow]], new RandomStream(1), undefined, pace).run(hooks, stop.signal);
  t.match(seen, [/^slow started/, 'slow stopped']);
  t.equal(seen.length, 2);
});

t.test('a run that is resumed goes on with the turn that was under way', async (t) => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const lane = names.map((name) => named(name));
  const whole = await run([lane], 9);
  const startedIn = (seen: readonly string[]) => seen.filter((line) => line.includes('started'));
  t.ok(startedIn(whole).length >= 4);
  // Turn 0 was over long before, turn 1 had just begun, turn 2 was to come after a second.
  const turnsMs = [[1_000, 5_000, 6_000]];
  const { seen, turns, hooks } = recorder();
  const stop = new AbortController();
  const resumed = { ms: 5_001, turnsMs };
  const nemesis = new MixedNemesis([lane], new RandomStream(9, 'nemesis'), resumed, pace);
  const running = nemesis.run(hooks, stop.signal);
  await sleep(500);
  t.same(startedIn(seen), startedIn(whole).slice(1, 2));
  await sleep(900);
  stop.abort();
  await running;
  t.same(startedIn(seen).slice(0, 3), startedIn(whole).slice(1, 4));
  t.same(turns.slice(0, 3), ['0.1', '0.2', '0.3']);
});
