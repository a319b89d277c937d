/** Documents lie behind all keys, under keys that no client can name. */
import t from 'tap';
import { keyBytesMax } from '../../../src/kv/store/command.js';
import {
  documentHash,
  documentKey,
  documentName,
  documentRange,
  placeBy,
} from '../../../src/kv/store/document-place.js';
import { firstId } from '../../../src/kv/store/key-rows.js';

t.test('a key of a document is longer than any of a client, and names it', async (t) => {
  const key = documentKey('nodes/1');
  t.ok(key.length > keyBytesMax);
  t.equal(documentName(key), 'nodes/1');
});

t.test('their place is one of its own, with ids that are safe integers', async (t) => {
  const place = placeBy(() => 5);
  t.equal(place(documentKey('m')), documentHash);
  t.equal(place(Buffer.alloc(keyBytesMax)), 5, 'the longest key of a client');
  t.equal(documentRange.start, 2 ** 32, 'behind the last hash');
  t.ok(Number.isSafeInteger(firstId(documentRange.end)));
});
