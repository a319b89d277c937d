import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import t from 'tap';
import { ByteBudget, collectBody } from '../../src/http/body.js';

function collect(
  pieces: readonly Buffer[],
  options: { readonly bytesMax: number; readonly length?: number; readonly budget: ByteBudget },
): Promise<Buffer | string> {
  const request = Readable.from(pieces, { objectMode: false }) as unknown as IncomingMessage;
  const { length, ...rest } = options;
  return new Promise((resolve) => collectBody(request, { ...rest, length }, resolve));
}

t.test(
  'property: pieces of any size come together, and the budget is left as it was',
  async (t) => {
    const anyPieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(anyPieces, fc.boolean(), async (arrays, announced) => {
        const pieces = arrays.map((array) => Buffer.from(array));
        const whole = Buffer.concat(pieces);
        const budget = new ByteBudget(1_000_000);
        const length = announced ? { length: whole.length } : {};
        const body = await collect(pieces, { bytesMax: 10_000, budget, ...length });
        if (!Buffer.isBuffer(body) || !body.equals(whole) || budget.used !== whole.length)
          return false;
        budget.release(body.length);
        return budget.used === 0;
      }),
      { numRuns: 60 },
    );
  },
);

t.test('a body of one-byte pieces costs its length', async (t) => {
  const budget = new ByteBudget(1_000_000);
  const pieces = Array.from({ length: 5000 }, () => Buffer.from('x'));
  const body = await collect(pieces, { bytesMax: 5000, budget });
  t.ok(Buffer.isBuffer(body) && body.length === 5000 && body.buffer.byteLength <= 20_000);
});

t.test('a small body does not keep a large read buffer', async (t) => {
  const large = Buffer.alloc(60_000, 1);
  const body = await collect([large.subarray(100, 200)], {
    bytesMax: 5000,
    length: 100,
    budget: new ByteBudget(1_000_000),
  });
  t.ok(Buffer.isBuffer(body) && body.buffer !== large.buffer);
});

t.test('too large, no room: nothing is owed', async (t) => {
  const budget = new ByteBudget(100);
  const ten = Buffer.alloc(10);
  t.equal(await collect([ten, ten], { bytesMax: 19, budget }), 'too-large');
  t.equal(budget.used, 0);
  t.equal(
    await collect(Array(6).fill(ten), { bytesMax: 1000, budget }),
    'no-room',
    'half for pieces',
  );
  t.equal(budget.used, 0);
  const whole = await collect([Buffer.alloc(100)], { bytesMax: 1000, length: 100, budget });
  t.ok(Buffer.isBuffer(whole), 'all of it for what arrives whole');
  t.equal(await collect([ten], { bytesMax: 1000, length: 10, budget }), 'no-room');
  t.equal(budget.used, 100);
});

t.test('a cut connection', async (t) => {
  const budget = new ByteBudget(100);
  const request = new Readable({ read() {} });
  const done = new Promise((resolve) =>
    collectBody(
      request as unknown as IncomingMessage,
      { bytesMax: 50, length: 20, budget },
      resolve,
    ),
  );
  request.push(Buffer.alloc(10));
  setImmediate(() => request.destroy());
  t.equal(await done, 'cut-off');
  t.equal(budget.used, 0);
});
