/**
 * What every `FileSystem` must do. The real, the blocking and the simulated one run it, so that
 * what is proved of the log on the simulated disk holds on the real one.
 */
import type { Test } from 'tap';
import { errorCode, type FileSystem } from '../../src/raft/wal/file-system.js';

export interface FileSystemUnderTest {
  readonly fileSystem: FileSystem;
  /** An empty folder. */
  readonly folder: string;
}

export function fileSystemContract(t: Test, create: (t: Test) => FileSystemUnderTest): void {
  t.test('a new file is empty, and is created only once', async (t) => {
    const { fileSystem, folder } = create(t);
    const file = await fileSystem.open(`${folder}/a`, 'create');
    t.equal(await file.size(), 0);
    t.equal(file.path, `${folder}/a`);
    await file.close();
    t.equal(await codeOf(fileSystem.open(`${folder}/a`, 'create')), 'EEXIST');
  });

  t.test('what does not exist cannot be opened, renamed or unlinked', async (t) => {
    const { fileSystem, folder } = create(t);
    for (const mode of ['write', 'durable', 'read'] as const) {
      t.equal(await codeOf(fileSystem.open(`${folder}/a`, mode)), 'ENOENT', mode);
    }
    t.equal(await codeOf(fileSystem.rename(`${folder}/a`, `${folder}/b`)), 'ENOENT');
    t.equal(await codeOf(fileSystem.unlink(`${folder}/a`)), 'ENOENT');
  });

  t.test('reads what was written, whatever the mode, at once and later', async (t) => {
    const { fileSystem, folder } = create(t);
    await (await fileSystem.open(`${folder}/a`, 'create')).close();
    for (const mode of ['write', 'durable'] as const) {
      const file = await fileSystem.open(`${folder}/a`, mode);
      await file.write(Buffer.from(`hello ${mode} and more`), 6 + mode.length, 3);
      await file.datasync();
      await file.close();
      const reader = await fileSystem.open(`${folder}/a`, 'read');
      const into = Buffer.alloc(40, '.');
      const count = await reader.read(into, 40, 3);
      t.equal(into.toString('latin1', 0, count).slice(0, 6 + mode.length), `hello ${mode}`);
      const again = Buffer.alloc(5);
      t.equal(reader.readSync(again, 5, 3), 5);
      t.equal(again.toString(), 'hello');
      await reader.close();
    }
  });

  t.test('a write beyond the end leaves zeros before it', async (t) => {
    const { fileSystem, folder } = create(t);
    const file = await fileSystem.open(`${folder}/a`, 'create');
    await file.write(Buffer.from('x'), 1, 4);
    const into = Buffer.alloc(5, '.');
    t.equal(await file.read(into, 5, 0), 5);
    t.same([...into], [0, 0, 0, 0, 120]);
    await file.close();
  });

  t.test('a read at the end is short, one beyond it empty', async (t) => {
    const { fileSystem, folder } = create(t);
    const file = await fileSystem.open(`${folder}/a`, 'create');
    await file.write(Buffer.from('0123456789'), 10, 0);
    const into = Buffer.alloc(10);
    t.equal(await file.read(into, 10, 7), 3);
    t.equal(file.readSync(into, 10, 7), 3);
    t.equal(await file.read(into, 10, 10), 0);
    t.equal(file.readSync(into, 10, 99), 0);
    await file.close();
  });

  t.test('preallocation gives a file its size, in zeros', async (t) => {
    const { fileSystem, folder } = create(t);
    const file = await fileSystem.open(`${folder}/a`, 'create');
    const size = 2 * 1024 * 1024 + 4096;
    await file.preallocate(size);
    t.equal(await file.size(), size);
    const into = Buffer.alloc(4096, 1);
    t.equal(await file.read(into, 4096, size - 4096), 4096);
    t.ok(into.every((byte) => byte === 0));
    await file.close();
  });

  t.test('a rename replaces what was there; an open file stays open', async (t) => {
    const { fileSystem, folder } = create(t);
    for (const name of ['a', 'b']) {
      const file = await fileSystem.open(`${folder}/${name}`, 'create');
      await file.write(Buffer.from(name), 1, 0);
      await file.close();
    }
    const old = await fileSystem.open(`${folder}/b`, 'read');
    await fileSystem.rename(`${folder}/a`, `${folder}/b`);
    await fileSystem.syncFolder(folder);
    t.same(await fileSystem.list(folder), ['b']);
    const into = Buffer.alloc(1);
    t.equal(old.readSync(into, 1, 0), 1);
    t.equal(into.toString(), 'b');
    const renamed = await fileSystem.open(`${folder}/b`, 'read');
    await renamed.read(into, 1, 0);
    t.equal(into.toString(), 'a');
    await old.close();
    await renamed.close();
  });

  t.test('lists names in order, without what was unlinked', async (t) => {
    const { fileSystem, folder } = create(t);
    for (const name of ['c', 'a', 'b']) {
      await (await fileSystem.open(`${folder}/${name}`, 'create')).close();
    }
    await fileSystem.unlink(`${folder}/b`);
    t.same(await fileSystem.list(folder), ['a', 'c']);
  });

  t.test('a file opened to read cannot be written', async (t) => {
    const { fileSystem, folder } = create(t);
    await (await fileSystem.open(`${folder}/a`, 'create')).close();
    const file = await fileSystem.open(`${folder}/a`, 'read');
    t.equal(await codeOf(file.write(Buffer.from('x'), 1, 0)), 'EBADF');
    await file.close();
  });

  t.test('closing twice is closing', async (t) => {
    const { fileSystem, folder } = create(t);
    await fileSystem.makeFolder(`${folder}/deep/er`);
    const file = await fileSystem.open(`${folder}/deep/er/a`, 'create');
    await file.close();
    await file.close();
    t.same(await fileSystem.list(`${folder}/deep/er`), ['a']);
  });
}

async function codeOf(promise: Promise<unknown>): Promise<string | undefined> {
  try {
    await promise;
    return 'none';
  } catch (error) {
    return errorCode(error);
  }
}
