/** Documents as they are read; without a whole state there are none. */
import t from 'tap';
import { documentHash, documentKey } from '../../../src/kv/store/document-place.js';
import { StoredDocuments } from '../../../src/kv/store/document-reader.js';
import { firstId, type KeyRows } from '../../../src/kv/store/key-rows.js';

t.test('all of them, and one by its name', async (t) => {
  const value = Buffer.from('{"a":1}');
  const found = { key: documentKey('map'), revision: 3, value };
  const asked: number[][] = [];
  const rows = {
    between: (...ids: number[]) => {
      asked.push(ids);
      return [found];
    },
    get: (hash: number, key: Buffer) =>
      hash === documentHash && key.equals(found.key) ? found : undefined,
  } as unknown as KeyRows;
  const documents = new StoredDocuments((read) => read(rows));
  const map = { name: 'map', revision: 3, value: { a: 1 } };
  t.same(documents.all(), [map]);
  t.same(asked, [[firstId(documentHash), firstId(documentHash + 1)]]);
  t.same(documents.get('map'), map);
  t.equal(documents.get('nap'), undefined);
});

t.test('none without a whole state', async (t) => {
  const documents = new StoredDocuments(() => undefined);
  t.same(documents.all(), []);
  t.equal(documents.get('map'), undefined);
});
