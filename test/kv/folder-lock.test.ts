import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { FolderLock, lockHolder } from '../../src/kv/folder-lock.js';

t.test('one holder at a time; releasing twice is harmless', async (t) => {
  const path = t.testdir();
  const first = FolderLock.take(path);
  t.ok(first);
  t.equal(FolderLock.take(path), undefined);
  t.equal(FolderLock.take(path), undefined, 'a refused attempt does not free the lock');
  t.equal(lockHolder(path), process.pid);
  first?.release();
  first?.release();
  const second = FolderLock.take(path);
  t.ok(second);
  second?.release();
});

t.test('a folder where no file can be made throws', async (t) => {
  t.throws(() => FolderLock.take(join(t.testdir(), 'missing')));
});

t.test('the pid file is a hint: garbage in it is no holder', async (t) => {
  const path = t.testdir();
  t.equal(lockHolder(path), undefined);
  for (const garbage of ['', 'x', '-1', '1.5', '0']) {
    writeFileSync(join(path, 'pid'), garbage);
    t.equal(lockHolder(path), undefined, JSON.stringify(garbage));
  }
  const lock = FolderLock.take(path);
  t.equal(readFileSync(join(path, 'pid'), 'utf8'), `${process.pid}\n`);
  lock?.release();
});
