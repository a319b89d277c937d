import fs from 'node:fs';
import fc from 'fast-check';
import t from 'tap';
import {
  CommandFormatError,
  contentTypeBytesMax,
  decodeCommand,
  encodeCommand,
  keyBytesMax,
  timeMsMax,
  valueBytesMax,
} from '../../../src/kv/store/command.js';
import type { Command, Condition } from '../../../src/kv/store/types.js';
import { InvariantViolation } from '../../../src/raft/core/invariant.js';
import { put, remove } from './commands.js';

const vectorsUrl = new URL(
  '../../../../test/kv/store/fixtures/command-vectors.json',
  import.meta.url,
);

/** A command as the vectors write it: bytes in hexadecimal. */
interface Vector {
  readonly name: string;
  readonly command: Record<string, unknown> & { key?: string; value?: string };
  readonly bytes: string;
}

t.test('the checked-in vectors, both ways', async (t) => {
  const vectors: Vector[] = JSON.parse(fs.readFileSync(vectorsUrl, 'utf8'));
  t.ok(vectors.length >= 6);
  for (const { name, command, bytes } of vectors) {
    const wanted = {
      ...command,
      ...(command.key === undefined ? {} : { key: Buffer.from(command.key, 'hex') }),
      ...(command.value === undefined ? {} : { value: Buffer.from(command.value, 'hex') }),
    } as unknown as Command;
    t.equal(encodeCommand(wanted).toString('hex'), bytes, `${name}: encoded`);
    t.same(decodeCommand(Buffer.from(bytes, 'hex')), wanted, `${name}: decoded`);
  }
});

const bytes = (max: number) => fc.uint8Array({ maxLength: max }).map((array) => Buffer.from(array));
const match = fc.option(fc.oneof(fc.constant('*' as const), fc.nat(), fc.maxSafeNat()), {
  nil: undefined,
});
const condition = fc.record({ ifMatch: match, ifNoneMatch: match }).map(
  ({ ifMatch, ifNoneMatch }): Condition => ({
    ...(ifMatch === undefined ? {} : { ifMatch }),
    ...(ifNoneMatch === undefined ? {} : { ifNoneMatch }),
  }),
);
const rangeEpoch = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const timeMs = fc.integer({ min: 0, max: timeMsMax });
const header = {
  key: fc.uint8Array({ minLength: 1, maxLength: keyBytesMax }).map((array) => Buffer.from(array)),
  condition,
  rangeEpoch,
  timeMs,
};
const documentName = fc.stringMatching(/^[a-z0-9][a-z0-9/._-]{0,20}$/);
const commands: fc.Arbitrary<Command> = fc.oneof(
  fc.record({
    type: fc.constant('put' as const),
    ...header,
    value: bytes(300),
    contentType: fc.string({ unit: 'grapheme', maxLength: 60 }),
    expiresMs: fc.integer({ min: 0, max: timeMsMax }),
  }),
  fc.record({ type: fc.constant('delete' as const), ...header }),
  fc.record({ type: fc.constant('verify' as const), rangeEpoch, timeMs }),
  fc.record({
    type: fc.constant('documents' as const),
    rangeEpoch,
    timeMs,
    conditions: fc.array(fc.tuple(documentName, fc.maxSafeNat()), { maxLength: 3 }),
    puts: fc.array(fc.tuple(documentName, fc.jsonValue()), { maxLength: 3 }),
    removals: fc.array(documentName, { maxLength: 3 }),
  }),
);

t.test('every command survives the way through bytes', async () => {
  fc.assert(
    fc.property(commands, (command) => {
      const encoded = encodeCommand(command);
      const decoded = decodeCommand(encoded);
      return encodeCommand(decoded).equals(encoded) && sameCommand(decoded, command);
    }),
    { numRuns: 300 },
  );
});

t.test('the encoding of a plain Uint8Array in the middle of a larger one', async (t) => {
  const encoded = encodeCommand(put('key', 'value'));
  const around = new Uint8Array(encoded.length + 20).fill(0xee);
  around.set(encoded, 7);
  t.same(decodeCommand(around.subarray(7, 7 + encoded.length)), put('key', 'value'));
});

t.test('cut, changed or random bytes are refused with words or give a command', async () => {
  const refusedOrRead = (data: Uint8Array): boolean => {
    try {
      decodeCommand(data);
      return true;
    } catch (error) {
      return error instanceof CommandFormatError && error.message.length > 0;
    }
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), refusedOrRead), { numRuns: 500 });
  fc.assert(
    fc.property(commands, fc.nat(), fc.nat(255), fc.nat(), (command, at, byte, cut) => {
      const encoded = encodeCommand(command);
      const changed = Buffer.from(encoded);
      changed[at % encoded.length] = byte;
      return refusedOrRead(changed) && refusedOrRead(encoded.subarray(0, cut % encoded.length));
    }),
    { numRuns: 500 },
  );
});

t.test('what each kind of damage is called', async (t) => {
  const good = encodeCommand(put('key', 'value', { condition: { ifMatch: 5 } }));
  const changed = (at: number, ...values: number[]) => {
    const copy = Buffer.from(good);
    copy.set(values, at);
    return copy;
  };
  const saying = (data: Buffer, words: RegExp) =>
    t.throws(() => decodeCommand(data), { name: 'CommandFormatError', message: words });
  saying(Buffer.alloc(0), /no bytes/);
  saying(changed(0, 2), /format 2 is not known/);
  saying(good.subarray(0, 23), /only 23 bytes/);
  saying(changed(1, 9), /unknown type 9/);
  saying(changed(2, 0b11), /unknown flags/);
  saying(changed(2, 0b10010), /unknown flags/);
  saying(changed(3, 1), /unknown flags/);
  saying(changed(4, 0, 0), /a key of 0 bytes/);
  saying(changed(4, 1, 4), /a key of 1025 bytes/);
  saying(changed(6, 1, 4), /a content type of 1025 bytes/);
  saying(changed(4, 100, 0), /do not hold/);
  saying(good.subarray(0, 30), /a revision is cut off/);
  saying(changed(24, ...Array(8).fill(0xff)), /above 2\^53/);
  saying(changed(1, 2), /a delete with a value/);
  saying(changed(1, 3), /a verify with more/);
  saying(good.subarray(0, 24).fill(0, 2, 8).fill(3, 1, 2).fill(9, 18), /a verify with more/);
  const large = Buffer.concat([encodeCommand(put('k', '')), Buffer.alloc(valueBytesMax + 1)]);
  saying(large, /do not hold/);
});

t.test('limits: the largest command passes, anything beyond is a programmer error', async (t) => {
  const largest = put('k'.repeat(keyBytesMax), Buffer.alloc(valueBytesMax), {
    contentType: 'x'.repeat(contentTypeBytesMax),
    timeMs: timeMsMax,
    expiresMs: timeMsMax,
    rangeEpoch: 2 ** 32 - 1,
  });
  t.equal((decodeCommand(encodeCommand(largest)) as typeof largest).value.length, valueBytesMax);
  for (const command of [
    put('', 'v'),
    put('k'.repeat(keyBytesMax + 1), 'v'),
    put('k', Buffer.alloc(valueBytesMax + 1)),
    put('k', 'v', { contentType: 'é'.repeat(contentTypeBytesMax / 2 + 1) }),
    put('k', 'v', { timeMs: -1 }),
    put('k', 'v', { timeMs: 1.5 }),
    put('k', 'v', { expiresMs: timeMsMax + 1 }),
    { type: 'verify' as const, rangeEpoch: 1, timeMs: -1 },
    { type: 'verify' as const, rangeEpoch: -1, timeMs: 1 },
    remove('k', { rangeEpoch: 2 ** 32 }),
    remove('k', { condition: { ifMatch: -1 } }),
    remove('k', { condition: { ifNoneMatch: 2 ** 53 } }),
  ]) {
    t.throws(() => encodeCommand(command), InvariantViolation);
  }
});

function sameCommand(a: Command, b: Command): boolean {
  const plain = (command: Command) =>
    JSON.stringify(
      {
        ...command,
        ...('key' in command && {
          key: command.key.toString('hex'),
          condition: [command.condition.ifMatch, command.condition.ifNoneMatch],
        }),
        value: command.type === 'put' ? command.value.toString('hex') : '',
        documents:
          command.type === 'documents' &&
          JSON.stringify([command.conditions, command.puts, command.removals]),
      },
      [
        ...['type', 'key', 'condition', 'rangeEpoch', 'timeMs', 'value', 'contentType'],
        ...['expiresMs', 'documents'],
      ],
    );
  return plain(a) === plain(b);
}
