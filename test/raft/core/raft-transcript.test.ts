/**
 * Every golden transcript says what still happens. `REWRITE=1` writes today's outcomes into the
 * files instead of comparing.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { replay } from './transcript.js';

// Compiled tests run below build/; the stories lie beside the sources.
const folder = fileURLToPath(new URL('../../../../test/raft/core/transcripts/', import.meta.url));

for (const name of readdirSync(folder).sort()) {
  t.test(name, async (t) => {
    const path = `${folder}${name}`;
    const golden = readFileSync(path, 'utf8');
    const today = replay(golden);
    if (process.env['REWRITE'] === '1') writeFileSync(path, today);
    else t.equal(today, golden);
  });
}

t.test('an outcome that changed is noticed', async (t) => {
  const story = 'cluster 1\n----\nsomething else\n';
  t.not(replay(story), story);
});

t.test('a command that does not exist is an error', async (t) => {
  t.throws(() => replay('cluster 1\n\nfly 1\n'), { message: "a transcript has no command 'fly'" });
  t.throws(() => replay('campaign 1\n'), { message: 'a transcript begins with a cluster' });
});
