import t from 'tap';
import { asText, createLogger } from '../../src/cli/logger.js';

function lines(logFormat: 'json' | 'text', logLevel: 'info' | 'silent' = 'info') {
  const written: string[] = [];
  const out = { write: (text: string) => written.push(text) };
  return { logger: createLogger({ logLevel, logFormat, nodeId: 7 }, out), written };
}

t.test('json: one object a line, with time, level and node', async (t) => {
  const { logger, written } = lines('json');
  logger.info({ group: 3 }, 'became leader');
  logger.debug('below the level');
  t.equal(written.length, 1);
  const line = JSON.parse(written[0] ?? '');
  t.match(line, { level: 'info', node: 7, group: 3, msg: 'became leader' });
  t.match(line.time, /^\d{4}-\d\d-\d\dT/);
});

t.test('text: one readable line, an error with its stack below', async (t) => {
  const { logger, written } = lines('text');
  logger.warn({ file: 'wal/1.wal', why: 'two words' }, 'torn tail');
  t.match(
    written[0],
    /^\d\d:\d\d:\d\d\.\d{3} WARN {2}torn tail file=wal\/1\.wal why="two words"\n$/,
  );
  logger.error({ err: new Error('no space') }, 'disk failed');
  t.match(written[1], /ERROR disk failed\n {2}Error: no space\n {4}at /);
});

t.test('silent is silent', async (t) => {
  const { logger, written } = lines('text', 'silent');
  logger.fatal('nothing');
  t.same(written, []);
});

t.test('a line without a message is still a line', async (t) => {
  t.equal(asText('{"time":"2026-01-01T12:00:00.000Z","level":"info"}'), '12:00:00.000 INFO  \n');
});
