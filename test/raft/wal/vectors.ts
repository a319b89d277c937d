/**
 * The format's test vectors: named lines of hex in `fixtures/vectors.txt`. A changed vector is a
 * changed format: old logs can no longer be read. Rewritten with KVORUM_REWRITE=1.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const file = new URL('../../../../test/raft/wal/fixtures/vectors.txt', import.meta.url);

export function readVector(name: string): Uint8Array {
  const line = readFileSync(file, 'utf8')
    .split('\n')
    .find((candidate) => candidate.startsWith(`${name}: `));
  if (line === undefined) throw new Error(`there is no vector ${name}`);
  return Buffer.from(line.slice(name.length + 2), 'hex');
}

export function checkedVector(name: string, bytes: Uint8Array): Uint8Array {
  if (process.env['KVORUM_REWRITE'] === '1') {
    const kept = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith(`${name}: `));
    kept.push(`${name}: ${Buffer.from(bytes).toString('hex')}`);
    writeFileSync(file, `${kept.join('\n')}\n`);
  }
  return readVector(name);
}
