/** The faults, proved on a small process that writes and syncs a file for ever. */
import { join } from 'node:path';
import t, { type Test } from 'tap';
import {
  failSyncs,
  fileSizeLimit,
  limitFileSize,
  systemCallFaults,
} from '../../../jepsen-lite/cluster/disk-faults.js';
import { NodeProcess } from '../../../jepsen-lite/cluster/node-process.js';
import { eventually } from '../../system/eventually.js';

const script = `
  const fs = require('node:fs/promises');
  (async () => {
    const file = await fs.open(process.argv[1], 'w');
    for (let at = 0; ; at = (at + 1) % 4096) {
      await file.write(Buffer.alloc(1), 0, 1, at);
      await file.datasync();
      if (at % 64 === 0) console.log('synced');
    }
  })().catch((error) => { console.log('failed', error.code); process.exit(3); });`;

async function writer(t: Test): Promise<NodeProcess> {
  const node = new NodeProcess(process.execPath, ['-e', script, join(t.testdir(), 'file')]);
  t.teardown(() => node.kill());
  await eventually('it writes', () => node.log.includes('synced') || undefined);
  return node;
}

t.test('a limit on file sizes makes writes fail', async (t) => {
  const { missing } = fileSizeLimit();
  if (missing !== undefined) return t.comment(`skipped: ${missing}`);
  const node = await writer(t);
  limitFileSize(node, 1);
  t.same(await node.ended, { code: 3, signal: null });
  t.match(node.log, /failed EFBIG/);
});

t.test('injected errors reach syncs and writes', async (t) => {
  const { missing } = systemCallFaults();
  if (missing !== undefined) return t.comment(`skipped: ${missing}`);
  const node = await writer(t);
  const injection = await failSyncs(node);
  t.same(await node.ended, { code: 3, signal: null });
  t.match(node.log, /failed EIO/);
  await injection.stop();
});
