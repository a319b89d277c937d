/** Arbitrary messages for property tests, over the whole range of each field. */
import fc from 'fast-check';
import { encodeConfiguration } from '../../../src/raft/core/configuration-codec.js';
import type { Configuration, Entry, Message } from '../../../src/raft/core/types.js';
import type { GroupMessage } from '../../../src/raft/transport/types.js';

/** Like fc.record, but objects of the ordinary kind, as the decoder makes them. */
export function plain<T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record<T>(model, { noNullPrototype: true }) as fc.Arbitrary<T>;
}

/** All sizes of integers, not only the huge ones that a uniform draw would give. */
export const u53 = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc.integer({ min: 0, max: 0x7fffffff }),
  fc.maxSafeNat(),
  fc.constantFrom(0, 127, 128, 16_383, 16_384, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53 - 1),
);

const envelope = { from: u53, to: u53, term: u53 };

const members = fc.uniqueArray(
  plain({ node: fc.integer({ min: 1, max: 65_535 }), replica: fc.integer({ min: 1, max: 999 }) }),
  { maxLength: 5, selector: ({ node }) => node },
);

/** Any that a group could have. */
export const configuration: fc.Arbitrary<Configuration> = plain({
  voters: members.filter(({ length }) => length > 0),
  outgoing: members,
  learners: members,
  learnersNext: members,
  autoLeave: fc.boolean(),
  nextReplica: fc.integer({ min: 1_000, max: Number.MAX_SAFE_INTEGER }),
});

const data = fc.uint8Array({ maxLength: 40 });
const entries = fc.array(
  fc.oneof(
    plain({ term: u53, kind: fc.constantFrom(0, 1), data }),
    plain({ term: u53, kind: fc.constant(2), data: configuration.map(encodeConfiguration) }),
  ),
  { maxLength: 6 },
);

const append = fc
  .tuple(
    plain({
      ...envelope,
      previousIndex: fc.oneof(fc.nat(), fc.integer({ min: 0, max: 2 ** 53 - 20 })),
      previousTerm: u53,
      commit: u53,
    }),
    entries,
  )
  .map(
    ([head, list]): Message => ({
      type: 'append',
      ...head,
      entries: list.map(
        (entry, at) =>
          ({
            ...entry,
            index: head.previousIndex + 1 + at,
            data: Buffer.from(entry.data),
          }) as Entry,
      ),
    }),
  );

const vote = {
  ...envelope,
  transfer: fc.boolean(),
  lastIndex: u53,
  lastTerm: u53,
  commit: u53,
  commitTerm: u53,
};

/** One for each type there is: a message that the wire forgot would be lost without a word. */
const others: { [Type in Exclude<Message['type'], 'append'>]: fc.Arbitrary<Message> } = {
  'append-response': plain({
    type: fc.constant('append-response' as const),
    ...envelope,
    rejected: fc.boolean(),
    index: u53,
    hintIndex: u53,
    hintTerm: u53,
    wantsSnapshot: fc.boolean(),
  }).map((answer) => ({ ...answer, wantsSnapshot: answer.wantsSnapshot && answer.rejected })),
  'pre-vote': plain({ type: fc.constant('pre-vote' as const), ...vote }),
  vote: plain({ type: fc.constant('vote' as const), ...vote }),
  'pre-vote-response': plain({
    type: fc.constant('pre-vote-response' as const),
    ...envelope,
    granted: fc.boolean(),
  }),
  'vote-response': plain({
    type: fc.constant('vote-response' as const),
    ...envelope,
    granted: fc.boolean(),
  }),
  'timeout-now': plain({
    type: fc.constant('timeout-now' as const),
    ...envelope,
    lastIndex: u53,
    lastTerm: u53,
  }),
  'read-index': plain({ type: fc.constant('read-index' as const), ...envelope, context: u53 }),
  'read-index-response': plain({
    type: fc.constant('read-index-response' as const),
    ...envelope,
    context: u53,
    index: u53,
  }),
  snapshot: plain({
    type: fc.constant('snapshot' as const),
    ...envelope,
    snapshot: plain({
      index: u53,
      term: u53,
      bytes: u53,
      checksum: fc.integer({ min: 0, max: 0xffff_ffff }),
      configuration,
    }),
  }),
  gone: plain({ type: fc.constant('gone' as const), ...envelope }),
  heartbeat: plain({
    type: fc.constant('heartbeat' as const),
    ...envelope,
    commit: u53,
    context: u53,
    quiet: fc.boolean(),
  }),
  'heartbeat-response': plain({
    type: fc.constant('heartbeat-response' as const),
    ...envelope,
    context: u53,
  }),
};

export const groupMessage: fc.Arbitrary<GroupMessage> = plain({
  group: u53,
  message: fc.oneof(
    { weight: 1, arbitrary: append },
    { weight: 2, arbitrary: fc.oneof(...Object.values(others)) },
  ),
});
