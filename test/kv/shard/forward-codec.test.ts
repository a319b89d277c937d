/** Forwarded requests and answers survive the wire; garbage is refused as garbage. */
import { deepStrictEqual } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import t from 'tap';
import { KvError, type KvErrorCode, kvErrors } from '../../../src/kv/errors.js';
import type { ReadAnswer, WriteAnswer } from '../../../src/kv/service.js';
import {
  decodeAnswer,
  decodeRequest,
  encodeErrorAnswer,
  encodeReadAnswer,
  encodeRequest,
  encodeWriteAnswer,
  type ForwardedRequest,
  ForwardFormatError,
} from '../../../src/kv/shard/forward-codec.js';

const seed = Number(process.env['KVORUM_TEST_SEED'] ?? Date.now() % 2 ** 31);
t.comment(`seed ${seed}`);
/** Compiled tests run from `build/`; fixtures stay with their sources. */
const vectorFile = new URL(
  '../../../../test/kv/shard/fixtures/forward-vectors.json',
  import.meta.url,
);
const runs = { seed, numRuns: 300 };

const counter = fc.maxSafeNat();
const plain = { noNullPrototype: true } as const;
const match = fc.oneof(fc.constant('*' as const), counter);
const bytes = (maxLength: number, minLength = 0) =>
  fc.uint8Array({ minLength, maxLength }).map((array) => Buffer.from(array));
const text = (maxLength: number) => fc.string({ unit: 'binary-ascii', maxLength });

const request: fc.Arbitrary<ForwardedRequest> = fc
  .record(
    {
      type: fc.constantFrom('put' as const, 'delete', 'linearizable', 'stale'),
      requestId: text(255),
      group: fc.nat(2 ** 32 - 1),
      key: bytes(1024, 1),
      condition: fc.record(
        { ifMatch: match, ifNoneMatch: match },
        { requiredKeys: [], noNullPrototype: true },
      ),
      contentType: fc.string({ unit: 'grapheme', maxLength: 60 }),
      value: bytes(3000),
      maxStalenessMs: counter,
    },
    {
      requiredKeys: ['type', 'requestId', 'group', 'key', 'condition', 'contentType', 'value'],
      noNullPrototype: true,
    },
  )
  .map((record): ForwardedRequest => ({ ...record, contentType: wellFormed(record.contentType) }));

/** As HTTP would hand it over: within its limit, no lone surrogates. */
function wellFormed(contentType: string): string {
  return Buffer.from(contentType).subarray(0, 1024).toString('utf8').replaceAll('\ufffd', '?');
}

const decided = { shard: fc.nat(2 ** 32 - 1), node: fc.nat(65_535), shardRevision: counter };
const writeAnswer: fc.Arbitrary<WriteAnswer> = fc.oneof(
  fc.record(
    {
      ...decided,
      outcome: fc.constantFrom('created' as const, 'replaced', 'deleted', 'absent'),
    },
    plain,
  ),
  fc.record(
    {
      ...decided,
      outcome: fc.constant('precondition-failed' as const),
      current: fc.option(counter, { nil: undefined }),
    },
    plain,
  ),
);
const readAnswer: fc.Arbitrary<ReadAnswer> = fc.record(
  {
    ...decided,
    found: fc.option(
      fc.record({ value: bytes(2000), contentType: text(80), revision: counter }, plain),
      { nil: undefined },
    ),
    stalenessMs: counter,
  },
  { requiredKeys: ['shard', 'node', 'shardRevision', 'found'], noNullPrototype: true },
);

t.test('requests: what goes in comes out', async () => {
  fc.assert(
    fc.property(request, (one) => {
      deepStrictEqual(decodeRequest(encodeRequest(one)), one);
    }),
    runs,
  );
});

t.test('answers: what goes in comes out', async () => {
  fc.assert(
    fc.property(writeAnswer, (answer) => {
      deepStrictEqual(decodeAnswer(encodeWriteAnswer(answer)), { kind: 'write', answer });
    }),
    runs,
  );
  fc.assert(
    fc.property(readAnswer, (answer) => {
      deepStrictEqual(decodeAnswer(encodeReadAnswer(answer)), { kind: 'read', answer });
    }),
    runs,
  );
});

t.test('errors keep code, facts and words', async (t) => {
  for (const code of Object.keys(kvErrors) as KvErrorCode[]) {
    const facts = {
      shard: 3,
      leader: 2,
      leaderHttpAddress: 'h:1',
      retryAfterMs: 9,
      stalenessMs: 4,
    };
    const decoded = decodeAnswer(encodeErrorAnswer(new KvError(code, facts, 'in words')));
    if (decoded.kind !== 'error') throw new Error('an error is an error');
    t.match(decoded.error, { code, facts, message: 'in words', outcome: kvErrors[code].outcome });
  }
});

t.test('facts of an error are taken only as what they must be', async (t) => {
  const answer = (facts: unknown) =>
    Buffer.concat([
      Buffer.from([1, 4]),
      Buffer.from(JSON.stringify({ code: 'not_leader', facts, message: 'm' })),
    ]);
  for (const facts of [null, 7, 'x', [], { leader: 'me', shard: -1, leaderHttpAddress: {} }]) {
    const decoded = decodeAnswer(answer(facts));
    t.same(decoded.kind === 'error' && decoded.error.facts, {}, JSON.stringify(facts));
  }
});

/** Anything but a result and this error would end the node that received the bytes. */
function onlyFormatErrors(decode: (bytes: Buffer) => unknown, input: Buffer): void {
  try {
    decode(input);
  } catch (error) {
    if (!(error instanceof ForwardFormatError)) throw error;
  }
}

t.test('garbage, cut and damaged bytes are refused by name', async () => {
  for (const decode of [decodeRequest, decodeAnswer]) {
    fc.assert(
      fc.property(bytes(200), (garbage) => onlyFormatErrors(decode, garbage)),
      runs,
    );
    const behind = fc.tuple(fc.nat(5), bytes(200)).map(([kind, rest]) => {
      return Buffer.concat([Buffer.from([1, kind]), rest]);
    });
    fc.assert(
      fc.property(behind, (garbage) => onlyFormatErrors(decode, garbage)),
      runs,
    );
  }
  const encoded = fc.oneof(
    request.map(encodeRequest),
    writeAnswer.map(encodeWriteAnswer),
    readAnswer.map(encodeReadAnswer),
  );
  fc.assert(
    fc.property(encoded, fc.nat(), fc.nat(255), fc.nat(), (whole, at, byte, end) => {
      const damaged = Buffer.from(whole);
      damaged[at % damaged.length] = byte;
      const cut = damaged.subarray(0, end % (damaged.length + 1));
      for (const decode of [decodeRequest, decodeAnswer]) {
        onlyFormatErrors(decode, damaged);
        onlyFormatErrors(decode, cut);
      }
    }),
    runs,
  );
});

const put: ForwardedRequest = {
  type: 'put',
  requestId: 'id',
  group: 7,
  key: Buffer.from('k'),
  condition: {},
  contentType: '',
  value: Buffer.from('v'),
};

t.test('what could not be proposed is refused when it arrives', async (t) => {
  const at = (offset: number, change: (bytes: Buffer) => void, whole = encodeRequest(put)) => {
    const changed = Buffer.from(whole);
    change(changed.subarray(offset));
    return changed;
  };
  t.throws(() => decodeRequest(at(0, (b) => b.writeUInt8(2))), /not a forwarded request/);
  t.throws(() => decodeRequest(at(1, (b) => b.writeUInt8(9))), /not a forwarded request/);
  t.throws(() => decodeRequest(at(2, (b) => b.writeUInt8(0x23))), /no such condition/);
  t.throws(() => decodeRequest(at(2, (b) => b.writeUInt8(2))), /no such condition: 2 -1/);
  t.throws(() => decodeRequest(at(8, (b) => b.writeUInt16LE(0))), /a key of 0 bytes/);
  t.throws(() => decodeRequest(at(8, (b) => b.writeUInt16LE(9))), /announced fields/);
  const long = Buffer.concat([encodeRequest(put), Buffer.alloc(2000)]);
  t.throws(() => decodeRequest(at(8, (b) => b.writeUInt16LE(1025), long)), /a key of 1025/);
  t.throws(() => decodeRequest(at(10, (b) => b.writeUInt16LE(1025), long)), /type of 1025/);
  // 400 bytes that are not UTF-8 become 400 replacement characters of three bytes each.
  const growing = Buffer.concat([encodeRequest({ ...put, value: Buffer.alloc(400, 0xff) })]);
  t.throws(() => decodeRequest(at(10, (b) => b.writeUInt16LE(400), growing)), /type of 1200/);
  const huge = Buffer.concat([encodeRequest(put), Buffer.alloc(8 * 1024 * 1024)]);
  t.throws(() => decodeRequest(huge), /a value of 8388609 bytes/);
});

t.test(
  'a long request id is cut; what HTTP must not let through is a programmer error',
  async (t) => {
    const { requestId } = decodeRequest(encodeRequest({ ...put, requestId: 'x'.repeat(1000) }));
    t.equal(requestId.length, 255);
    t.throws(() => encodeRequest({ ...put, key: Buffer.alloc(0) }), /invariant/);
    t.throws(() => encodeRequest({ ...put, key: Buffer.alloc(1025) }), /invariant/);
    t.throws(() => encodeRequest({ ...put, contentType: 'ä'.repeat(513) }), /invariant/);
  },
);

t.test('numbers of an answer are counters', async (t) => {
  const answer = { shard: 1, node: 2, shardRevision: 3, outcome: 'created' } as const;
  for (const bad of [Number.NaN, -1, 0.5, Number.POSITIVE_INFINITY, 2 ** 53]) {
    const encoded = encodeWriteAnswer(answer);
    encoded.writeDoubleLE(bad, 12);
    t.throws(() => decodeAnswer(encoded), ForwardFormatError, `${bad}`);
  }
});

t.test('the bytes are those of the table', async (t) => {
  const vectors = JSON.parse(readFileSync(vectorFile, 'utf8')) as Record<string, string>;
  const condition = { ifMatch: 258, ifNoneMatch: '*' } as const;
  const decided = { shard: 7, node: 2, shardRevision: 300 };
  const found = { value: Buffer.from('v'), contentType: 'text/plain', revision: 299 };
  const encoded = {
    put: encodeRequest({ ...put, condition, contentType: 'text/plain' }),
    stale: encodeRequest({ ...put, type: 'stale', value: Buffer.alloc(0), maxStalenessMs: 1_000 }),
    created: encodeWriteAnswer({ ...decided, outcome: 'created' }),
    failed: encodeWriteAnswer({ ...decided, outcome: 'precondition-failed', current: 299 }),
    found: encodeReadAnswer({ ...decided, found }),
    missing: encodeReadAnswer({ ...decided, found: undefined, stalenessMs: 12 }),
    error: encodeErrorAnswer(new KvError('not_leader', { shard: 7, leader: 3 }, 'Elsewhere.')),
  };
  const hex = Object.fromEntries(
    Object.entries(encoded).map(([name, buffer]) => [name, buffer.toString('hex')]),
  );
  t.same(hex, vectors);
});
