import pino from 'pino';
import t from 'tap';
import { RequestLog } from '../../src/http/request-log.js';

function capture(level: string, linesPerSecondMax: number) {
  const lines: Record<string, unknown>[] = [];
  const clock = { now: 0 };
  let suppressed = 0;
  const log = new RequestLog({
    logger: pino({ level }, { write: (line: string) => lines.push(JSON.parse(line)) }),
    linesPerSecondMax,
    now: () => clock.now,
    onSuppressed: (count) => {
      suppressed += count;
    },
  });
  return { log, lines, clock, suppressed: () => suppressed };
}

const line = { requestId: 'r', method: 'PUT', path: '/', status: 503, durationMs: 1 };

t.test('failures are warnings, bugs are errors with a stack, the rest is debug', (t) => {
  const { log, lines } = capture('debug', 10);
  t.ok(log.debug);
  log.failed(line);
  log.bug(line, new Error('boom'));
  log.answered(line);
  t.same(
    lines.map(({ level }) => level),
    [40, 50, 20],
  );
  t.match(lines[0], { requestId: 'r', status: 503 });
  t.match(lines[1], { err: { message: 'boom', stack: /request-log\.test/ } });
  t.notOk(capture('info', 10).log.debug);
  t.end();
});

t.test('over the limit lines are counted, and the count is in the next line', (t) => {
  const { log, lines, clock, suppressed } = capture('info', 2);
  for (let i = 0; i < 5; i += 1) log.failed(line);
  t.equal(lines.length, 2);
  t.equal(suppressed(), 3);
  clock.now = 1000;
  log.failed(line);
  log.failed(line);
  t.equal(lines[2]?.suppressedLines, 3);
  t.equal(lines[3]?.suppressedLines, undefined);
  t.end();
});
