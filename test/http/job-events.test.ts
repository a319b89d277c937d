import t from 'tap';
import { JobEvents } from '../../src/http/job-events.js';
import type { JobState } from '../../src/kv/balance/job-document.js';
import { settled } from '../kv/balance/jobs-world.js';

function eventsOf() {
  let job: { state: JobState; view: object } | undefined = { state: 'running', view: { at: 1 } };
  const listeners = new Set<() => void>();
  const events = new JobEvents({
    job: () => job,
    onChange: (run) => {
      listeners.add(run);
      return () => listeners.delete(run);
    },
    draining: () => false,
  });
  const change = (next: typeof job) => {
    job = next;
    for (const run of [...listeners]) run();
  };
  return { events, change, listeners };
}

t.test('the job at once, after each change, and the end with its end', async (t) => {
  const { events, change, listeners } = eventsOf();
  const pieces: string[] = [];
  events.on('data', (piece: Buffer) => pieces.push(piece.toString()));
  const ended = new Promise((resolve) => events.once('close', resolve));
  await settled();
  change({ state: 'running', view: { at: 2 } });
  await settled();
  change({ state: 'running', view: { at: 2 } });
  await settled();
  change({ state: 'succeeded', view: { at: 3 } });
  await ended;
  const wanted = [1, 2, 3].map((at) => `event: job\ndata: {"at":${at}}\n\n`);
  t.same(pieces, wanted);
  t.equal(listeners.size, 0);
});

t.test('who reads slowly gets the newest, not all', async (t) => {
  const { events, change } = eventsOf();
  t.equal(events.read()?.toString(), 'event: job\ndata: {"at":1}\n\n');
  for (let at = 2; at < 50; at += 1) change({ state: 'running', view: { at } });
  await settled();
  const rest: string[] = [];
  for (let piece = events.read(); piece !== null; piece = events.read()) {
    rest.push(piece.toString());
    await settled();
  }
  t.ok(rest.length <= 3, `${rest.length} events`);
  t.match(rest.at(-1), /"at":49/);
  events.destroy();
});

t.test('a job that was cleared away, and a client that leaves', async (t) => {
  const { events, change, listeners } = eventsOf();
  events.resume();
  const ended = new Promise((resolve) => events.once('close', resolve));
  change(undefined);
  await ended;
  const other = eventsOf();
  other.events.destroy();
  await settled();
  other.change({ state: 'failed', view: {} });
  t.same([listeners.size, other.listeners.size], [0, 0]);
});
