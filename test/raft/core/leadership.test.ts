/**
 * What a leader does with what it knows of the others, without elections around it.
 */
import t from 'tap';
import { Leadership } from '../../../src/raft/core/leadership.js';
import { Membership } from '../../../src/raft/core/membership.js';
import { defaultLimits, defaultTiming, type RaftLimits } from '../../../src/raft/core/options.js';
import { Outbox } from '../../../src/raft/core/outbox.js';
import type {
  AppendMessage,
  Configuration,
  Heartbeat,
  Message,
  ReplicaId,
  Term,
} from '../../../src/raft/core/types.js';
import { logOfTerms } from './log-of-terms.js';
import { configurationOf } from './simulated-cluster.js';

let ticks = 0;
const nextTick = () => {
  ticks += 1;
  return ticks;
};

const term = 9;

/** Replica 1 leads term 9 with this log, all of it durable, and its empty entry, which is not. */
function lead(setup: {
  terms?: readonly Term[];
  configuration?: Configuration;
  limits?: Partial<RaftLimits>;
}) {
  const log = logOfTerms(setup.terms ?? []);
  const outbox = new Outbox();
  const membership = new Membership(setup.configuration ?? configurationOf({ voters: 3 }));
  const leadership = new Leadership({
    self: 1,
    term,
    membership,
    log,
    outbox,
    timing: defaultTiming,
    limits: { ...defaultLimits, ...setup.limits },
    lastContext: 0,
  });
  let token = 0;
  return {
    log,
    membership,
    leadership,
    /** The leader's own disk answers. */
    durable() {
      log.takeUnwritten();
      token += 1;
      log.appendStarted(token);
      log.appendFinished(token);
      leadership.advanceCommit();
    },
    accept(from: ReplicaId, index: number) {
      const ends = { from, to: 1, term };
      const answer = {
        ...ends,
        rejected: false,
        index,
        hintIndex: 0,
        hintTerm: 0,
        wantsSnapshot: false,
      };
      leadership.appendAnswered({ type: 'append-response', ...answer });
      leadership.advanceCommit();
    },
    reject(from: ReplicaId, index: number, hintIndex: number, hintTerm: Term) {
      const ends = { from, to: 1, term };
      const hint = { hintIndex, hintTerm, wantsSnapshot: false };
      const answer = { ...ends, rejected: true, index, ...hint };
      leadership.appendAnswered({ type: 'append-response', ...answer });
    },
    hear(from: ReplicaId, context = 0) {
      leadership.heartbeatAnswered({ type: 'heartbeat-response', from, to: 1, term, context });
    },
    flush(): readonly Message[] {
      leadership.flush();
      return outbox.take().now;
    },
  };
}

const appendsTo = (messages: readonly Message[], to: ReplicaId) =>
  messages.filter((m): m is AppendMessage => m.type === 'append' && m.to === to);
const heartbeats = (messages: readonly Message[]) =>
  messages.filter((message): message is Heartbeat => message.type === 'heartbeat');
const data = (text: string) => Buffer.from(text);

t.test('5.4.2: a leadership begins with an empty entry of its own term', async (t) => {
  const { log, flush } = lead({ terms: [1, 2] });
  t.same(log.last, { index: 3, term });
  t.match(appendsTo(flush(), 2), [{ previousIndex: 2, previousTerm: 2, entries: [{ kind: 0 }] }]);
});

t.test('5.3: committed is what a majority has on disk, the leader included', async (t) => {
  const { log, durable, accept } = lead({});
  accept(2, 1);
  t.equal(log.commit, 0, 'the own disk has not answered');
  durable();
  t.equal(log.commit, 1);
});

t.test('C3: two followers commit what the leader has not on disk', async (t) => {
  const { log, accept } = lead({});
  accept(2, 1);
  accept(3, 1);
  t.equal(log.commit, 1);
});

t.test('5.4.2, B17, R12: entries of earlier terms are not committed by counting', async (t) => {
  const { log, durable, accept } = lead({ terms: [1, 1, 4] });
  durable();
  accept(2, 3);
  accept(3, 3);
  t.equal(log.commit, 0, 'everybody has entry 3, and it is of term 4');
  accept(2, 4);
  t.equal(log.commit, 4, 'all before it commits with the first entry of term 9');
});

t.test('E8: learners are sent everything and count for nothing', async (t) => {
  const { log, durable, accept, flush } = lead({
    configuration: configurationOf({ voters: 3, learners: 2 }),
  });
  t.equal(appendsTo(flush(), 4).length, 1);
  durable();
  accept(4, 1);
  accept(5, 1);
  t.equal(log.commit, 0);
  accept(3, 1);
  t.equal(log.commit, 1);
});

const member = (replica: ReplicaId) => ({ node: replica, replica });
const joint: Configuration = {
  voters: [1, 4, 5].map(member),
  outgoing: [1, 2, 3].map(member),
  learners: [],
  learnersNext: [],
  autoLeave: true,
  nextReplica: 100,
};

t.test('6, sys 30: in a joint configuration both majorities decide', async (t) => {
  const { log, durable, accept, hear, leadership } = lead({ configuration: joint });
  durable();
  accept(4, 1);
  accept(5, 1);
  t.equal(log.commit, 0, 'the whole new set is not enough');
  accept(2, 1);
  t.equal(log.commit, 1);
  for (let i = 0; i < defaultTiming.electionTicksMin; i += 1)
    t.equal(leadership.tick(nextTick()), true);
  let led = true;
  for (let i = 0; i < defaultTiming.electionTicksMin; i += 1) {
    hear(4);
    hear(5);
    led = leadership.tick(nextTick());
  }
  t.equal(led, false, 'check-quorum needs the old set, too');
});

t.test('E6: what a smaller majority holds is committed as soon as it is one', async (t) => {
  const configuration = configurationOf({ voters: 4 });
  const { log, durable, accept, membership, leadership } = lead({ configuration });
  durable();
  accept(2, 1);
  t.equal(log.commit, 0, 'two of four');
  membership.replaceBy({ ...configurationOf({ voters: 3 }), nextReplica: 5 });
  leadership.membershipChanged();
  t.equal(log.commit, 1, 'two of three');
  t.same([...leadership.followers.keys()], [2, 3]);
});

t.test('6: in a joint configuration a read is confirmed by both majorities', async (t) => {
  const { durable, accept, hear, flush, leadership } = lead({ configuration: joint });
  durable();
  for (const id of [2, 4]) accept(id, 1);
  leadership.reads.addLocal(70);
  flush();
  const { lastContext } = leadership.reads;
  hear(4, lastContext);
  hear(5, lastContext);
  t.same(leadership.takeGrantedReads(), [], 'the whole new set is not enough');
  hear(3, lastContext);
  t.match(leadership.takeGrantedReads(), [{ local: [70] }]);
});

t.test('C9: what is proposed and not committed is limited in bytes', async (t) => {
  const limits = { appendBytesMax: 10, inflightBytesMax: 10, uncommittedBytesMax: 10 };
  const { leadership, durable, accept } = lead({ limits });
  t.ok(leadership.propose(data('0123456789 and more')), 'the first always passes');
  t.equal(leadership.propose(data('x')), undefined);
  durable();
  accept(2, 2);
  t.ok(leadership.propose(data('01234')));
  t.ok(leadership.propose(data('56789')));
  t.equal(leadership.propose(data('x')), undefined);
  durable();
  accept(2, 4);
  for (let i = 0; i < 1000; i += 1) {
    t.ok(leadership.propose(data('0123456789')), 'every byte is given back');
    durable();
    accept(2, 5 + i);
  }
});

t.test('B4: a heartbeat names no commit index beyond what its receiver holds', async (t) => {
  const { leadership, durable, accept, flush } = lead({ terms: [1, 1] });
  durable();
  accept(2, 3);
  flush();
  for (let i = 0; i < defaultTiming.heartbeatTicks; i += 1) leadership.tick(nextTick());
  const [toSecond, toThird] = heartbeats(flush());
  t.match(toSecond, { to: 2, commit: 3 });
  t.match(toThird, { to: 3, commit: 0 });
});

t.test('E7: a new leader gives everybody a whole period to be heard', async (t) => {
  const { leadership, hear } = lead({});
  for (let i = 1; i < defaultTiming.electionTicksMin; i += 1)
    t.equal(leadership.tick(nextTick()), true);
  hear(3);
  t.equal(leadership.tick(nextTick()), true, 'one of two is a majority with the leader');
  for (let i = 1; i < defaultTiming.electionTicksMin; i += 1)
    t.equal(leadership.tick(nextTick()), true);
  t.equal(leadership.tick(nextTick()), false, 'what was heard counts for one period only');
});

t.test('B6, B7: a refusal with a hint skips terms on the side of the leader, too', async (t) => {
  const { reject, flush } = lead({ terms: [1, 1, 1, 5, 5, 6, 6] });
  flush();
  reject(2, 7, 6, 4);
  t.match(appendsTo(flush(), 2), [{ previousIndex: 3, previousTerm: 1 }]);
});

t.test('B10: refusals that arrive late or twice change nothing', async (t) => {
  const { reject, accept, flush, leadership } = lead({ terms: [1, 1, 1] });
  flush();
  accept(2, 3);
  flush();
  reject(2, 2, 1, 1);
  reject(2, 0, 0, 0);
  t.match(leadership.followers.get(2), { state: 'replicate', match: 3 });
  t.same(appendsTo(flush(), 2), []);
});

t.test('B15: an acknowledgement beyond the log of the leader is ignored', async (t) => {
  const { accept, leadership } = lead({});
  accept(2, 99);
  t.equal(leadership.followers.get(2)?.match, 0);
});

t.test('B21: one lost append of a burst is sent again once, not once per refusal', async (t) => {
  const { leadership, accept, reject, flush } = lead({});
  flush();
  accept(2, 1);
  for (let i = 0; i < 5; i += 1) {
    leadership.propose(data('x'));
    flush();
  }
  // The append with entry 2 was lost; the four behind it are refused.
  let sent = 0;
  for (const refused of [2, 3, 4, 5]) {
    reject(2, refused, 1, term);
    sent += appendsTo(flush(), 2).length;
  }
  t.equal(sent, 1);
  t.equal(leadership.followers.get(2)?.match, 1);
});

t.test('a full window says something when a heartbeat is answered', async (t) => {
  const { leadership, accept, hear, flush } = lead({ limits: { inflightMessagesMax: 1 } });
  flush();
  accept(2, 1);
  leadership.propose(data('x'));
  flush();
  leadership.propose(data('y'));
  t.same(appendsTo(flush(), 2), [], 'the window is full');
  hear(2);
  t.match(appendsTo(flush(), 2), [{ previousIndex: 2, entries: [] }], 'words, no entries');
});

t.test('messages are filled up to the limit in bytes, and the window in one go', async (t) => {
  const limits = { appendBytesMax: 4, inflightBytesMax: 8 };
  const { leadership, accept, flush } = lead({ limits });
  flush();
  accept(2, 1);
  for (let i = 0; i < 7; i += 1) leadership.propose(data('xx'));
  const sizes = appendsTo(flush(), 2).map((append) => append.entries.length);
  t.same(sizes, [2, 2]);
});

t.test('a follower that is told of a commit is not told again', async (t) => {
  const { durable, accept, flush } = lead({});
  flush();
  accept(2, 1);
  durable();
  t.match(appendsTo(flush(), 2), [{ commit: 1, entries: [] }]);
  t.same(appendsTo(flush(), 2), []);
  accept(2, 1);
  t.same(appendsTo(flush(), 2), []);
});

t.test('unreachable: what was in flight may be lost, so one append probes', async (t) => {
  const { leadership, accept, flush } = lead({});
  flush();
  accept(2, 1);
  leadership.propose(data('x'));
  flush();
  leadership.unreachable(2);
  leadership.unreachable(7);
  leadership.propose(data('y'));
  t.match(appendsTo(flush(), 2), [{ previousIndex: 1, entries: [{ index: 2 }, { index: 3 }] }]);
  leadership.propose(data('z'));
  t.same(appendsTo(flush(), 2), [], 'until it is answered');
});

t.test('answers of somebody who is not followed are ignored', async (t) => {
  const { accept, hear, log } = lead({});
  accept(7, 1);
  hear(7, 1);
  t.equal(log.commit, 0);
});

t.test('G6: at rest is a group where everybody holds everything, and it is applied', async (t) => {
  const { log, leadership, durable, accept, hear } = lead({});
  durable();
  accept(2, 1);
  t.equal(leadership.atRest, false, 'replica 3 has not answered');
  accept(3, 1);
  t.equal(leadership.atRest, false, 'committed and not applied');
  log.takeCommitted(100);
  log.appliedTo(1);
  t.equal(leadership.atRest, true);
  leadership.propose(data('x'));
  durable();
  accept(2, 2);
  log.takeCommitted(100);
  log.appliedTo(2);
  t.equal(leadership.atRest, false, 'replica 3 is behind');
  accept(3, 2);
  t.equal(leadership.atRest, true);
  for (let tick = 0; tick < defaultTiming.electionTicksMin; tick += 1) leadership.tick(nextTick());
  t.equal(leadership.atRest, false, 'nobody was heard since');
  hear(2);
  hear(3);
  t.equal(leadership.atRest, true);
  leadership.unreachable(3);
  t.equal(leadership.atRest, false, 'G5: what was sent to it may be lost');
});
