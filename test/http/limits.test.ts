import t from 'tap';
import { checkLimits, defaultLimits, type HttpLimits } from '../../src/http/limits.js';

t.test('the defaults fit each other', (t) => {
  checkLimits(defaultLimits);
  t.end();
});

t.test('limits that cannot both hold are refused with both names', (t) => {
  const cases: readonly (readonly [Partial<HttpLimits>, RegExp])[] = [
    [{ valueBytesMax: 0 }, /valueBytesMax is a positive integer/],
    [{ lingerMs: 1.5 }, /lingerMs is a positive integer/],
    [{ bodyBytesInFlightMax: 1024 }, /valueBytesMax.*bodyBytesInFlightMax/],
    [{ answerBytesUnsentMax: 1024 }, /valueBytesMax.*answerBytesUnsentMax/],
    [{ headerBytesMax: 4096 }, /headerBytesMax/],
    [{ timeoutMsMin: 6000 }, /timeoutMsMin/],
    [{ timeoutMsMax: 89_500 }, /socketIdleTimeoutMs/],
    [{ keepAliveTimeoutMs: 90_000 }, /keepAliveTimeoutMs/],
    [{ headersTimeoutMs: 31_000 }, /headersTimeoutMs/],
  ];
  for (const [change, message] of cases) {
    t.throws(() => checkLimits({ ...defaultLimits, ...change }), { message });
  }
  t.end();
});
