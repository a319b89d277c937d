/** The hello survives the header, and anything else is refused with the field's name. */
import fc from 'fast-check';
import t from 'tap';
import {
  encodeHello,
  type HelloSelf,
  isRefusal,
  makeHello,
  parseHello,
} from '../../../src/raft/transport/hello.js';

const self: HelloSelf = {
  node: 3,
  cluster: 'test',
  configuration: 'digest',
  store: 'store-3',
  instance: 'process',
  httpAddress: '127.0.0.1:8403',
  version: '1.0.0',
};

t.test('it comes back, with a fresh nonce each time', async (t) => {
  const hello = makeHello(self, 1, 'bulk');
  t.strictSame(parseHello(encodeHello(hello)), hello);
  t.not(makeHello(self, 1, 'bulk').nonce, hello.nonce);
});

const changes: Record<string, unknown>[] = [
  { cluster: 7 },
  { configuration: 'x'.repeat(257) },
  { from: 0 },
  { from: 65_536 },
  { to: 1.5 },
  { stream: 'video' },
  { store: null },
  { instance: {} },
  { httpAddress: 'a\nb' },
  { version: undefined },
  { nonce: 'c2hvcnQ' },
];

for (const change of changes) {
  const [name] = Object.keys(change);
  t.test(`refused: ${name} ${JSON.stringify(change)}`.slice(0, 70), async (t) => {
    const hello = { ...makeHello(self, 1, 'control'), ...change };
    const text = Buffer.from(JSON.stringify(hello)).toString('base64url');
    t.match(parseHello(text), { code: 'malformed', message: new RegExp(`"${name}"`) });
  });
}

t.test('another protocol is told apart before anything else is looked at', async (t) => {
  for (const version of [1, 99]) {
    const text = Buffer.from(`{"protocol":${version}}`).toString('base64url');
    const message = `peer protocol ${version} is not spoken here, only 2`;
    t.strictSame(parseHello(text), { code: 'protocol-version', message });
  }
});

t.test('any text is a hello or a refusal', async () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json().map(base64url)), (text) => {
      return isRefusal(parseHello(text));
    }),
  );
});

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url');
}
