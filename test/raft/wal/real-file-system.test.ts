import t from 'tap';
import { realFileSystem } from '../../../src/raft/wal/real-file-system.js';
import { fileSystemContract } from '../../contracts/file-system.js';

for (const useDsync of [true, false]) {
  t.test(`durable files ${useDsync ? 'with' : 'without'} O_DSYNC`, async (t) => {
    fileSystemContract(t, (t) => ({
      fileSystem: realFileSystem({ useDsync: useDsync && process.platform === 'linux' }),
      folder: t.testdir(),
    }));
  });
}

t.test('a folder that is not there cannot be listed or synced', async (t) => {
  const fileSystem = realFileSystem();
  const folder = `${t.testdir()}/nowhere`;
  await t.rejects(fileSystem.list(folder), { code: 'ENOENT' });
  await t.rejects(fileSystem.syncFolder(folder), { code: 'ENOENT' });
});
