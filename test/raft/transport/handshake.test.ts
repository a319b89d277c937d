/** Proofs hold for one side of one exchange only; records come back from their bytes. */
import fc from 'fast-check';
import t from 'tap';
import { ByteReader } from '../../../src/raft/transport/byte-reader.js';
import { ByteWriter } from '../../../src/raft/transport/byte-writer.js';
import { frameHeaderBytes } from '../../../src/raft/transport/frame.js';
import {
  checkAcceptor,
  checkDialler,
  decodeHandshake,
  encodeHandshake,
  type HandshakeRecord,
  isProved,
  prove,
} from '../../../src/raft/transport/handshake.js';
import { type HelloSelf, makeHello } from '../../../src/raft/transport/hello.js';

const secret = Buffer.from('sixteen bytes or more');
const texts = { dialler: 'aaaa', acceptor: 'bbbb' };

t.test('a proof holds for its secret, side and hellos, and for nothing else', async (t) => {
  const proof = prove(secret, 'dialler', texts);
  t.ok(isProved(proof, secret, 'dialler', texts));
  t.notOk(isProved(proof, Buffer.from('another secret of the kind'), 'dialler', texts));
  t.notOk(isProved(proof, secret, 'acceptor', texts), 'it cannot be reflected');
  t.notOk(isProved(proof, secret, 'dialler', { ...texts, acceptor: 'bbbc' }), 'nor replayed');
  t.notOk(isProved(proof, secret, 'dialler', { dialler: 'aaaab', acceptor: 'bbb' }));
  t.notOk(isProved(proof.subarray(1), secret, 'dialler', texts));
  t.notOk(isProved(Buffer.alloc(0), secret, 'dialler', texts));
});

const one: HelloSelf = {
  node: 1,
  cluster: 'test',
  configuration: 'digest',
  store: 'store-1',
  instance: 'process-1',
  httpAddress: 'h',
  version: 'v',
};
const two: HelloSelf = { ...one, node: 2, store: 'store-2', instance: 'process-2' };
const isMember = (node: number) => node === 2;

t.test('who dials is checked in an order that names the real mistake first', async (t) => {
  const check = (self: HelloSelf, to: number) =>
    checkDialler(makeHello(self, to, 'control'), one, isMember)?.code;
  t.equal(check(two, 1), undefined);
  t.equal(check({ ...two, cluster: 'x', configuration: 'x' }, 3), 'wrong-cluster');
  t.equal(check({ ...two, configuration: 'x' }, 3), 'wrong-target');
  t.equal(check({ ...one, configuration: 'x' }, 1), 'duplicate-process');
  t.equal(check({ ...two, node: 9, configuration: 'x' }, 1), 'unknown-node');
  t.equal(check({ ...two, configuration: 'x' }, 1), 'configuration-differs');
});

t.test('who answers is checked too', async (t) => {
  const check = (self: HelloSelf, to: number) =>
    checkAcceptor(makeHello(self, to, 'control'), one, 2)?.code;
  t.equal(check(two, 1), undefined);
  t.equal(check({ ...two, cluster: 'x' }, 1), 'wrong-cluster');
  t.equal(check({ ...two, node: 3 }, 1), 'wrong-target');
  t.equal(check(two, 3), 'wrong-target');
  t.equal(check({ ...two, configuration: 'x' }, 1), 'configuration-differs');
});

const records: HandshakeRecord[] = [
  { type: 'proof', proof: Buffer.alloc(32, 7) },
  { type: 'welcome' },
  { type: 'refused', refusal: { code: 'busy', message: 'later' } },
];

for (const record of records) {
  t.test(`the record "${record.type}" comes back`, async (t) => {
    const payload = encodeHandshake(new ByteWriter(1), record).subarray(frameHeaderBytes);
    t.strictSame(decodeHandshake(new ByteReader(payload)), record);
    const twice = Buffer.concat([payload, payload]);
    t.type(decodeHandshake(new ByteReader(twice)), 'string', 'one record only');
  });
}

t.test('any bytes are a record or a reason', async () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 50 }), fc.constantFrom(32, 33, 34), (array, type) => {
      for (const bytes of [Buffer.from(array), Buffer.from([type, ...array])]) {
        decodeHandshake(new ByteReader(bytes));
      }
    }),
  );
});
