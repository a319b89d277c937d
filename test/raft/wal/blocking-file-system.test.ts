import t from 'tap';
import { blockingFileSystem } from '../../../src/raft/wal/blocking-file-system.js';
import { fileSystemContract } from '../../contracts/file-system.js';

fileSystemContract(t, (t) => ({ fileSystem: blockingFileSystem(), folder: t.testdir() }));
