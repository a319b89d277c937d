/**
 * A small form of `make real-input`: real files, and keys and values at the edges of the API, into
 * a cluster whose nodes are killed one after the other, and back out of every node.
 */
import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import t from 'tap';
import { filesUnder, oddInputs } from '../../bench/real-input/inputs.js';
import { runRealInput } from '../../bench/real-input/run.js';

const filesMax = 300;

t.test('files come back byte for byte from every node, whoever was killed', async (t) => {
  const options = {
    ...{ kills: 2, aliveMs: 500, downMs: 500, concurrency: 16 },
    segmentBytes: 4 * 1024 * 1024,
  };
  const files = filesUnder(realpathSync('node_modules'), filesMax);
  const odd = oddInputs();
  const refused = [...files, ...odd].filter(({ refusal }) => refusal !== undefined).length;
  const result = await runRealInput(t, { ...options, inputs: [...files, ...odd] });
  t.same(result.mismatches, []);
  t.equal(result.writes.refused, refused, 'what is over a limit, and only that, is refused');
  t.equal(result.readyMs.length, options.kills);
  t.same(
    result.reads.map(({ node, reads }) => [node, reads]),
    [1, 2, 3].map((node) => [node, files.length + odd.length]),
  );
  const { acknowledged, unknowns } = result.writes;
  t.comment(`${acknowledged} acknowledged in ${result.rounds} rounds, unknown`, [...unknowns]);
});

t.test('file names are bytes', async (t) => {
  const folder = t.testdir();
  const names = ['a b', 'line\nbreak', 'question?', 'hash#', '100%', 'ünï/çödé', '.hidden', '{x}'];
  for (const name of names) {
    mkdirSync(dirname(`${folder}/${name}`), { recursive: true });
    writeFileSync(`${folder}/${name}`, name);
  }
  const bytes = Buffer.from([0x66, 0xff, 0xfe]);
  writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), bytes]), '');
  const inputs = filesUnder(folder);
  const keys = [...names.map((name) => Buffer.from(name)), bytes].sort(Buffer.compare);
  t.same(
    inputs.map(({ key }) => key.toString('hex')),
    keys.map((key) => key.toString('hex')),
  );
  for (const input of inputs) {
    const content = await input.read();
    t.same(content, input.key.equals(bytes) ? Buffer.alloc(0) : input.key);
  }
});
