/** Requests of operators and their answers survive the wire; garbage is refused as garbage. */
import { deepStrictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import {
  type AdminAnswer,
  AdminFormatError,
  type AdminRequest,
  adminRequestKind,
  decodeAdminAnswer,
  decodeAdminRequest,
  encodeAdminAnswer,
  encodeAdminRequest,
} from '../../src/kv/admin-codec.js';
import { KvError } from '../../src/kv/errors.js';
import { caughtUp } from './fake-shard.js';

const seed = Number(process.env['KVORUM_TEST_SEED'] ?? Date.now() % 2 ** 31);
t.comment(`seed ${seed}`);
const runs = { seed, numRuns: 500 };

const node = fc.integer({ min: 1, max: 65_535 });
const flag = fc.boolean();
const head = {
  requestId: fc.string({ unit: 'binary-ascii', maxLength: 255 }),
  shard: fc.nat(2 ** 32 - 1),
};
const common = { node, dryRun: flag };
const record = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(fields, { noNullPrototype: true });
const change = fc
  .tuple(
    fc.oneof(
      record({ action: fc.constant('add' as const), learner: flag, force: flag, ...common }),
      record({ action: fc.constantFrom('promote' as const, 'demote', 'remove'), ...common }),
      record({ action: fc.constant('replace' as const), by: node, force: flag, ...common }),
    ),
    fc.option(fc.maxSafeNat()),
  )
  .map(([request, epoch]) => (epoch === null ? request : { ...request, expectedEpoch: epoch }));
const target = fc.oneof(fc.constant('best' as const), node);
const request: fc.Arbitrary<AdminRequest> = fc.oneof(
  record({ ...head, kind: fc.constant('members' as const), request: change }),
  record({
    ...head,
    kind: fc.constant('transfer' as const),
    request: record({ to: target, dryRun: flag }),
  }),
  record({ ...head, kind: fc.constant('keep-leadership' as const) }),
);

t.test('requests', async () => {
  fc.assert(
    fc.property(request, (wanted) => {
      deepStrictEqual(decodeAdminRequest(encodeAdminRequest(wanted)), wanted);
    }),
    runs,
  );
});

t.test('the bytes of DESIGN.md', async (t) => {
  const replace = { action: 'replace', node: 2, by: 5, force: true, dryRun: false } as const;
  const bytes = encodeAdminRequest({
    kind: 'members',
    requestId: 'id',
    shard: 7,
    request: { ...replace, expectedEpoch: 3 },
  });
  t.equal(bytes[0], adminRequestKind);
  t.equal(bytes.toString('hex'), '1201050a070000000200050000000000000008' + '40026964');
  const best = encodeAdminRequest({
    kind: 'transfer',
    requestId: '',
    shard: 7,
    request: { to: 'best', dryRun: true },
  });
  t.equal(best.toString('hex'), '12010604070000000000000000000000000000000' + '0');
});

t.test('a request id that is too long is cut, for it is only for log lines', async (t) => {
  const long = { kind: 'keep-leadership', requestId: 'x'.repeat(300), shard: 1 } as const;
  t.equal(decodeAdminRequest(encodeAdminRequest(long)).requestId.length, 255);
});

t.test('garbage is no request, and nothing else is thrown', async (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      try {
        decodeAdminRequest(Buffer.from([adminRequestKind, 1, ...bytes]));
      } catch (error) {
        if (!(error instanceof AdminFormatError)) throw error;
      }
    }),
    runs,
  );
  const valid = encodeAdminRequest({ kind: 'keep-leadership', requestId: 'id', shard: 1 });
  const spoilt = (at: number, value: number) => {
    const bytes = Buffer.from(valid);
    bytes[at] = value;
    return bytes;
  };
  for (const bytes of [
    Buffer.alloc(0),
    valid.subarray(0, 22),
    Buffer.concat([valid, Buffer.from('x')]),
    spoilt(0, 0x11),
    spoilt(1, 2),
    spoilt(2, 0),
    spoilt(2, 8),
    spoilt(3, 16),
  ]) {
    t.throws(() => decodeAdminRequest(bytes), AdminFormatError);
  }
});

t.test('answers', async (t) => {
  const step = { step: 'promote-and-remove', node: 5, state: 'running', detail: 'x' } as const;
  const answers: readonly AdminAnswer[] = [
    { kind: 'noted' },
    {
      kind: 'members',
      answer: {
        ...{ shard: 3, node: 1, state: 'running', changed: true, detail: 'x', epoch: 7 },
        steps: [step],
        members: [
          { node: 1, replica: 1, role: 'voter' },
          { node: 5, replica: 9, role: 'incoming', progress: caughtUp },
        ],
      },
    },
    {
      kind: 'transfer',
      answer: {
        ...{ shard: 3, node: 1, state: 'done', changed: true, leader: 2, term: 8, detail: 'x' },
      },
    },
  ];
  for (const answer of answers) t.same(decodeAdminAnswer(encodeAdminAnswer(answer)), answer);
  const error = new KvError('node_away', { shard: 3 }, 'in words');
  const refusal = decodeAdminAnswer(encodeAdminAnswer({ kind: 'error', error }));
  t.match(refusal, { kind: 'error', error: { code: 'node_away', message: 'in words' } });
  for (const bytes of [
    '',
    '\u0001',
    '\u0002\u0003',
    '\u0001\u0009',
    '\u0001\u0001{}',
    '\u0001\u0004',
  ]) {
    t.throws(() => decodeAdminAnswer(Buffer.from(bytes, 'latin1')), AdminFormatError);
  }
});
